"""Indexes and constraints of the state when the columns that they stand on are renamed or go."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.members import Check, Column, Exclusion, Index, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.types import parse_type
from dbarchitect.sources.django.migrations.state import Extra
from dbarchitect.sources.sqlfiles.columns import without_column
from dbarchitect.sources.sqlfiles.schema import Schema


def renamed_column(table: Table, old: str, new: str) -> Table:
    """The table with a column of another name, in keys and expressions too, and in its references to itself."""
    schema = Schema()
    schema.put(table)
    schema.rename_column(table, old, new)
    return schema.tables[table.schema, table.name]


def renamed_extra(extra: Extra, old: str, new: str) -> Extra:
    """The index or constraint with a column of another name: the database's follows, its name stays."""
    probe = _probe(extra, old)
    return extra if probe is None else replace(extra, member=_held(renamed_column(probe, old, new)))


def without_field(extra: Extra, column: str) -> Extra | None:
    """The index or constraint when a column goes: None for one that stands on it."""
    probe = _probe(extra, column)
    return extra if probe is None or _held(without_column(probe, column)) is not None else None


def _probe(extra: Extra, column: str) -> Table | None:
    """A table with nothing but this on it."""
    columns = (Column(column, parse_type("integer")),)
    match extra.member:
        case UniqueKey():
            return Table("t", columns, unique_keys=(extra.member,))
        case Check():
            return Table("t", columns, checks=(extra.member,))
        case Exclusion():
            return Table("t", columns, exclusions=(extra.member,))
        case Index():
            return Table("t", columns, indexes=(extra.member,))
        case None:
            return None


def _held(table: Table) -> UniqueKey | Check | Exclusion | Index | None:
    for members in (table.unique_keys, table.checks, table.exclusions, table.indexes):
        for member in members:
            return member
    return None
