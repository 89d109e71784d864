"""PostgreSQL's types: from what `format_type` prints to the model, and from the model to DDL."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.engines.postgresql.names import qualified

# Types whose names are grammar rather than identifiers: quoting them would name something else.
_GRAMMAR = frozenset(
    {
        "bigint",
        "bit",
        "bit varying",
        "boolean",
        "character",
        "character varying",
        "double precision",
        "integer",
        "json",
        "numeric",
        "real",
        "smallint",
        "time with time zone",
        "time without time zone",
        "timestamp with time zone",
        "timestamp without time zone",
    }
)
_INTERVAL = re.compile(r"interval(?: (?:year|month|day|hour|minute|second)(?: to (?:month|hour|minute|second))?)?\Z")

# What the other engines call types that PostgreSQL has under another name.
_OURS = {"tinyint": "smallint", "mediumint": "integer", "blob": "bytea"}


@lru_cache(maxsize=4096)
def read_type(text: str, dimensions: int = 0) -> SqlType:
    """The type that `format_type` printed as `text`; `dimensions` is how many an array's column declares."""
    parsed = parse_type(text)
    if text in {"bpchar", "bpchar[]"}:  # blank-padded without a length: not the `character(1)` that `char` means
        parsed = replace(parsed, name="bpchar", arguments=())
    declared = max(1, dimensions) if parsed.dimensions else 0  # `text[]` is printed for any number of dimensions
    return replace(parsed, dimensions=declared)


def type_sql(type_: SqlType) -> str:
    """The type as DDL spells it, its name quoted where it must be."""
    name = _OURS.get(type_.name, type_.name) if type_.schema is None else type_.name
    if type_.schema is None and (name in _GRAMMAR or _INTERVAL.match(name)):
        return str(replace(type_, name=name, spelled=""))
    inner = type_.modifiers or ",".join(map(str, type_.arguments))
    return qualified(type_.schema, name) + (f"({inner})" if inner else "") + "[]" * type_.dimensions
