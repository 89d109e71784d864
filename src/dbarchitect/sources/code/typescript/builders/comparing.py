"""Comparisons of which the operator is written as a text, and columns by their names: `where("age", ">=", 18)`."""

from __future__ import annotations

import re
from dataclasses import replace

from dbarchitect.catalog.queries import Comparison
from dbarchitect.sources.code.predicates import UPPER_ENDS, up_to
from dbarchitect.sources.code.typescript.builders.combining import negated
from dbarchitect.sources.code.typescript.builders.conditions import compare, like
from dbarchitect.sources.code.typescript.builders.names import column_named
from dbarchitect.sources.code.typescript.builders.values import UNKNOWN_CONDITION, Column, Condition, Fragment, Scope
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const, Undefined
from dbarchitect.sources.code.values import Opaque, Value

_OPERATORS = {
    "=": Comparison.EQUAL, "==": Comparison.EQUAL, "!=": Comparison.NOT_EQUAL, "<>": Comparison.NOT_EQUAL,
    "<": Comparison.RANGE, "<=": Comparison.RANGE, ">": Comparison.RANGE, ">=": Comparison.RANGE,
    "in": Comparison.IN, "not in": Comparison.NOT_IN, "is": Comparison.EQUAL, "is not": Comparison.NOT_EQUAL,
    "is distinct from": Comparison.NOT_EQUAL, "is not distinct from": Comparison.EQUAL,
    "@>": Comparison.CONTAINS_ELEMENT, "<@": Comparison.CONTAINS_ELEMENT, "&&": Comparison.CONTAINS_ELEMENT,
    "?": Comparison.CONTAINS_ELEMENT, "?|": Comparison.CONTAINS_ELEMENT, "?&": Comparison.CONTAINS_ELEMENT,
    "@@": Comparison.FULL_TEXT, "~": Comparison.PATTERN, "~*": Comparison.PATTERN, "similar to": Comparison.PATTERN,
}  # fmt: skip


_NAME = re.compile(r'"\w+"(?:\."\w+")*')


def subject(value: Value, scope: Scope) -> Value:
    """What stands on the left of a comparison, or where a column is meant: a text names a column, and so does a
    piece of SQL that is nothing but a name."""
    if isinstance(value, Fragment) and (name := name_in(value)) is not None:
        return column_named(name, scope) or value
    if isinstance(value, Const) and isinstance(value.value, str):
        return column_named(value.value, scope) or UNDEFINED
    return value


def name_in(value: Value) -> str | None:
    """The name that a text is, or a piece of SQL that is nothing else: `users.name` of `"users"."name"`."""
    if isinstance(value, Const):
        return value.value if isinstance(value.value, str) else None
    only = value.parts[0] if isinstance(value, Fragment) and len(value.parts) == 1 else None
    return only.replace('"', "") if isinstance(only, str) and _NAME.fullmatch(only) is not None else None


def compared(left: Value, operator: Value | None, right: Value, scope: Scope) -> Condition:
    """`left operator right`; both sides as values (a reference on the right is a column already)."""
    column = subject(left, scope)
    if isinstance(column, Undefined | Opaque):
        return UNKNOWN_CONDITION
    symbol = str(operator.value).lower() if isinstance(operator, Const) else ""
    if symbol in {"is", "is not"} and isinstance(right, Const) and right.value is None:
        return compare(column, Comparison.IS_NULL if symbol == "is" else Comparison.IS_NOT_NULL, right)
    if symbol in {"like", "ilike", "not like", "not ilike"}:
        found = like(column, right, folded="ilike" in symbol)
        return negated(found) if symbol.startswith("not") else found
    found = compare(column, _OPERATORS.get(symbol, Comparison.OTHER), right)
    if symbol in UPPER_ENDS and isinstance(column, Column):
        return replace(found, predicates=up_to(found.predicates, column.column))
    return found
