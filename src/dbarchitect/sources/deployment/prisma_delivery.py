"""How a Prisma schema gets to another database: a provider that is switched by hand, and commands of development
(`prisma migrate dev`, `prisma migrate reset`) where production runs them.

The provider of a schema cannot come from the environment, and migrations are written for one provider; so whoever
develops on another database than production's edits the schema: by hand, as a comment in it or a text tells, or by a
script (`sed`, a second schema file that is copied over the first).
Source: https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/limitations-and-known-issues
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.deployment import Practice, Sign
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.delivery import PRODUCTION_SCRIPTS, deploys
from dbarchitect.sources.deployment.places import Found
from dbarchitect.sources.deployment.prisma_connections import DATASOURCE

_ENGINES = r"(?:sqlite|postgres(?:ql)?|mysql|mariadb|cockroachdb|sqlserver)"
_PROVIDER = re.compile(rf"^[ \t]*provider\s*=\s*\"(?P<name>{_ENGINES})\"(?P<rest>[^\n]*)", re.MULTILINE)
_OTHER = re.compile(rf"^[ \t]*//+[ \t]*(?P<line>provider\s*=\s*\"(?P<name>{_ENGINES})\")", re.MULTILINE)
_CHANGE = r"\b(?:chang|switch|swap|replac|updat|edit|set)(?:e|es|ed|ing|ting)?\b"
_TOLD = re.compile(
    rf"{_CHANGE}[^\n]{{0,80}}\bprovider\b[^\n]{{0,80}}|\bprovider\b[^\n]{{0,60}}{_CHANGE}[^\n]{{0,80}}", re.IGNORECASE
)
_NAMED = re.compile(rf"\b{_ENGINES}\b", re.IGNORECASE)
_FROM = re.compile(rf"\bfrom\s+[\"'`]?({_ENGINES})\b", re.IGNORECASE)
_PRODUCTION = re.compile(rf"\bprod(?:uction)?\b|\bdeploy|\b(?:use|for|to|with)\s+[\"'`]?{_ENGINES}\b", re.IGNORECASE)
_REWRITES = re.compile(
    rf"\bsed\b[^\n]{{0,200}}\bprovider\b[^\n]{{0,40}}\b{_ENGINES}\b"
    rf"|\bsed\b[^\n]{{0,80}}\b{_ENGINES}\b[^\n]{{0,40}}\b{_ENGINES}\b[^\n]{{0,80}}\.prisma\b"
    rf"|\b(?:cp|mv|copy|Copy-Item)\s[^\n;&|]{{0,80}}\b{_ENGINES}\b[^\n;&|]{{0,40}}\.prisma\s[^\n;&|]{{0,60}}schema\.prisma\b",
    re.IGNORECASE,
)
_CODE_REWRITES = re.compile(
    rf"\bprovider\b[^\n]{{0,80}}\b{_ENGINES}\b|\b{_ENGINES}\b[^\n]{{0,80}}\bprovider\b", re.IGNORECASE
)
_SCHEMA_FILE = "schema.prisma"
_DEVELOPS = re.compile(
    r"\b(?:npx\s+|pnpm\s+(?:exec\s+)?|yarn\s+|bunx\s+)?prisma\s+migrate\s+(?P<what>dev|reset)\b(?P<rest>[^\n&|;\"']{0,80})"
)
_FOR_DEVELOPMENT = re.compile(
    r"\b(?:start|run|serve|server)[: ](?:dev|debug|watch)\b|\bnodemon\b|--watch\b|\bts-node-dev\b|\bdev:\w+"
    r"|\b(?:next|remix|vite|nuxt|tsx|nest|astro)\s+(?:dev|watch)\b|\bdev\"?(?:\s*+\])?[^\S\n]*+$",
    re.MULTILINE,
)
_STAGE = re.compile(
    r"^[ \t]*+FROM\b[^\n]*?(?:\bAS\s++(?P<name>[\w.-]++))?(?<![ \t])[ \t]*+$", re.MULTILINE | re.IGNORECASE
)
_NO_PRODUCTION = re.compile(r"dev|test|local|debug|e2e", re.IGNORECASE)
_RUN = frozenset({places.IMAGES, places.HOSTING, places.SCRIPTS, places.COMPOSE, places.CI, places.KUBERNETES})
_LIVE_SCRIPT = re.compile(r"entrypoint|start|deploy|release|docker|build|vercel", re.IGNORECASE)


def prisma_signs(found: Iterable[Found], schemas: Iterable[Found]) -> Iterator[Sign]:
    """The signs of one application; `schemas` are its `.prisma` files."""
    files = tuple(found)
    used: str | None = None
    for schema in schemas:
        name, signs = _in_schema(schema)
        used = used or name
        yield from signs
    if used is None:
        return
    for file in files:
        if file.kind == places.DOCUMENTS:
            yield from _in_document(file, used)
        elif file.kind == places.CODE:
            yield from _in_code(file)
        elif file.kind in _RUN:
            yield from _in_script(file, used)
    for file in files:
        if file.kind in _RUN and file.environment not in {"development", "testing"}:
            yield from _package(file) if file.file.name == "package.json" else _commands(file)


def _in_schema(file: Found) -> tuple[str | None, list[Sign]]:
    """The provider of a schema, and what its comments say of another."""
    source = DATASOURCE.search(file.text)
    used = _PROVIDER.search(source["body"]) if source is not None else None
    if source is None or used is None:
        return None, []
    start = source.start("body")
    for other in _OTHER.finditer(source["body"]):
        if _base(other["name"]) != _base(used["name"]):
            origin = file.origin(start + other.start("line"), start + other.end("line"))
            return used["name"], [_switch(f"// {other['line']}", origin)]
    behind = used["rest"].partition("//")[2]
    if behind and _names_another(behind, used["name"]) and (_PRODUCTION.search(behind) or re.search(_CHANGE, behind)):
        at = start + used.start("rest") + used["rest"].index("//")
        return used["name"], [_switch(f"// {behind.strip()}"[:80], file.origin(at, start + used.end("rest")))]
    for told in _TOLD.finditer(file.text):
        if file.is_comment(told.start()) and _names_another(file.line(told.start()), used["name"]):
            return used["name"], [_switch(file.line(told.start())[:80], file.origin(told.start(), told.end()))]
    return used["name"], []


def _names_another(text: str, used: str) -> bool:
    return any(_base(name) != _base(used) for name in _NAMED.findall(text))


def _base(name: str) -> str:
    return name.casefold().replace("postgresql", "postgres")


def _switch(text: str, origin: Origin, *, automated: bool = False) -> Sign:
    return Sign(Practice.PROVIDER_SWITCH, text, origin, automated=automated)


def _in_document(file: Found, used: str) -> Iterator[Sign]:
    """Instructions to change the provider from the one in use, the first of a file."""
    for told in _TOLD.finditer(file.text) if ".prisma" in file.text else ():
        named = _NAMED.findall(told[0])
        left = _FROM.search(told[0])
        start = left[1] if left is not None else named[0] if len(named) > 1 else used
        if _names_another(told[0], used) and _base(start) == _base(used):
            yield _switch(" ".join(told[0].split())[:80], file.origin(told.start(), told.end()))
            return


def _in_code(file: Found) -> Iterator[Sign]:
    """A program that rewrites the schema file for one engine or another."""
    text = file.text
    if _SCHEMA_FILE not in text or "writeFile" not in text:
        return
    lines = (match for match in _CODE_REWRITES.finditer(text) if not file.is_comment(match.start()))
    first = next(lines, None)
    if first is not None and len({_base(name) for name in _NAMED.findall(text)}) > 1:
        yield _switch(f"{file.file.name} rewrites the provider", file.origin(first.start(), first.end()))


def _in_script(file: Found, used: str) -> Iterator[Sign]:
    """`sed` over the schema file, or another one copied over it, the first of a file that leads away from the provider
    in use: what leads to it has been done."""
    if ".prisma" not in file.text:
        return
    for match in _REWRITES.finditer(file.text):
        if file.is_comment(match.start()) or _base(_NAMED.findall(match[0])[-1]) == _base(used):
            continue
        runs = file.kind in {places.IMAGES, places.HOSTING} or (
            deploys(file, match.start()) if file.kind == places.CI else _LIVE_SCRIPT.search(file.path) is not None
        )
        yield _switch(" ".join(match[0].split())[:80], file.origin(match.start(), match.end()), automated=runs)
        return


def _package(file: Found) -> Iterator[Sign]:
    """Commands of development in the scripts of a package.json that production runs."""
    try:
        scripts = json.loads(file.text).get("scripts", {})
    except (ValueError, AttributeError, RecursionError):
        return
    for name, command in scripts.items() if isinstance(scripts, dict) else ():
        match = _DEVELOPS.search(command) if isinstance(command, str) and name in PRODUCTION_SCRIPTS else None
        if match is not None and not _FOR_DEVELOPMENT.search(command[match.end() :]):
            at = max(file.text.find(f'"{name}"'), 0)
            yield _develops(f"script {name}: ", match, file, at, at + len(name) + 2)
            return


def _commands(file: Found) -> Iterator[Sign]:
    """Those of an image, a manifest, a script that starts or deploys."""
    if "migrate" not in file.text or "prisma" not in file.text or file.kind == places.CI:
        return  # workflows make databases for tests
    if file.kind == places.COMPOSE and file.environment != "production":
        return
    if file.kind == places.SCRIPTS and _LIVE_SCRIPT.search(file.path) is None:
        return
    if _NO_PRODUCTION.search(file.file.name):
        return
    for match in _DEVELOPS.finditer(file.text):
        if file.is_comment(match.start()) or _FOR_DEVELOPMENT.search(file.text, match.end()):
            continue
        if file.kind == places.IMAGES and _in_other_stage(file.text, match.start()):
            continue
        yield _develops("", match, file, match.start(), match.end())
        return


def _in_other_stage(text: str, at: int) -> bool:
    """Whether a line of a Dockerfile belongs to a stage for development, or to one that is not the last."""
    stages = list(_STAGE.finditer(text))
    own = [stage for stage in stages if stage.start() < at]
    named = own[-1]["name"] if own else None
    return bool(own and own[-1] is not stages[-1]) or (named is not None and bool(_NO_PRODUCTION.search(named)))


def _develops(where: str, match: re.Match[str], file: Found, start: int, end: int) -> Sign:
    text = f"{where}prisma migrate {match['what']}{' --force' if '--force' in match['rest'] else ''}"
    return Sign(Practice.DEVELOPMENT_MIGRATION, text, file.origin(start, end))
