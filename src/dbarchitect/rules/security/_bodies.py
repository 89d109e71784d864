"""What the text of a query or of a function's body names: the tables that it reads and writes, what it calls.

A lexical reading, without comments and constants: a name counts as a table's only where a table must stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from dbarchitect.catalog.objects import Catalog, Function, Table, View

_NAME = r'(?:"(?:[^"]++|"")+"|[a-z_][\w$]*+)'
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_NOISE = re.compile(r"--[^\n]*+|/\*.*?\*/|'(?:[^']++|'')*'|(?P<unclosed>/\*.*+)", re.DOTALL)
_READ = re.compile(rf"(?<!distinct )\b(?:from|join)\s+(?:only\s+|lateral\s+|\(\s*)*((?:{_DOTTED}))", re.IGNORECASE)
_MORE = re.compile(
    rf"\s*+(?:as\s++)?(?:{_NAME})?\s*+,\s*+(?:only\s++|lateral\s++)*({_DOTTED})(?![\w$])(?!\s*\()", re.IGNORECASE
)
_WRITTEN = re.compile(
    rf"\b(?:insert\s+into|(?<!for )(?<!do )(?<!key )update(?:\s+only)?|delete\s+from(?:\s+only)?|merge\s+into"
    rf"|truncate(?:\s+table)?)\s+({_DOTTED})",
    re.IGNORECASE,
)
_CALL_LENGTH = 200
_IN_CALL = re.compile(r"\b(?:extract|substring|trim|overlay|position)\s*\([^()]*\Z", re.IGNORECASE)
_WITH = re.compile(rf"(?:\bwith\s+(?:recursive\s+)?|\)\s*,\s*)({_NAME})\s*(?:\([^()]*\)\s*)?as\b", re.IGNORECASE)
_WORDS = frozenset({"select", "set", "of", "values", "old", "new", "lateral", "unnest", "generate_series", "current"})
_CALLED = re.compile(rf"(?<![\w$\"])({_DOTTED})\s*+\(", re.IGNORECASE)
_DOLLAR = re.compile(r"\bAS\s+(\$\w*\$)(?P<body>.*)\1", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"\bAS\s+'(?P<body>(?:[^']|'')*)'", re.IGNORECASE | re.DOTALL)

Name = tuple[str | None, str]
"""A schema, None where none is written or it is the default one, and a name."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names; `bare` are the relations that it names without a schema, its own WITH queries left out."""

    read: frozenset[Name]
    written: frozenset[Name]
    called: frozenset[Name]
    bare: frozenset[str]


def body_of(function: Function) -> str:
    """The body in the function's definition; the definition where none is set apart."""
    match = _DOLLAR.search(function.definition)
    if match is not None:
        return match["body"]
    quoted = _QUOTED.search(function.definition)
    return quoted["body"].replace("''", "'") if quoted is not None else function.definition


@lru_cache(maxsize=4096)
def named_in(text: str) -> Named:
    """What the text of a query or a body names."""
    plain = " ".join(_NOISE.sub(r"\g<unclosed>''", text).split())
    spelled: list[str] = []
    for match in _READ.finditer(plain):
        if _IN_CALL.search(plain, max(0, match.start() - _CALL_LENGTH), match.start()) or plain[
            match.end() :
        ].lstrip().startswith("("):
            continue  # extract(year from x), a function in FROM
        spelled.append(match[1])
        at = match.end()
        while (more := _MORE.match(plain, at)) is not None:
            spelled.append(more[1])
            at = more.end()
    changed = [match[1] for match in _WRITTEN.finditer(plain)]
    own = {_name(match[1])[1] for match in _WITH.finditer(plain)} | _WORDS
    read = {_name(s) for s in spelled} - {(None, name) for name in own}
    written = {_name(s) for s in changed} - {(None, name) for name in own}
    bare = {_name(s)[1] for s in (*spelled, *changed) if "." not in s} - own
    called = {_name(match[1]) for match in _CALLED.finditer(plain)}
    return Named(frozenset(read), frozenset(written), frozenset(called), frozenset(bare))


def _name(spelled: str) -> Name:
    parts = re.findall(_NAME, spelled, re.IGNORECASE)
    stored = [p[1:-1].replace('""', '"') if p.startswith('"') else p.lower() for p in parts]
    schema = stored[0] if len(stored) > 1 else None
    return (None if schema == "public" else schema), stored[-1]


def tables_behind(view: View, catalog: Catalog) -> tuple[Table, ...]:
    """The tables that the view reads, through other views too, as far as its owner's rights reach."""
    tables = {(t.schema, t.name): t for t in catalog.tables}
    views = {(v.schema, v.name): v for v in catalog.views if not v.materialized}
    found: dict[Name, Table] = {}
    seen: set[Name] = set()
    waiting = [view]
    while waiting:
        here = waiting.pop()
        for name in named_in(here.definition).read:
            full = name if name[0] is not None or name in tables or name in views else (here.schema, name[1])
            if full in seen:
                continue
            seen.add(full)
            if full in tables:
                found[full] = tables[full]
            elif full in views:
                waiting.append(views[full])
    return tuple(sorted(found.values(), key=lambda table: (table.schema or "", table.name)))


_COMMENT = re.compile(r"--[^\n]*+|/\*.*?\*/|(?P<unclosed>/\*.*+)", re.DOTALL)
_CURRENT = re.compile(r"\bcurrent_user\b|\bcurrent_role\b", re.IGNORECASE)
_CALLER = re.compile(
    r"\bauth\s*\.\s*(?:uid|jwt|role|email|user_id)\s*\(|\bcurrent_setting\s*\(|\bsession_user\b|\brequest\.jwt",
    re.IGNORECASE,
)


def asks_for_caller(text: str) -> bool:
    """True where a query or body looks at who is asking: the token's user, a setting, the session's or current user."""
    plain = _COMMENT.sub(r"\g<unclosed> ", text)
    return _CALLER.search(plain) is not None or _CURRENT.search(plain) is not None


def asks_who_calls(catalog: Catalog) -> Callable[[Function], bool]:
    """Whether a function, or one that it calls, looks at who is calling."""
    asking = catalog.derive(_asking)
    return lambda function: (function.schema, function.name) in asking


def _asking(catalog: Catalog) -> frozenset[Name]:
    bodies = {(f.schema, f.name): body_of(f) for f in catalog.functions}
    asking = {name for name, body in bodies.items() if _CALLER.search(_COMMENT.sub(r"\g<unclosed> ", body))}
    while True:
        more = {name for name, body in bodies.items() if name not in asking and named_in(body).called & asking}
        if not more:
            return frozenset(asking)
        asking |= more
