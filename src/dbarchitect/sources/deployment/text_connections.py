"""Connections told by text that no parser of ours reads: TypeScript and JavaScript, env files, compose files, settings
of the server; and what Python code tells a connection by SQL (`PRAGMA`, `SET`).

Only what is certain is taken: a name of an option with a value beside it, inside the call that makes the pool.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.sources.configuration.names import names_database
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.options import settings_of, with_url
from dbarchitect.sources.deployment.places import Found
from dbarchitect.sources.deployment.urls import is_placeholder, read_urls, seconds

_NODE = {".ts", ".js", ".mjs", ".cjs", ".mts", ".cts", ".tsx"}
_MAKERS: tuple[tuple[str, str, re.Pattern[str], re.Pattern[str]], ...] = (
    ("node-postgres", "postgresql", re.compile(r"""["']pg["']"""), re.compile(r"\bnew\s+(?:pg\.|Pg|pkg\.)?Pool\s*\(")),
    ("neon", "postgresql", re.compile(r"@neondatabase/serverless"), re.compile(r"\bneon\s*\(|\bnew\s+Pool\s*\(")),
    ("postgres.js", "postgresql", re.compile(
        r"""from\s+["']postgres["']|require\(["']postgres["']\)"""), re.compile(r"(?<![\w.'\"])postgres\s*\(")),
    ("mysql2", "mysql", re.compile(
        r"""["']mysql2?(?:/promise)?["']"""), re.compile(r"\bcreate(?:Pool|Connection)\s*\(")),
    ("prisma", "", re.compile(
        r"@prisma/client|PrismaClient|prisma"), re.compile(r"\bnew\s+PrismaClient\s*(?:<[^()]{0,200}>\s*)?\(")),
    ("node-postgres", "postgresql", re.compile(r"@prisma/adapter-pg\b"), re.compile(r"\bnew\s+PrismaPg\s*\(")),
)  # fmt: skip
_OPTION = re.compile(
    r"\b(?P<name>max|connectionLimit|idleTimeoutMillis|connectionTimeoutMillis|statement_timeout|query_timeout"
    r"|lock_timeout|idle_timeout"
    r"|connect_timeout|connectTimeout|max_lifetime|idle_in_transaction_session_timeout|maxUses|prepare|keepAlive"
    r"|ssl|rejectUnauthorized|maxWait)\b"
    r"\s*:\s*(?P<value>[^,\n}{]+|\{)"
)
_MOST_IN_A_FILE = 100
"""Pools: nobody makes more in one file, and each is looked for in the whole of it."""
_ADAPTERS = re.compile(r"\bPrisma(?:Neon|PlanetScale|LibSQL|D1)\w*|\bwithAccelerate\b")
"""Drivers that go over HTTP or through a pooler of their own."""
_PART = re.compile(r"^[ \t]*export\b|\bmodule\.exports\b|\bexports\.\w|\.listen\(|\bserve\(", re.MULTILINE)
"""What a file has that others use or that goes on running."""
_ENDS = re.compile(r"\$disconnect\(|\bprocess\.exit\(")
_OWN_SOURCE = re.compile(r"\bdatasource(?:s|Url)\b")
_ADAPTED = re.compile(r"\badapter\b")
_DRIVER = re.compile(r"\bnew\s+(Prisma(?!Client)[A-Z]\w{1,30})\s*\(")
_NO_CLIENT = re.compile(
    r"(?:\A|/)(?:scripts?|tools?|seeds?|migrations?|examples?|docs?|e2e|tests?|__tests__|benchmarks?|bin)/|(?:\A"
    r"|/)(?:seed|migrate)[\w.-]*\Z|\.d\.ts\Z"
)
_AWAITED = re.compile(r"\bawait\s+asyncpg\.create_pool\s*\(")
_KEYWORD = re.compile(
    r"\b(?P<name>min_size|max_size|timeout|command_timeout|max_inactive_connection_lifetime|ssl|statement_timeout)[\"']?\s*[=:]"
    r"\s*[\"']?(?P<value>[\w.]{1,60})"
)
_ASSIGNED = re.compile(
    r"""^[ \t]*(?:export[ \t]+|-[ \t]*)?["']?(?P<name>[A-Za-z_][\w.]*)["']?[ \t]*[=:][ \t]*["']?(?P<value>[^\n]+)""",
    re.MULTILINE,
)
_SERVER = re.compile(
    r"(?P<name>statement_timeout|lock_timeout|idle_in_transaction_session_timeout"
    r"|max_connections)\s*[=:]\s*[\"']?(?P<value>\w+)"
)
_SERVER_KINDS = {
    places.SERVER,
    places.COMPOSE,
    places.KUBERNETES,
    places.TERRAFORM,
    places.SETTINGS,
    places.SCRIPTS,
    places.ENVIRONMENT,
}
_PRAGMA = re.compile(
    r"pragma\s+(?P<name>foreign_keys|journal_mode|busy_timeout)\s*(?:=|\()\s*(?P<value>\w+)", re.IGNORECASE
)
_SET = re.compile(
    r"\b(?P<name>statement_timeout|lock_timeout|max_execution_time)\b[\"']?\s*(?:=|to\b|:|,)\s*[\"'{$]*(?P<value>\w*)",
    re.IGNORECASE,
)
_ROLE_SET = re.compile(
    r"alter\s+(?:role|user|database)\s+\S+\s+(?:in\s+database\s+\S+\s+)?set\s+(?P<name>\w+_timeout)\s*(?:="
    r"|to)\s*'?(?P<value>\w+)",
    re.IGNORECASE,
)


def text_connections(found: Iterable[Found]) -> Iterator[ConnectionSettings]:
    """Every place that says something of a connection, in the order of the files."""
    for file in found:
        if file.kind == places.CODE and file.file.suffix in _NODE:
            yield from _node(file)
        elif file.kind == places.CODE and file.file.suffix == ".py":
            yield from _statements(file)
        elif file.kind == places.CODE and file.file.suffix == ".sql":
            yield from _roles(file)
        elif file.kind in _SERVER_KINDS:
            yield from _server(file)
        if file.kind in {places.ENVIRONMENT, places.COMPOSE, places.KUBERNETES, places.HOSTING, places.SETTINGS}:
            yield from _variables(file)


def _node(file: Found) -> Iterator[ConnectionSettings]:
    text = file.text
    if _NO_CLIENT.search(file.path):
        return
    for client, engine, imported, maker in _MAKERS:
        if imported.search(text) is None:
            continue
        for match in islice(maker.finditer(text), _MOST_IN_A_FILE):
            if file.is_comment(match.start()):
                continue
            body = _balanced(text, match.end() - 1)
            record = ConnectionSettings(
                client, engine or None, file.environment, origin=file.origin(match.start(), match.end())
            )
            if client == "prisma":
                record = _of_prisma(record, body, text)
            if _is_wrapped_pool(client, match[0], body, text):
                continue  # the pool stands in the same file, and tells for itself
            named = _argument(body)
            if named is not None:  # `new Pool(config)`: the object stands elsewhere in the file
                declared = re.search(rf"\b{re.escape(named)}\b[^=\n]{{0,200}}=\s*\{{", text)
                body += _balanced(text, declared.end() - 1) if declared is not None else ""
                record = replace(record, partial=record.partial or (declared is None and client != "prisma"))
            partial = record.partial or "..." in body
            over_http = match[0].startswith("neon") or (client == "prisma" and _ADAPTERS.search(text) is not None)
            made = _with_node_options(record, body)
            yield replace(made, partial=partial, through_pooler=made.through_pooler or over_http)
        if client == "neon" and maker.search(text):
            return


def _of_prisma(record: ConnectionSettings, body: str, text: str) -> ConnectionSettings:
    """A Prisma client: which database it names, and the driver that it goes through, whose pool is then the one."""
    ends = ".listen(" not in text and _ENDS.search(text) is not None and "globalThis" not in text
    record = replace(record, one_off=ends or _PART.search(text) is None)
    if _OWN_SOURCE.search(body) is not None:
        record = replace(record, written=(("datasource", "…"),))
    if _ADAPTED.search(body) is None:
        return record
    driver = _DRIVER.search(text)
    if driver is None:
        return replace(record, partial=True)  # made elsewhere
    return replace(record, written=(*record.written, ("adapter", driver[1])))


def _is_wrapped_pool(client: str, maker: str, body: str, text: str) -> bool:
    """`new PrismaPg(pool)` beside `const pool = new Pool({ … })`."""
    if client != "node-postgres" or "PrismaPg" not in maker:
        return False
    return re.fullmatch(r"\(\s*\w+\s*(?:,[^)]*)?\)", body) is not None and re.search(r"\bPool\s*\(", text) is not None


def _argument(body: str) -> str | None:
    match = re.fullmatch(r"\(\s*(?:[\w.!?\[\]\"'`${}/:@-]+\s*,\s*)?([A-Za-z_]\w*)\s*\)", body)
    return (
        match[1] if match is not None and "url" not in match[1].lower() and "string" not in match[1].lower() else None
    )


def _with_node_options(record: ConnectionSettings, body: str) -> ConnectionSettings:
    values: dict[object, object] = {}
    for match in _OPTION.finditer(body):
        raw = match["value"].strip().strip("\"'`")
        values[match["name"]] = int(raw.replace("_", "")) if re.fullmatch(r"[\d_]+", raw) else raw
    if record.client == "prisma":
        values = {k: v for k, v in values.items() if k == "statement_timeout"}
    ssl = values.pop("ssl", None)
    verify = values.pop("rejectUnauthorized", None)
    made = settings_of(record, values)
    if ssl is not None and ssl != "false":
        mode = "require" if verify == "false" or ssl in {"require", "prefer", "allow"} else "verify-full"
        mode = str(ssl) if ssl in {"require", "prefer", "allow", "verify-full"} else mode
        made = replace(made, tls_mode=mode if "?" not in str(ssl) else None, written=(*made.written, ("ssl", mode)))
    elif ssl == "false":
        made = replace(made, tls_mode="disable", written=(*made.written, ("ssl", "false")))
    for url in read_urls(body):
        made = with_url(made, url)
    return made


def _balanced(text: str, start: int) -> str:
    """The text from an opening bracket to the one that closes it, at most 3,000 characters."""
    depth = 0
    for at in range(start, min(len(text), start + 3000)):
        if text[at] in "({[":
            depth += 1
        elif text[at] in ")}]":
            depth -= 1
            if depth == 0:
                return text[start : at + 1]
    return text[start : start + 3000]


def _variables(file: Found) -> Iterator[ConnectionSettings]:
    """Parameters of the URLs in environment variables: a sample too shows how it is meant."""
    if "://" not in file.text:
        return
    for match in _ASSIGNED.finditer(file.text):
        if not names_database(match["name"]) or file.is_comment(match.start("name")):
            continue
        for url in read_urls(match["value"]):
            start = match.start("name")
            environment = file.environment
            base = ConnectionSettings("url", None, environment, origin=file.origin(start, match.end("name")))
            record = with_url(base, url)
            if file.is_sample or is_placeholder(match["value"].rpartition("@")[2].partition("/")[0]):
                record = replace(record, host=None if record.host == "public" else record.host)
            yield record


def _server(file: Found) -> Iterator[ConnectionSettings]:
    for match in _SERVER.finditer(file.text):
        if file.is_comment(match.start()):
            continue
        base = ConnectionSettings(
            "server", environment=file.environment, origin=file.origin(match.start(), match.end())
        )
        yield settings_of(base, {match["name"]: match["value"]})


def _roles(file: Found) -> Iterator[ConnectionSettings]:
    if "_timeout" not in file.text:
        return
    for match in _ROLE_SET.finditer(file.text):
        base = ConnectionSettings("server", "postgresql", origin=file.origin(match.start(), match.end()))
        yield settings_of(base, {match["name"]: match["value"]})


def _awaited_pools(file: Found, text: str) -> Iterator[ConnectionSettings]:
    """`pool = await asyncpg.create_pool(…)`: an expression that is awaited is not read as one."""
    if "asyncpg" not in text or _NO_CLIENT.search(file.path):
        return
    for match in islice(_AWAITED.finditer(text), _MOST_IN_A_FILE):
        if file.is_comment(match.start()):
            continue
        body = _balanced(text, match.end() - 1)
        values: dict[object, object] = {
            m["name"]: int(m["value"]) if m["value"].isdecimal() and len(m["value"]) < 16 else m["value"]
            for m in _KEYWORD.finditer(body)
        }
        origin = file.origin(match.start(), match.end())
        record = ConnectionSettings("asyncpg", "postgresql", file.environment, origin=origin)
        yield replace(settings_of(record, values), pool_class="create_pool", partial="**" in body)


def _statements(file: Found) -> Iterator[ConnectionSettings]:
    """`PRAGMA …` and `SET statement_timeout` in Python code, migrations apart."""
    text = file.text
    lowered = text.lower()
    yield from _awaited_pools(file, text)
    if re.search(r"(?:\A|/)(?:migrations|versions)/", file.path):
        return
    if "pragma" in lowered:
        for match in _PRAGMA.finditer(text):
            if file.is_comment(match.start()):
                continue
            value = match["value"].lower()
            record = ConnectionSettings(
                "pragma", "sqlite", file.environment, origin=file.origin(match.start(), match.end())
            )
            if match["name"].lower() == "foreign_keys":
                record = replace(record, foreign_keys=value in {"on", "1", "true", "yes"})
            elif match["name"].lower() == "journal_mode":
                record = replace(record, journal_mode=value)
            else:
                record = replace(record, busy_timeout=seconds(value))
            yield replace(record, written=((match["name"].lower(), value),))
    if "statement_timeout" in lowered or "max_execution_time" in lowered:
        match_ = next(
            (m for m in _SET.finditer(text) if not file.is_comment(m.start()) and "timeout" in m["name"].lower()), None
        )
        if match_ is not None and match_["name"].lower() != "lock_timeout":
            origin = file.origin(match_.start(), match_.end())
            yield settings_of(
                ConnectionSettings("sql", environment=file.environment, origin=origin),
                {"statement_timeout": match_["value"]},
            )
