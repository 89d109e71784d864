"""The operators of conditions, and the shapes of what stands beside them: rows, ANY and ALL, concatenations."""

from __future__ import annotations

from sqlglot import exp

from dbarchitect.catalog.queries import Comparison
from dbarchitect.sources.code.sql.lexing import Marks
from dbarchitect.sources.code.sql.values import mark_of, unwrapped

COMPARED: dict[type[exp.Expr], Comparison] = {
    exp.EQ: Comparison.EQUAL,
    exp.NEQ: Comparison.NOT_EQUAL,
    exp.LT: Comparison.RANGE,
    exp.LTE: Comparison.RANGE,
    exp.GT: Comparison.RANGE,
    exp.GTE: Comparison.RANGE,
    exp.NullSafeEQ: Comparison.EQUAL,
    exp.NullSafeNEQ: Comparison.NOT_EQUAL,
    exp.ArrayContainsAll: Comparison.CONTAINS_ELEMENT,
    exp.ArrayContainedBy: Comparison.CONTAINS_ELEMENT,
    exp.ArrayOverlaps: Comparison.CONTAINS_ELEMENT,
    exp.JSONBContainsTopKey: Comparison.CONTAINS_ELEMENT,
    exp.JSONBContainsAnyTopKeys: Comparison.CONTAINS_ELEMENT,
    exp.JSONBContainsAllTopKeys: Comparison.CONTAINS_ELEMENT,
    exp.RegexpLike: Comparison.PATTERN,
    exp.RegexpILike: Comparison.PATTERN,
    exp.SimilarTo: Comparison.PATTERN,
    exp.Match: Comparison.FULL_TEXT,
    exp.Operator: Comparison.OTHER,
    exp.Mod: Comparison.OTHER,
    exp.Adjacent: Comparison.OTHER,
}
"""What each operator compares."""

OPPOSITE = {
    Comparison.EQUAL: Comparison.NOT_EQUAL,
    Comparison.NOT_EQUAL: Comparison.EQUAL,
    Comparison.IN: Comparison.NOT_IN,
    Comparison.NOT_IN: Comparison.IN,
    Comparison.IS_NULL: Comparison.IS_NOT_NULL,
    Comparison.IS_NOT_NULL: Comparison.IS_NULL,
}
"""What NOT makes of a comparison, where it makes another one of it."""


def row_of(node: exp.Expr) -> list[exp.Expr]:
    """The members of a row, empty for anything else."""
    inner = node
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.Tuple):
        return list(inner.expressions)
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "row":
        return list(inner.expressions)
    return []


def quantified(node: exp.Expr) -> tuple[str, exp.Expr] | None:
    """`ANY`, `SOME` or `ALL`, and what it goes over."""
    if isinstance(node, exp.Anonymous) and node.name.lower() in {"any", "some", "all"} and node.expressions:
        return ("all" if node.name.lower() == "all" else "any"), node.expressions[0]
    if isinstance(node, exp.Any | exp.All) and isinstance(node.this, exp.Expr):
        return ("all" if isinstance(node, exp.All) else "any"), node.this
    return None


def concatenated(node: exp.Expr) -> list[exp.Expr]:
    """The columns of `first || ' ' || last LIKE …`: each is searched; anything else is itself."""
    inner = unwrapped(node)
    if isinstance(inner, exp.DPipe):
        return [*concatenated(inner.this), *concatenated(inner.args["expression"])]
    return [node]


def has_columns(node: exp.Expr, marks: Marks) -> bool:
    """Whether an expression has a column in it."""
    return any(mark_of(column, marks) is None for column in node.find_all(exp.Column))
