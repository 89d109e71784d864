"""How an expression is written of which nothing may come: `x ? a : undefined`, `x || null`, `user?.id`."""

from __future__ import annotations

from collections.abc import Callable

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.typescript.syntax import Binary, Call, Conditional, Expr, Literal, Member, Name, Subscript


def may_be(expr: Expr, nothing: Callable[[Expr], bool]) -> bool:
    """Whether an expression is written so that it may give `undefined`, or null: `x ? a : undefined`, `x || null`."""
    match expr:
        case Conditional(then=then, otherwise=otherwise):
            return any(nothing(e) or may_be(e, nothing) for e in (then, otherwise))
        case Binary(operator="||" | "??", right=right):
            return nothing(right)
        case Binary(operator="&&"):
            return nothing is is_undefined
        case _:
            return False


def is_reached_through_nothing(expr: Expr, frame: Frame) -> bool:
    """Whether an expression is written so that its owner may be missing: `user?.id`, `user?.team.id`."""
    while isinstance(expr, Member | Subscript | Call):
        inner = expr.function if isinstance(expr, Call) else expr.owner
        if frame.module.text(inner.end, expr.end).lstrip()[:2] == "?.":
            return True
        expr = inner
    return False


def is_null(expr: Expr) -> bool:
    """`null`."""
    return isinstance(expr, Literal) and expr.value is None


def is_undefined(expr: Expr) -> bool:
    """`undefined`."""
    return isinstance(expr, Name) and expr.id == "undefined"
