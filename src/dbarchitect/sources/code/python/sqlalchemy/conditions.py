"""Comparisons of columns as predicates, and how `and_`, `or_` and `not_` put them together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import Comparison, Join, Operand, Predicate
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.predicates import alternatives, as_set, opposite, without_joins
from dbarchitect.sources.code.python.sqlalchemy.values import (
    UNKNOWN_CONDITION,
    Choice,
    ColumnValue,
    Condition,
    Derived,
    Exists,
    Pair,
    Quantified,
    Sort,
    column_tables,
)
from dbarchitect.sources.code.python.values import Const, Instance
from dbarchitect.sources.code.python.vocabulary import Arguments, operand
from dbarchitect.sources.code.values import Items, Rows, Sequence, Text, Value

COMPARISONS = {
    "==": Comparison.EQUAL,
    "!=": Comparison.NOT_EQUAL,
    "<": Comparison.RANGE,
    "<=": Comparison.RANGE,
    ">": Comparison.RANGE,
    ">=": Comparison.RANGE,
}
_FOLDING = frozenset({"lower", "upper"})


def compared(value: Value) -> tuple[Operand, tuple[str, ...], Ref | None]:
    """How a value counts as what a column is compared with: its kind, its constants, the other column."""
    match value:
        case ColumnValue(inner=Draft()):
            return Operand.SUBQUERY, (), None
        case ColumnValue(column=column, reads=reads):
            return (Operand.COLUMN if reads else Operand.EXPRESSION), (), column
        case Draft() | Derived() | Exists():
            return Operand.SUBQUERY, (), None
        case Choice():
            return Operand.COLUMN, (), None
        case Condition():
            return Operand.EXPRESSION, (), None
        case Quantified(value=inner):
            return compared(inner)
        case Instance() | Rows() | Sequence() | Items():
            kind, constants = operand(value)
            return (kind if constants else Operand.PARAMETER), constants, None
        case _:
            kind, constants = operand(value)
            return kind, constants, None


def compare(column: ColumnValue, comparison: Comparison, value: Value) -> Condition:
    """A column compared with a value of any kind."""
    if column.aggregate is not None:
        return Condition(tables=column_tables(column))
    if isinstance(value, Const) and value.value is None and comparison in {Comparison.EQUAL, Comparison.NOT_EQUAL}:
        comparison = Comparison.IS_NULL if comparison is Comparison.EQUAL else Comparison.IS_NOT_NULL
    if isinstance(value, Quantified):
        return _quantified(column, comparison, value)
    if isinstance(value, ColumnValue) and _is_pair(column, comparison, value):
        return Condition(pairs=((column, value),), joins=_ways(column, value))
    inner = inner_condition(value)
    found = _predicates(column, comparison, value)
    if isinstance(value, ColumnValue) and value.inner is None and value.aggregate is None:
        found = (*found, *_predicates(value, comparison, column))
        inner = both(inner, Condition(joins=_ways(value)))
    return replace(inner, predicates=(*found, *inner.predicates), joins=(*_ways(column), *inner.joins))


def _ways(*columns: ColumnValue) -> tuple[Join, ...]:
    return tuple(join for column in columns for join in column.way)


def _predicates(column: ColumnValue, comparison: Comparison, value: Value) -> tuple[Predicate, ...]:
    kind, constants, other = compared(value)
    if column.inner is not None:
        return ()
    if column.column is None:
        return tuple(
            Predicate(ref, Comparison.OTHER, kind, constants, function=column.function or "expression")
            for ref in sorted(column.reads, key=str)
        )
    document = column.json and column.path
    null = comparison in {Comparison.IS_NULL, Comparison.IS_NOT_NULL}
    if document and not null and comparison is not Comparison.CONTAINS_ELEMENT:
        comparison = Comparison.JSON
    if null:
        kind, constants = Operand.CONSTANT, ("null",)
    found = Predicate(
        column.column,
        comparison,
        kind,
        constants if kind is Operand.CONSTANT else (),
        column.function,
        column.path,
        column.folded or column.function in _FOLDING,
        other=other,
    )
    return (found,)


def _is_pair(column: ColumnValue, comparison: Comparison, value: Value) -> bool:
    """Whether two columns of different tables must be equal: a join."""
    if comparison is not Comparison.EQUAL or not isinstance(value, ColumnValue):
        return False
    plain = all(c.column is not None and not c.function and not c.path and c.aggregate is None for c in (column, value))
    if not plain or column.column is None or value.column is None:
        return False
    apart = column.column.table_ref.key != value.column.table_ref.key
    return apart or column.alias != value.alias


def _quantified(column: ColumnValue, comparison: Comparison, value: Quantified) -> Condition:
    """`column == any_(values)`; `value == any_(column)` comes with the column inside."""
    if isinstance(value.value, ColumnValue):
        return compare(value.value, Comparison.CONTAINS_ELEMENT, column)
    if comparison is Comparison.EQUAL and value.kind == "any":
        comparison = Comparison.IN
    elif comparison is Comparison.NOT_EQUAL and value.kind == "all":
        comparison = Comparison.NOT_IN
    return compare(column, comparison, value.value)


def like(column: ColumnValue, value: Value, *, folded: bool = False) -> Condition:
    """`column.like(value)`: what the pattern's ends say of it."""
    kind, constants, _ = compared(value)
    comparison = Comparison.PATTERN
    first, last = "", ""
    if kind is Operand.CONSTANT and constants:
        first, last = constants[0][:1], constants[0][-1:]
        middle = constants[0].strip("%")
        if not {"%", "_"} & set(constants[0]):
            comparison = Comparison.EQUAL
        elif {"%", "_"} & set(middle):
            comparison = Comparison.CONTAINS if first in {"%", "_"} else Comparison.PREFIX
            first = last = ""
    elif isinstance(value, Text):
        head, tail = value.parts[0], value.parts[-1]
        first = head[:1] if isinstance(head, str) else "x"
        last = tail[-1:] if isinstance(tail, str) else "x"
    if first or last:
        comparison = {
            (True, True): Comparison.CONTAINS,
            (True, False): Comparison.SUFFIX,
            (False, True): Comparison.PREFIX,
            (False, False): comparison,
        }[first == "%", last == "%"]
    return shaped(column, comparison, value, folded=folded)


def shaped(column: ColumnValue, comparison: Comparison, value: Value, *, folded: bool = False) -> Condition:
    """A comparison of the shape of texts, which may fold case."""
    found = compare(replace(column, folded=column.folded or folded), comparison, value)
    if isinstance(value, ColumnValue):
        mine = column_tables(column)
        return replace(found, predicates=tuple(p for p in found.predicates if p.column.table_ref in mine))
    return found


def inner_condition(value: Value) -> Condition:
    """What a query inside another demands: it belongs to the one around it."""
    match value:
        case Draft():
            draft = value
        case Derived(draft=draft) | Exists(draft=draft) | ColumnValue(inner=Draft() as draft):
            pass
        case Quantified(value=inner):
            return inner_condition(inner)
        case _:
            return Condition()
    return Condition(draft.predicates, (), draft.joins, draft.tables, "where" in draft.dynamic)


def exists(draft: Draft) -> Condition:
    """`EXISTS (…)`: what is demanded of the rows inside."""
    return inner_condition(draft)


def truth(value: Value) -> Condition | None:
    """A value used as a condition; None for what says nothing (`True`, an absent one)."""
    match value:
        case Condition():
            return value
        case ColumnValue(inner=Draft()):
            return inner_condition(value)
        case ColumnValue():
            return compare(value, Comparison.EQUAL, Const(True))
        case Exists(draft=draft):
            return exists(draft)
        case Const(value=bool()) | Const(value=None):
            return None
        case Choice(options=options):
            each = [
                compare(option, Comparison.EQUAL, Const(True)) for option in options if not isinstance(option, Sort)
            ]
            return sometimes(all_of(each))
        case _:
            return UNKNOWN_CONDITION


def both(first: Condition, second: Condition) -> Condition:
    """Two conditions that must hold together."""
    return Condition(
        (*first.predicates, *second.predicates),
        (*first.pairs, *second.pairs),
        (*first.joins, *second.joins),
        (*first.tables, *second.tables),
        first.unknown or second.unknown,
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
    united = None if loose or whole.unknown else as_set(whole.predicates, len(conditions))
    if united is not None:
        return replace(whole, predicates=(united,))
    sides = (p for c in conditions for p in alternatives(c.predicates))
    marked = (*sides, *(replace(p, alternative=True) for p in loose))
    tables = (*whole.tables, *(c.column.table_ref for pair in whole.pairs for c in pair if c.column is not None))
    return replace(whole, predicates=marked, pairs=(), tables=tables)


def negated(condition: Condition) -> Condition:
    """NOT of a condition."""
    predicates = (*condition.predicates, *without_joins(condition.pairs))
    return replace(condition, predicates=opposite(predicates, whole=not condition.joins), pairs=())


def asked_of(condition: Condition, name: str, arguments: Arguments) -> Condition | None:
    """`condition.is_(True)`, `condition.is_not(True)`: the condition, or its opposite."""
    value = arguments.get(0)
    if name not in {"is_", "is_not", "isnot"}:
        return None
    if not isinstance(value, Const) or not isinstance(value.value, bool):
        return UNKNOWN_CONDITION
    return condition if value.value is (name == "is_") else negated(condition)


def sometimes(condition: Condition) -> Condition:
    """A condition that is applied on some ways through the code only."""
    return replace(condition, predicates=tuple(replace(p, optional=True) for p in condition.predicates))


def joined_pairs(
    draft: Draft,
    pairs: Iterable[Pair],
    *,
    outer: bool = False,
    target: Ref | None = None,
    inner: Draft | None = None,
) -> Draft:
    """A draft with joins on pairs of columns, the table that is new to it (`target`) on the second side; `inner` is the
    query that stands for it."""
    computed = (target,) if target is not None and inner is not None and inner.computed else ()
    turned: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[Ref, Ref]]] = {}
    for left, right in pairs:
        if left.column is None or right.column is None:
            continue
        one, other = left.column, right.column
        known = {ref.key for ref in draft.tables}
        new = target is not None and one.table_ref.key == target.key
        if new or (other.table_ref.key in known and one.table_ref.key not in known):
            one, other = other, one
        turned.setdefault((one.table_ref.key, other.table_ref.key), []).append((one, other))
    for together in turned.values():
        draft = draft.join(Join(tuple(together), outer, computed))
    return draft


def applied(draft: Draft, condition: Condition) -> Draft:
    """A draft with a condition in WHERE."""
    draft = draft.join(*condition.joins).using(*condition.tables) if condition.joins or condition.tables else draft
    draft = joined_pairs(draft, condition.pairs)
    draft = draft.where(*(p for p in condition.predicates if p not in draft.predicates))
    return draft.unknown("where") if condition.unknown else draft
