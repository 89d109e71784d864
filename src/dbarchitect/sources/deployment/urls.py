"""What a connection URL says besides its engine: where the host lies, encryption, timeouts, pool. Never a password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

_URL = re.compile(
    r"""(?<![\w+.-])(?P<scheme>postgres(?:ql)?|postgis|psql|pgsql|mysql2?|mariadb"""
    r"""|prisma(?:\+postgres)?)(?:\+\w+)?://(?P<rest>[^\s'"`<>\\,;)]*)"""
)
_COMPUTED = re.compile(r"[$%{}<>…]|\A\Z")
_LOCAL = re.compile(r"(?:localhost|127(?:\.\d+){3}|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal|[\w.-]+\.localhost)\Z")
_PRIVATE = re.compile(
    r"(?:[\w-]+|[\w.-]+\.(?:internal|local|lan|svc|cluster\.local|svc\.cluster\.local|flycast|consul)"
    r"|10(?:\.\d+){3}|192\.168(?:\.\d+){2}"
    r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2})\Z"
)
_EXAMPLE = re.compile(
    r"(?:\A|[.-])(?:example|host|hostname|your-?\w*|my-?host|server|foo|bar|xxx+|abc|domain)(?:\.|\Z)|ep-x+"
    r"|\.example\.|(?:cool|bold|ep-[a-z]+)-[a-z]+-\d{6}",
    re.IGNORECASE,
)
_POOLERS = re.compile(
    r"(?:pooler|pgbouncer|pgcat|pgpool|supavisor|proxysql|rds-proxy|proxy-\w+\.rds)|\.proxy-", re.IGNORECASE
)
_POOLER_PORTS = {"6432", "6543", "6033"}
_LONGEST_HOST = 253  # as DNS has it
_SETTING = re.compile(r"-c\s*(?P<name>[\w.]+)\s*=\s*(?P<value>\w+)")
_TIME = re.compile(r"(?P<number>\d+)\s*(?P<unit>ms|s|min|h)?\Z")
_UNITS = {None: 0.001, "": 0.001, "ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class ConnectionUrl:
    """A URL's parts. `host` is `local`, `private`, `public` or None (computed); `has_password` for one written out."""

    host: str | None
    through_pooler: bool
    has_password: bool
    password_is_placeholder: bool
    start: int
    end: int
    scheme: str
    options: tuple[tuple[str, str], ...] = field(default=())


def read_urls(text: str) -> tuple[ConnectionUrl, ...]:
    """Every URL of a database server in a text."""
    return tuple(_read(match) for match in _URL.finditer(text)) if "://" in text else ()


def where_lies(host: str) -> str | None:
    """Where a host lies: `local`, `private`, `public`; None for one that is computed or an example's."""
    if len(host) > _LONGEST_HOST or _COMPUTED.search(host):
        return None
    if host.startswith("/") or _LOCAL.match(host):
        return "local"
    if _PRIVATE.match(host):
        return "private"
    return None if _EXAMPLE.search(host) else "public"


def server_settings(text: str) -> tuple[tuple[str, str], ...]:
    """The settings in libpq's `options`: `-c statement_timeout=5000 -c lock_timeout=2s`."""
    return tuple((m["name"], m["value"]) for m in _SETTING.finditer(unquote(text).replace("+", " ")))


def seconds(value: object) -> float | None:
    """A server's setting of time in seconds; a bare number is milliseconds, as PostgreSQL takes it."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value / 1000
    match = _TIME.match(value.strip().strip("'\"")) if isinstance(value, str) else None
    return int(match["number"]) * _UNITS[match["unit"]] if match is not None else None


def _read(match: re.Match[str]) -> ConnectionUrl:
    before, _, query = match["rest"].partition("?")
    userinfo, at, place = before.rpartition("@")
    host_port = place.partition("/")[0]
    host, _, port = host_port.rpartition(":") if re.search(r":\d+\Z", host_port) else (host_port, "", "")
    user, _, password = userinfo.partition(":")
    pairs: list[tuple[str, str]] = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        if not equals or not re.fullmatch(r"[\w.-]+", name) or "pass" in name.lower():
            continue
        if name == "options":
            pairs.extend(server_settings(value))
        pairs.append((name, unquote(value)[:60]))
    pooled = bool(_POOLERS.search(host[:_LONGEST_HOST])) or port in _POOLER_PORTS or ("pgbouncer", "true") in pairs
    written = bool(at and password) and _COMPUTED.search(password) is None
    return ConnectionUrl(
        where_lies(host),
        pooled or match["scheme"].startswith("prisma"),
        written,
        written and is_placeholder(password, user),
        match.start(),
        match.end(),
        match["scheme"],
        tuple(pairs),
    )


_PLACEHOLDER = re.compile(
    r"(?:change|replace|your|my|insert|fill|set|enter|put|add|generate|example|sample|placeholder|dummy|fake|todo"
    r"|xxx+|redacted|nothing|missing|undefined|unused|unset"
    r"|some|super|very|this|not|secure|strong|random|default|test|dev|local|development|insecure|keyboard|foo|bar"
    r"|abc|1234|\*\*\*|\.\.\.|<|\{|\$|%|"
    r"please|must|override|here|openssl)",
    re.IGNORECASE,
)
_PLAIN = frozenset(
    {
        "",
        "password",
        "passwd",
        "pass",
        "pw",
        "pwd",
        "secret",
        "postgres",
        "postgresql",
        "mysql",
        "root",
        "admin",
        "user",
        "username",
        "db",
        "database",
        "none",
        "null",
        "true",
        "false",
        "key",
        "app",
        "docker",
        "django",
        "prisma",
        "token",
        "string",
        "qwerty",
    }
)


def is_placeholder(value: str, user: str = "") -> bool:
    """Whether a text stands where a secret is to be put, or is one that nobody takes for a secret."""
    bare = value.strip().strip("\"'").strip()
    if bare.lower() in _PLAIN or bare.lower() == user.lower() or _COMPUTED.search(bare) is not None:
        return True
    told = {character for character in bare if character.isalnum()}
    return _PLACEHOLDER.search(bare) is not None or len(set(bare)) < 4 or len(told) < 3
