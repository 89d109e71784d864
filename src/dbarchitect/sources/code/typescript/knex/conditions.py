"""What `where(…)`, `having(…)` and `on(…)` demand, in all the ways that they can be called."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dbarchitect.catalog.queries import Comparison
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.combining import all_of, any_of, negated, sometimes
from dbarchitect.sources.code.typescript.builders.comparing import compared, subject
from dbarchitect.sources.code.typescript.builders.conditions import compare, inner_condition, truth
from dbarchitect.sources.code.typescript.builders.values import (
    UNKNOWN_CONDITION,
    Column,
    Condition,
    Derived,
    Fragment,
    Scope,
)
from dbarchitect.sources.code.typescript.knex.names import OPEN, Clause, clause_of
from dbarchitect.sources.code.typescript.knex.raw import fragment_of
from dbarchitect.sources.code.typescript.knex.values import Query, Step
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import Entries, Items, Value

Inner = Callable[[Query], Draft]
"""Reads a query within another one."""
_EQUAL = Const("=")
_NEGATIONS = frozenset({"!=", "<>", "is not"})


def demanded(steps: Iterable[Step], clause: str, scope: Scope, inner: Inner) -> Condition:
    """What the steps of a clause demand together: AND binds closer than OR, as in SQL."""
    groups: list[list[Condition]] = [[]]
    for step in steps:
        if step.name in OPEN and clause == "where":
            groups[-1].append(UNKNOWN_CONDITION)
        found = clause_of(step.name)
        if found is None or found.clause != clause:
            continue
        condition = _condition(found, step.arguments, scope, inner)
        if found.either and groups[-1]:
            groups.append([])
        groups[-1].append(sometimes(condition) if step.optional else condition)
    known = [all_of(group) for group in groups if group]
    return any_of(known) if len(known) > 1 else all_of(known)


def _condition(clause: Clause, arguments: Arguments, scope: Scope, inner: Inner) -> Condition:
    if clause.kind == "In":
        return _among(arguments, scope, inner, negative=clause.negated)
    found = _plain(clause, arguments, scope, inner)
    return negated(found) if clause.negated and clause.kind != "Exists" else found  # what it holds counts as it is


def _plain(clause: Clause, arguments: Arguments, scope: Scope, inner: Inner) -> Condition:
    first, second = arguments.get(0), arguments.get(1)
    if first is None or arguments.dynamic:
        return UNKNOWN_CONDITION
    match clause.kind:
        case "Raw":
            return truth(fragment_of(arguments)) or Condition()
        case "Exists":
            return inner_condition(inner(first)) if isinstance(first, Query) else UNKNOWN_CONDITION
        case "Null":
            return compared(first, Const("is"), Const(None), scope)
        case "Between":
            return compare(subject(first, scope), Comparison.RANGE, second or UNDEFINED)
        case "Like" | "ILike":
            return _compared(first, Const(clause.kind.lower()), second or UNDEFINED, scope)
        case "Column" | "Ref":
            return of_columns(arguments, scope)
        case "" if clause.clause == "on":
            return of_columns(arguments, scope)
        case "" | "Val":
            return _called(arguments, scope, inner)
        case _:
            return UNKNOWN_CONDITION


def _called(arguments: Arguments, scope: Scope, inner: Inner) -> Condition:
    """`where("a", 1)`, `where("a", ">", 1)`, `where({ a: 1 })`, `where(callback)`, `where(knex.raw(…))`."""
    first, count = arguments.args[0], len(arguments.args)
    if isinstance(first, Entries):
        parts = [
            sometimes(found) if name in first.optional else found
            for name, value in first.entries.items()
            for found in (_compared(Const(name), _EQUAL, value, scope),)
        ]
        return all_of([*parts, UNKNOWN_CONDITION] if first.open else parts)
    if isinstance(first, Query) and count == 1:
        return demanded(first.steps, "where", scope, inner)
    if count == 1:
        return truth(first) or Condition()
    value = arguments.args[-1]
    operator = arguments.args[1] if count > 2 else _EQUAL
    if isinstance(value, Query):
        value = Derived(inner(value))
    if isinstance(operator, Const) and str(operator.value).lower() == "in":
        return _among(Arguments((first, arguments.args[-1])), scope, inner)
    return _compared(first, operator, value, scope)


def _compared(left: Value, operator: Value, right: Value, scope: Scope) -> Condition:
    if isinstance(right, Undefined):
        return Condition()
    if isinstance(right, Const) and right.value is None:
        unlike = isinstance(operator, Const) and str(operator.value).lower() in _NEGATIONS
        operator = Const("is not" if unlike else "is")
    return compared(left, operator, right, scope)


def _among(arguments: Arguments, scope: Scope, inner: Inner, *, negative: bool = False) -> Condition:
    left, values = arguments.get(0), arguments.get(1)
    if left is None or arguments.dynamic:
        return UNKNOWN_CONDITION
    given: Value = Derived(inner(values)) if isinstance(values, Query) else values or UNDEFINED
    comparison = Comparison.NOT_IN if negative else Comparison.IN
    columns = left.items if isinstance(left, Items) else [left]  # `whereIn(["a", "b"], pairs)`
    return all_of(compare(subject(column, scope), comparison, given) for column in columns)


def of_columns(arguments: Arguments, scope: Scope) -> Condition:
    """Two columns: `on("a.id", "b.a_id")`, `on("a.id", "=", "b.a_id")`, `on({ "a.id": "b.a_id" })`."""
    first = arguments.args[0]
    if isinstance(first, Entries):
        return all_of(_pair(Const(name), value, scope) for name, value in first.entries.items())
    if isinstance(first, Query):
        return UNKNOWN_CONDITION
    if len(arguments.args) < 2:
        return truth(first) or Condition()
    operator = arguments.args[1] if len(arguments.args) > 2 else _EQUAL
    if operator != _EQUAL:
        return compared(first, operator, subject(arguments.args[-1], scope), scope)
    return _pair(first, arguments.args[-1], scope)


def _pair(left: Value, right: Value, scope: Scope) -> Condition:
    one, other = subject(left, scope), subject(right, scope)
    if isinstance(one, Column) and isinstance(other, Column):
        return Condition(pairs=((one, other),))
    if isinstance(one, Column | Fragment) and isinstance(other, Column | Fragment):
        return compare(one, Comparison.EQUAL, other)
    if isinstance(one, Column) and not isinstance(right, Const):
        return compare(one, Comparison.EQUAL, right)
    return UNKNOWN_CONDITION
