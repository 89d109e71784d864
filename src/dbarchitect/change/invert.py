"""The way back of a change: other changes, or the reason why there is none.

What comes back is the structure. Rows and values that a drop has lost are lost; the plan that runs a drop says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.apply import find_table
from dbarchitect.change.operations import (
    Add,
    AddColumn,
    AddEnumValue,
    AlterColumn,
    Change,
    Create,
    CreateTable,
    Drop,
    DropColumn,
    DropTable,
    Remove,
    RunSql,
    SetPrimaryKey,
    SetSecurity,
    SetTableOptions,
)


@dataclass(frozen=True, slots=True)
class Irreversible:
    """There is no way back, and why."""

    reason: str


def invert(change: Change, catalog: Catalog) -> tuple[Change, ...] | Irreversible:  # noqa: C901 - one arm for each
    """The changes that lead from `apply(change, catalog)` back to `catalog`.

    Raises `ChangeRefused` where the change's table is not in the catalog.
    """
    match change:
        case CreateTable(table):
            return (DropTable(table),)
        case DropTable(table):
            return (CreateTable(find_table(catalog, table.ref)),)
        case AddColumn(table, column):
            return (DropColumn(table, column),)
        case DropColumn(table, column):
            return (AddColumn(table, find_table(catalog, table).column(column.name) or column),)
        case AlterColumn(table, old, new):
            return (AlterColumn(table, new, old),)
        case SetPrimaryKey(table, old, new):
            return (SetPrimaryKey(table, new, old),)
        case Add(table, member):
            return (Drop(table, member),)
        case Drop(table, member):
            return (Add(table, member),)
        case SetTableOptions(old, new):
            return (SetTableOptions(new, find_table(catalog, old.ref)),)
        case SetSecurity(old, new):
            return (SetSecurity(new, old),)
        case Create(thing):
            return (Remove(thing),)
        case Remove(thing):
            return (Create(thing),)
        case AddEnumValue(enum, value):
            return Irreversible(f"a value cannot be taken out of an enum again ({value!r} of {enum.name})")
        case RunSql(engine, up, down, why):
            if down is None:
                return Irreversible(f"no statements lead back from: {why}")
            return (RunSql(engine, down, up, f"back from: {why}"),)
        case _:
            assert_never(change)
