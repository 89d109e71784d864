"""How names and types are spelled in SQLite's SQL."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from dbarchitect.catalog.types import SqlType, parse_type

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")

# The words that cannot stand as a bare name everywhere, as https://www.sqlite.org/lang_keywords.html lists them.
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        abort action add after all alter always analyze and as asc attach autoincrement before begin
        between by cascade case cast check collate column commit conflict constraint create cross
        current current_date current_time current_timestamp database default deferrable deferred
        delete desc detach distinct do drop each else end escape except exclude exclusive exists
        explain fail filter first following for foreign from full generated glob group groups having
        if ignore immediate in index indexed initially inner insert instead intersect into is isnull
        join key last left like limit match materialized natural no not nothing notnull null nulls
        of offset on or order others outer over partition plan pragma preceding primary query raise
        range recursive references regexp reindex release rename replace restrict returning right
        rollback row rows savepoint select set table temp temporary then ties to transaction trigger
        unbounded union unique update using vacuum values view virtual when where window with
        without
        """,
    )
)

# Types whose canonical (PostgreSQL) name reads oddly in SQLite, and what its users write instead.
_SPELLINGS = {
    "timestamp without time zone": "datetime",
    "time without time zone": "time",
    "character varying": "varchar",
    "character": "char",
}

# What SQLite's grammar takes as a type: words or quoted names, then at most two numbers.
_TYPE_NAME = re.compile(
    r"""(?:[A-Za-z_][\w$]*+|"(?:[^"]++|"")*+"|\s|\[\])++(?:\(\s*+[+-]?\d++\s*+(?:,\s*+[+-]?\d++\s*+)?\)\s*+)?(?:\[\])*+"""
)
_STOPS = re.compile(
    r"\b(constraint|primary|not|null|unique|check|default|collate|references|generated|as|on)\b", re.IGNORECASE
)


def quote(identifier: str) -> str:
    """The identifier, in double quotes where it needs them."""
    if _PLAIN.match(identifier) and identifier not in _KEYWORDS:
        return identifier
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string constant."""
    return "'" + text.replace("'", "''") + "'"


def spell_type(type_: SqlType) -> str:
    """A type such that reading it back gives the same type; empty for a column without one."""
    return _spelled(type_, type_.spelled)


@lru_cache(maxsize=4_096)
def _spelled(type_: SqlType, _: str) -> str:
    """The same: how somebody wrote it decides as well, which does not count where two types are compared."""
    if not type_.name:
        return ""
    arguments = f"({','.join(map(str, type_.arguments))})" if type_.arguments else ""
    candidates = [type_.spelled.strip()]
    if type_.name in _SPELLINGS:
        candidates.append(_SPELLINGS[type_.name] + arguments + "[]" * type_.dimensions)
    candidates.append(str(type_))
    candidates.append(str(replace(type_, name=quote(type_.name), schema=quote(type_.schema) if type_.schema else None)))
    for candidate in candidates:
        if candidate and parse_type(candidate) == type_ and _is_type_name(candidate):
            return candidate
    return quote(type_.name)


def _is_type_name(text: str) -> bool:
    return _TYPE_NAME.fullmatch(text) is not None and not _STOPS.search(text)
