"""How `and`, `or` and `not` put conditions together, and conditions that hold on some ways only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.sources.code.predicates import alternatives, as_set, on_both_ways, opposite, without_joins
from dbarchitect.sources.code.typescript.builders.values import Condition


def both(first: Condition, second: Condition) -> Condition:
    """Two conditions that must hold together."""
    return Condition(
        (*first.predicates, *second.predicates),
        (*first.pairs, *second.pairs),
        (*first.joins, *second.joins),
        (*first.tables, *second.tables),
        (*first.written, *second.written),
        first.unknown or second.unknown,
        (*first.built, *second.built) if first.built or second.built else (),
    )


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Conditions that must all hold."""
    found = Condition()
    for condition in conditions:
        found = both(found, condition)
    return found


def any_of(conditions: list[Condition]) -> Condition:
    """Conditions of which one must hold: a set of values for one column, or alternatives."""
    if len(conditions) == 1:
        return conditions[0]
    whole = all_of(conditions)
    loose = without_joins(whole.pairs)
    united = None if loose or whole.unknown or whole.written else as_set(whole.predicates, len(conditions))
    if united is not None:
        return replace(whole, predicates=(united,))
    sides = (p for c in conditions for p in alternatives(c.predicates))
    marked = (*sides, *(replace(p, alternative=True) for p in loose))
    tables = (*whole.tables, *(c.column.table_ref for pair in whole.pairs for c in pair if c.column is not None))
    written = tuple(replace(w, alternative=True) for w in whole.written)
    return replace(whole, predicates=marked, pairs=(), tables=tables, written=written)


def negated(condition: Condition) -> Condition:
    """NOT of a condition."""
    predicates = (*condition.predicates, *without_joins(condition.pairs))
    whole = not (condition.joins or condition.tables or condition.written)
    written = tuple(replace(w, negated=not w.negated) for w in condition.written)
    return replace(condition, predicates=opposite(predicates, whole=whole), pairs=(), written=written)


def sometimes(condition: Condition) -> Condition:
    """A condition that is applied on some ways through the code only."""
    return replace(
        condition,
        predicates=tuple(replace(p, optional=True) for p in condition.predicates),
        written=tuple(replace(w, optional=True) for w in condition.written),
    )


def on_either_way(first: Condition, second: Condition) -> Condition:
    """What is demanded where the program takes one of two ways: what both demand in any case, the rest sometimes."""
    united = on_both_ways(first.predicates, second.predicates)
    shared = tuple(dict.fromkeys(united.get(p, p) for p in first.predicates if p in second.predicates or p in united))
    known = {*shared, *united}
    rest = (replace(c, predicates=tuple(p for p in c.predicates if p not in known)) for c in (first, second))
    return all_of((Condition(shared), *map(sometimes, rest)))
