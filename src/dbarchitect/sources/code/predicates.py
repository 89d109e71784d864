"""What logic makes of comparisons, whatever the library that they are written with: NOT of one, OR of several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from dbarchitect.catalog.queries import Comparison, Operand, Predicate
from dbarchitect.catalog.refs import Ref

OPPOSITE = {
    Comparison.EQUAL: Comparison.NOT_EQUAL,
    Comparison.NOT_EQUAL: Comparison.EQUAL,
    Comparison.IN: Comparison.NOT_IN,
    Comparison.NOT_IN: Comparison.IN,
    Comparison.IS_NULL: Comparison.IS_NOT_NULL,
    Comparison.IS_NOT_NULL: Comparison.IS_NULL,
}
"""What NOT makes of a comparison; of those that are not here it makes no other one."""

UPPER_ENDS = frozenset({"<", "<=", "lt", "lte"})
"""How libraries write a range that has an upper end alone."""
LOWER_ENDS = frozenset({">", ">=", "gt", "gte"})
_SAME = frozenset({Comparison.EQUAL, Comparison.IN})
_GIVEN = frozenset({Operand.CONSTANT, Operand.PARAMETER})


class Side(Protocol):
    """An expression of columns, as each library has its own."""

    @property
    def column(self) -> Ref | None:
        """The one column that it is about."""


def without_joins(pairs: Iterable[tuple[Side, Side]]) -> tuple[Predicate, ...]:
    """Columns that need not be equal always, in an OR or under a NOT: comparisons, no joins."""
    found: list[Predicate] = []
    for one, other in pairs:
        left, right = one.column, other.column
        if left is not None and right is not None:
            found.append(Predicate(left, Comparison.EQUAL, Operand.COLUMN, other=right))
            found.append(Predicate(right, Comparison.EQUAL, Operand.COLUMN, other=left))
    return tuple(found)


def opposite(predicates: tuple[Predicate, ...], *, whole: bool) -> tuple[Predicate, ...]:
    """NOT of predicates. One that is the `whole` condition becomes another comparison, where there is one."""
    if whole and len(predicates) == 1 and predicates[0].comparison in OPPOSITE and not predicates[0].negated:
        return (replace(predicates[0], comparison=OPPOSITE[predicates[0].comparison]),)
    return tuple(replace(p, negated=not p.negated) for p in predicates)


def up_to(predicates: tuple[Predicate, ...], column: Ref | None) -> tuple[Predicate, ...]:
    """The predicates, the range of a column as one that has an upper end alone."""
    return tuple(
        replace(p, upto=True) if p.comparison is Comparison.RANGE and p.column == column else p for p in predicates
    )


def alternatives(predicates: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
    """The predicates of one side of an OR."""
    return tuple(replace(p, alternative=True) for p in _of_one_side(predicates))


def _of_one_side(predicates: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
    """The predicates of one side of an OR, each with the columns for whose values the others ask; as they are where
    there is an OR among them."""
    if len(predicates) < 2 or any(p.alternative for p in predicates):
        return predicates
    asked = [p for p in predicates if p.comparison in _SAME and not (p.negated or p.optional) and p.function is None]
    return tuple(replace(p, along=tuple(q.column for q in asked if q.column != p.column)) for p in predicates)


def of_one_condition(predicates: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
    """The predicates of one condition that is there on some ways through the code only, each with the columns for whose
    values the others ask: where one of them is asked for, all are."""
    told = _of_one_side(tuple(replace(p, optional=False) for p in predicates))
    return tuple(replace(p, along=q.along) if not p.alternative else p for p, q in zip(predicates, told, strict=True))


def on_both_ways(first: tuple[Predicate, ...], second: tuple[Predicate, ...]) -> dict[Predicate, Predicate]:
    """What two ways through the code ask for in any case, though each in its own words: `team_id = ?` on the one and
    `team_id IN (…)` on the other is one of a list of values. By each of the predicates, the one for both."""
    found: dict[Predicate, Predicate] = {}
    ours, theirs = ([p for p in own if p not in other] for own, other in ((first, second), (second, first)))
    for p in ours:
        beside = [q for q in theirs if q.column == p.column]
        alone = len(beside) == 1 and sum(1 for q in ours if q.column == p.column) == 1
        plain = alone and not (p.optional or p.alternative or p.negated)
        united = as_set((p, beside[0]), 2) if plain else None
        if united is not None:
            found[p] = found[beside[0]] = united
    return found


def as_set(predicates: tuple[Predicate, ...], count: int) -> Predicate | None:
    """One IN for `count` alternatives that compare one column with a value; None where they differ in more than it."""
    if len(predicates) != count or not predicates:
        return None
    first = _without_value(predicates[0])
    for found in predicates:
        if _without_value(found) != first or found.comparison not in _SAME or found.operand not in _GIVEN:
            return None
    if all(p.operand is Operand.CONSTANT for p in predicates):
        constants = tuple(dict.fromkeys(c for p in predicates for c in p.constants))
        return replace(first, operand=Operand.CONSTANT, constants=constants)
    return first


def _without_value(predicate: Predicate) -> Predicate:
    return replace(predicate, constants=(), comparison=Comparison.IN, operand=Operand.PARAMETER)
