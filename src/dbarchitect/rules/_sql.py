"""Spelling names and constants inside the expressions that fixes propose, the same for every engine."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.types import Family

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_RESERVED_WORDS = """
    abort action add after all alter always analyse analyze and any array as asc asymmetric attach authorization
    autoincrement before begin between binary both by cascade case cast check collate collation column commit
    concurrently conflict constraint create cross current current_catalog current_date current_role current_schema
    current_time current_timestamp current_user database default deferrable deferred delete desc detach distinct
    do drop each else end escape except exclude exclusive exists explain fail false fetch filter first following
    for foreign freeze from full generated glob grant group groups having if ignore ilike immediate in index
    indexed initially inner insert instead intersect into is isnull join key last lateral leading left like limit
    localtime localtimestamp match materialized natural no not nothing notnull null nulls of offset on only or
    order others outer over overlaps partition placing plan pragma preceding primary query raise range recursive
    references regexp reindex release rename replace restrict returning right rollback row rows savepoint select
    session_user set similar some symmetric system_user table tablesample temp temporary then ties to trailing
    transaction trigger true unbounded union unique update user using vacuum values value variadic verbose view
    virtual when where window with without
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())
_NUMERIC = {Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.MONEY}


def quoted(name: str) -> str:
    """The identifier, in double quotes unless every engine reads it plainly: `status`, `"Status"`, `"order"`."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(value: str, family: Family = Family.TEXT) -> str:
    """The constant as SQL: a number as it stands where the column holds numbers, else in single quotes."""
    if family in _NUMERIC and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return value
    return "'" + value.replace("'", "''") + "'"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words as people list them: `a, b and c`."""
    items = list(words)
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """A number of things as people say it: `1 row`, `2,400 rows`, `2.1 M rows`; `nouns` is an irregular plural."""
    if number >= 1_000_000_000:
        text = f"{number / 1e9:.1f} G"
    elif number >= 1_000_000:
        text = f"{number / 1e6:.1f} M"
    else:
        text = f"{number:,}"
    return f"{text} {noun if number == 1 else nouns or noun + 's'}"
