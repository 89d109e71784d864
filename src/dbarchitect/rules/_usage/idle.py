"""Conditions for which an index would lie idle: they leave next to nothing out, or all rows are read beside them."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.catalog.queries import Comparison, Operand, Predicate, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.rules._names import phrases

_VALUES = frozenset({Comparison.EQUAL, Comparison.IN})
_ALL_BUT = frozenset({Comparison.NOT_EQUAL, Comparison.NOT_IN, Comparison.IS_NOT_NULL, Comparison.OTHER})
_BEGINNINGS = phrases(
    "start, starts, started, start at, starts at, started at, start on, starts on, start date, start time, "
    "start datetime, begin, begins, begin at, begins at, begin date, begin time, valid from, active from, "
    "effective from, from date"
)
"""Last words of columns of the time when something begins."""


def has_begun(predicate: Predicate, predicates: Sequence[Predicate]) -> bool:
    """Whether a condition leaves out only what has not begun yet: nearly all rows have, unless the range has a lower
    end, too, or goes with a value that is worked off (`status = 'planned' and start <= now`)."""
    if not predicate.upto or not _BEGINNINGS.ends(predicate.column.columns[0]):
        return False
    lower = [p for p in predicates if p.comparison is Comparison.RANGE and not p.upto]
    if any(p.column == predicate.column for p in lower):
        return False
    return bool(lower) or not any(p.comparison in _VALUES for p in predicates)


def reads_all_for_a_side(query: QueryFact, table: Ref) -> bool:
    """Whether one side of an OR, which is there in any case, asks for nothing that an index of this table finds: its
    rows are read for that side, whatever finds the other ones."""
    sides = [p for p in query.predicates if p.alternative]
    found = {p.column for p in sides if _is_found(p, table)}
    return any(
        not (_is_found(p, table) or p.optional or p.column in found) and found.isdisjoint(p.along) for p in sides
    )


def _is_found(predicate: Predicate, table: Ref) -> bool:
    own = predicate.column.table_key == table.key and predicate.operand is not Operand.COLUMN
    return own and not predicate.negated and predicate.comparison not in _ALL_BUT
