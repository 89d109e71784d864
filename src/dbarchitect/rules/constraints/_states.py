"""States and the moments that belong to them: `status` and `published_at`, `is_deleted` and `deleted_at`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.expressions import columns_of, value_sets
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import phrases, thing_words, words
from dbarchitect.rules._schema.shape import (
    foreign_keys_over,
    is_copy,
    is_creation_time,
    is_log,
    is_soft_delete,
    is_update_time,
)
from dbarchitect.rules._schema.values import default_of, told_values

_STATES = phrases("status, state, stage, phase")
_TIMES = frozenset(words("at on date time timestamp datetime"))
_MOMENTS = {Family.TIMESTAMP, Family.DATE}
_SAME_DEED = (
    {"closed", "exit", "exited"},
    {"completed", "finished", "done", "completion"},
    {"cancelled", "canceled", "cancellation"},
    {"published"},
    {"resolved", "resolution"},
    {"sent"},
    {"paid"},
    {"delivered"},
    {"shipped"},
    {"refunded"},
    {"archived"},
    {"approved"},
    {"rejected"},
    {"accepted"},
    {"declined"},
    {"revoked"},
    {"verified"},
    {"confirmed"},
    {"deleted"},
    {"returned"},
    {"suspended"},
    {"banned"},
    {"failed"},
    {"submitted"},
    {"fulfilled"},
    {"redeemed"},
    {"disbursed"},
    {"withdrawn"},
    {"signed"},
    {"acknowledged"},
    {"read"},
    {"seen"},
    {"opened"},
    {"viewed"},
)
_DEED_OF = {word: frozenset(deed) for deed in _SAME_DEED for word in deed}
_NOTICED = frozenset({"read", "seen", "opened", "viewed"})
"""What happens to a row beside its state, unless that names it."""
_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.MONEY})
_LEFT = phrases("price, amount, total, value, fee, sum, quantity, score, rate")
"""What a deed leaves behind as a number."""
_FLAG_WORDS = frozenset({"is", "was", "has", "been"})
_NOTICES = phrases("notification, notification delivery, reminder, outbox, outbox message")


@dataclass(frozen=True, slots=True)
class StatedMoment:
    """A state, and the column that says when it was reached.

    `value` is how the state is stored (`published`), None where the values are not known; for a flag, `flag` is True
    and `both_ways` where the moment without the flag is as wrong as the flag without the moment. `along` are the
    amounts that the same deed leaves behind: the price beside the time of an exit.
    """

    state: Column
    moment: Column
    value: str | None = None
    flag: bool = False
    both_ways: bool = False
    along: tuple[Column, ...] = ()


def stated_moments(catalog: Catalog, table: Table) -> Iterator[StatedMoment]:
    """The pairs of a table that no CHECK ties, each moment once."""
    if is_copy(table):
        return
    log = is_log(table)
    for moment in table.ordered_columns:
        deed = _deed(catalog, moment)
        if deed is None or is_creation_time(moment) or is_update_time(moment):
            continue
        pair = _with_flag(catalog, table, moment, deed) or _with_state(catalog, table, moment, deed)
        if pair is not None and not _tied(table, pair) and not (log and pair.value is None):
            yield replace(pair, along=_along(catalog, table, pair))


def _along(catalog: Catalog, table: Table, pair: StatedMoment) -> tuple[Column, ...]:
    """The amounts that are called after the same deed as a moment: `exit_price` beside `exit_time`."""
    deed = words(pair.moment.name)[0]
    named = [set(columns_of(check.expression)) for check in table.checks]
    tied = set().union(*(names for names in named if names & {pair.state.name, pair.moment.name}))
    return tuple(
        column
        for column in table.ordered_columns
        if catalog.family(column.type) in _NUMBERS
        and words(column.name)[:1] == (deed,)
        and _LEFT.ends(column.name)
        and column.nullable
        and column.default is None
        and column.generated is None
        and not foreign_keys_over(table, (column.name,))
        and column.name not in tied
    )


def notice_times(table: Table) -> tuple[Column, Column] | None:
    """When a notice was made and when it was sent; None where the table is none of notices, or a CHECK ties them."""
    if not _NOTICES.ends("_".join(thing_words(table))) or is_copy(table):
        return None
    made = next((c for c in table.ordered_columns if is_creation_time(c) and c.type.family is Family.TIMESTAMP), None)
    sent = next((c for c in table.ordered_columns if words(c.name) == ("sent", "at")), None)
    if made is None or sent is None or made.type.name != sent.type.name or not sent.nullable:
        return None
    tied = any({made.name, sent.name} <= set(columns_of(check.expression)) for check in table.checks)
    return None if tied else (made, sent)


def known_values(catalog: Catalog, table: Table, column: Column) -> tuple[str, ...]:
    """The values that a column can take: of its enum, of a CHECK, of the model's choices or comment; empty where
    unknown."""
    enum = catalog.enum_of(catalog.base_type(column.type))
    checked = (value_sets(check.expression).get(column.name, ()) for check in table.checks)
    declared = column.declared.choices if column.declared else ()
    if enum is not None:
        return enum.values
    return declared or next((values for values in checked if values), ()) or told_values(column)


def _deed(catalog: Catalog, column: Column) -> frozenset[str] | None:
    """What happened at the moment that a column holds: `published_at` → published; None for any other column."""
    own = words(column.name)
    timed = len(own) == 2 and own[1] in _TIMES and catalog.family(column.type) in _MOMENTS
    if not timed or not column.nullable or column.default is not None or column.generated is not None:
        return None
    if default_of(column) is not None or (column.declared is not None and column.declared.sets_on_create):
        return None
    return _DEED_OF.get(own[0])


def _with_flag(catalog: Catalog, table: Table, moment: Column, deed: frozenset[str]) -> StatedMoment | None:
    for column in table.ordered_columns:
        stem = tuple(word for word in words(column.name) if word not in _FLAG_WORDS)
        boolean = catalog.family(column.type) is Family.BOOLEAN and column.generated is None
        if boolean and len(stem) == 1 and stem[0] in deed:
            return StatedMoment(column, moment, flag=True, both_ways=is_soft_delete(column))
    return None


def _with_state(catalog: Catalog, table: Table, moment: Column, deed: frozenset[str]) -> StatedMoment | None:
    for column in table.ordered_columns:
        family = catalog.family(column.type)
        if not _STATES.whole(column.name) or family not in {Family.TEXT, Family.ENUM} or column.generated is not None:
            continue
        known = known_values(catalog, table, column)
        value = next((value for value in known if value.casefold() in deed), None)
        if value is not None:
            return StatedMoment(column, moment, value)
        beside = is_soft_delete(moment) or deed & _NOTICED  # whatever its state, a row may be marked as deleted or read
        if not known and not beside:
            return StatedMoment(column, moment)
    return None


def _tied(table: Table, pair: StatedMoment) -> bool:
    wanted = {pair.state.name, pair.moment.name}
    if any(wanted <= set(columns_of(check.expression)) for check in table.checks):
        return True
    return any(trigger.timing.casefold() == "before" for trigger in table.triggers)
