"""Primary keys that the server numbers, and the tables that use the numbers up."""

from __future__ import annotations

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.shape import foreign_keys_over, is_log

LIMITS = {"smallint": 2**15 - 1, "integer": 2**31 - 1}
"""The largest number of the types that run out."""
_STREAMS = phrases(
    "log, history, audit, analytics, activity, view, visit, click, impression, hit, metric, measurement, reading, "
    "ping, heartbeat, tracking, usage, telemetry, trace, message, delivery"
)
_EVENTS = phrases("event, analytics event, tracking event, usage event, audit event, user event, app event, page event")
_REFERRING = 2
_PLANNED = phrases("start, end, starts, ends, title, scheduled, location")


def single_key(table: Table) -> Column | None:
    """The primary key's column, where it is one."""
    key = table.primary_key
    return table.column(key.columns[0]) if key and len(key.columns) == 1 else None


def is_wide(survey: Survey, column: Column) -> bool:
    """True for a key that does not run out: 64 bits, or a uuid."""
    if survey.engine.capabilities.integer_primary_key_is_64_bit and column.type.family is Family.INTEGER:
        return True
    return survey.catalog.base_type(column.type).name in {"bigint", "uuid"}


def narrow_key(survey: Survey, table: Table) -> Column | None:
    """The primary key's column, where the server numbers it and it can run out."""
    column = single_key(table)
    if column is None or survey.catalog.base_type(column.type).name not in LIMITS:
        return None
    numbered = column.identity is not None or (column.default is not None and "nextval" in column.default.canonical)
    return column if numbered and not foreign_keys_over(table, (column.name,)) else None


def is_stream(survey: Survey, table: Table) -> bool:
    """True for a log that little else refers to: an event that is planned, or that much hangs on, is made by hand."""
    planned = any(_PLANNED.within(column.name) for column in table.columns)
    thing = "_".join(thing_words(table))
    named = _STREAMS.ends(thing) or _EVENTS.whole(thing)
    few = sum(1 for _ in survey.catalog.references_to(table.ref)) <= _REFERRING
    return named and is_log(table) and few and not planned
