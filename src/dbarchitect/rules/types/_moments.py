"""Columns that hold a moment, with a time zone or without."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.expressions import expression, is_current_timestamp
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.change.operations import AlterColumn
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._sql import quoted

NAIVE, AWARE = "timestamp without time zone", "timestamp with time zone"
_AHEAD = phrases(
    "scheduled, schedule, expires, expire, expiry, expiration, due, deadline, start, begin, end, trial, remind, "
    "reminder, publish at, run at, send at, next, valid until, valid to, until, renew"
)
_BEHIND = phrases("last, sent, previous, previously")
_ZONES = phrases("timezone, time zone, tz, tzid, utc offset")
_LOCAL = phrases("local, wall clock")


def lies_ahead(name: str) -> bool:
    """True for a deadline, an expiry, a schedule, by the column's name."""
    return _AHEAD.within(name) and not _BEHIND.within(name)


def naive_columns(table: Table) -> tuple[Column, ...]:
    """The columns that hold a moment without its zone; a local time beside a column that names its zone is none."""
    zoned = any(_ZONES.ends(column.name) for column in table.columns)
    return tuple(
        column
        for column in table.ordered_columns
        if column.type.name == NAIVE
        and not column.type.dimensions
        and column.generated is None
        and not _LOCAL.within(column.name)
        and not (zoned and (lies_ahead(column.name) or words(column.name)[-1:] == ("time",)))
    )


def with_time_zone(table: Table, column: Column) -> AlterColumn:
    """The same column with a time zone, the stored digits taken for UTC."""
    type_ = replace(column.type, name=AWARE, spelled="")
    default = column.default
    if default is not None and is_current_timestamp(default):
        default = expression("now()")
    new = replace(column, type=type_, default=default)
    return AlterColumn(table.ref, column, new, using=f"{quoted(column.name)} at time zone 'UTC'")


def is_partition_key(table: Table, column: Column) -> bool:
    """True for a column by which the table is divided: its type cannot be changed."""
    return table.partitioning is not None and any(column.name in key for key in table.partitioning.keys)
