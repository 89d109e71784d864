"""Operators between columns, conditions and values."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Comparison
from dbarchitect.sources.code.predicates import LOWER_ENDS, UPPER_ENDS, up_to
from dbarchitect.sources.code.python.sqlalchemy.columns import (
    combined,
    negation,
)
from dbarchitect.sources.code.python.sqlalchemy.conditions import (
    COMPARISONS,
    all_of,
    any_of,
    compare,
    sometimes,
    truth,
)
from dbarchitect.sources.code.python.sqlalchemy.statements import related
from dbarchitect.sources.code.python.sqlalchemy.values import (
    Choice,
    ColumnValue,
    Condition,
    Exists,
    Quantified,
    RelationValue,
    RowOf,
)
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.values import OPAQUE, Value

_LOGIC = frozenset({"&", "|", "and", "or"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "//", "%", "**"})


def operated_on(operator: str, operands: tuple[Value, ...]) -> Value | None:
    """Comparisons, `&`, `|`, `~`, arithmetic."""
    if len(operands) == 1:
        if operator == "~" and isinstance(operands[0], Condition | ColumnValue | Exists | Choice):
            return negation(operands[0])
        if operator == "-" and isinstance(operands[0], ColumnValue):
            return combined("-", operands)
        return None
    left, right = operands
    if operator in COMPARISONS:
        return _compared(operator, left, right)
    if operator in _LOGIC and (_is_condition(left) or _is_condition(right)):
        if operator in {"and", "or"}:
            return None
        known = [c for c in (truth(left), truth(right)) if c is not None]
        return all_of(known) if operator == "&" else any_of(known)
    if operator in _ARITHMETIC and (isinstance(left, ColumnValue) or isinstance(right, ColumnValue)):
        return combined(operator, operands)
    return None


def _is_condition(value: Value) -> bool:
    return isinstance(value, Condition | ColumnValue | Exists)


def _compared(operator: str, left: Value, right: Value) -> Value | None:
    comparison = COMPARISONS[operator]
    if isinstance(left, Choice) or isinstance(right, Choice):
        return _any_compared(operator, left, right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, RelationValue):
            found = related(one, other)
            return found if operator == "==" else negation(found)
        if isinstance(one, RowOf):
            return all_of(compare(c, comparison, OPAQUE) for c in one.columns)
        if isinstance(one, Quantified) and isinstance(one.value, ColumnValue):
            return compare(one.value, Comparison.CONTAINS_ELEMENT, other)
        if isinstance(one, ColumnValue):
            found = compare(one, comparison, other)
            if operator not in (UPPER_ENDS if one is left else LOWER_ENDS):
                return found
            return replace(found, predicates=up_to(found.predicates, one.column))
    if isinstance(left, Condition) or isinstance(right, Condition):
        one, other = (left, right) if isinstance(left, Condition) else (right, left)
        return negation(one) if isinstance(other, Const) and other.value is False else one
    return None


def _any_compared(operator: str, left: Value, right: Value) -> Value | None:
    choice, other = (left, right) if isinstance(left, Choice) else (right, left)
    if not isinstance(choice, Choice):
        return None
    columns = [o for o in choice.options if isinstance(o, ColumnValue)]
    return sometimes(all_of(compare(c, COMPARISONS[operator], other) for c in columns))
