"""Names as Drizzle makes them: of columns from properties, of keys and indexes from tables and columns."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = re.compile(r"[\da-z]+|[A-Z]+(?![a-z])|[A-Z][\da-z]+")
_LONGEST = 63
"""Bytes: PostgreSQL cuts longer identifiers off."""


def cased(key: str, casing: str | None) -> str:
    """The column's name where only the property gives one: as it is, in snake case or in camel case."""
    if casing not in {"snake_case", "camelCase"}:
        return key
    words = _WORDS.findall(re.sub("['\u2019]", "", key))
    if casing == "snake_case":
        return "_".join(word.lower() for word in words)
    return "".join(word.lower() if not at else word[0].upper() + word[1:] for at, word in enumerate(words))


def stored(name: str, engine: str) -> str:
    """An identifier as the server keeps it."""
    if engine != "postgresql" or len(name) <= _LONGEST // 4:
        return name
    return name.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")


def unique_name(table: str, columns: Iterable[str]) -> str:
    """The name of a unique constraint."""
    return f"{table}_{'_'.join(columns)}_unique"


def index_name(table: str, columns: Iterable[str]) -> str:
    """The name of an index that is given none."""
    return f"{table}_{'_'.join(columns)}_index"


def primary_key_name(table: str, columns: Iterable[str]) -> str:
    """The name of a primary key that stands beside the columns."""
    return f"{table}_{'_'.join(columns)}_pk"


def foreign_key_name(table: str, columns: Iterable[str], other: str, others: Iterable[str]) -> str:
    """The name of a foreign key."""
    return "_".join((table, *columns, other, *others)) + "_fk"
