"""The names that PostgreSQL gives to indexes and constraints which the statement leaves unnamed.

Later statements drop and rename them by these names.
Source: makeObjectName and ChooseRelationName, https://github.com/postgres/postgres/blob/master/src/backend/commands/indexcmds.c
"""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Index, IndexColumn
from dbarchitect.catalog.objects import Table
from dbarchitect.sources.sqlfiles.schema import Key, Schema
from dbarchitect.sources.sqlfiles.tree import LONGEST_NAME


def object_name(first: str, second: str | None, label: str) -> str:
    """`first_second_label`, the longer of the two names cut until it fits into 63 bytes."""
    overhead = len(label) + 1 + (1 if second is not None else 0)
    one, two = first.encode(), (second or "").encode()
    available = LONGEST_NAME - overhead
    while len(one) + len(two) > available:
        if len(one) > len(two):
            one = one[:-1]
        else:
            two = two[:-1]
    parts = [one.decode("utf-8", "ignore")]
    if second is not None:
        parts.append(two.decode("utf-8", "ignore"))
    return "_".join([*parts, label])


def free_name(schema: Schema, table: Key, columns: str | None, label: str, taken: Iterable[str] = ()) -> str:
    """The first such name that no relation of the schema and none of `taken` has; numbers are put to the label."""
    used = set(taken)
    number, name = 0, object_name(table[1], columns, label)
    while name in used or is_relation(schema, (table[0], name)):
        number += 1
        name = object_name(table[1], columns, f"{label}{number}")
    return name


def is_relation(schema: Schema, key: Key) -> bool:
    """Whether a table, view, sequence or index of that name is there."""
    return any(key in kind for kind in (schema.tables, schema.views, schema.sequences, schema.indexes))


def constraint_names(table: Table) -> set[str]:
    """The names of all constraints of a table."""
    keys = (table.primary_key,) if table.primary_key is not None else ()
    members = (*keys, *table.unique_keys, *table.foreign_keys, *table.checks, *table.exclusions)
    return {m.name for m in members if m.name is not None}


def index_columns(columns: Iterable[IndexColumn]) -> str:
    """What stands for the keys in an index's name: columns, functions, `expr` for anything else."""
    return joined(distinct(column.name if column.name is not None else _called(column) for column in columns))


def distinct(stems: Iterable[str]) -> list[str]:
    """The stems, each once: to those that come again a number is put."""
    names: list[str] = []
    for stem in stems:
        name, number = stem, 0
        while name in names:
            number += 1
            name = f"{stem}{number}"
        names.append(name)
    return names


def joined(names: Iterable[str]) -> str:
    """Column names with underscores between, as many as count."""
    text = ""
    for name in names:
        text += ("_" if text else "") + name
        if len(text.encode()) >= LONGEST_NAME:
            break
    return text


def _called(column: IndexColumn) -> str:
    text = column.expression.text.strip() if column.expression is not None else ""
    head = text.partition("(")[0].strip()
    bare = head.rpartition(".")[2].strip('"')
    return bare.lower() if text.endswith(")") and bare.isidentifier() else "expr"


def index_name(schema: Schema, table: Key, index: Index) -> str:
    """The name of an index that CREATE INDEX leaves unnamed."""
    return free_name(schema, table, index_columns(index.columns), "idx")
