"""Expressions with names replaced: what a comprehension makes for one element, what a function returns for a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dbarchitect.sources.python import Constant
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Clause,
    Compare,
    Comprehension,
    Conditional,
    Dict,
    Display,
    Expr,
    FString,
    Keyword,
    Literal,
    Name,
    Span,
    Starred,
    Subscript,
    UnaryOp,
    Unknown,
)

_MOST_NODES = 50_000
"""Functions that hand their argument on twice each make expressions that no memory holds."""


def substituted(expr: Expr, names: Mapping[str, Expr]) -> Expr:
    """The expression with these names replaced. The reader of Python bounds how deep an expression is."""
    return _Substitution(names).of(expr) if names else expr


class _Substitution:
    def __init__(self, names: Mapping[str, Expr]) -> None:
        self.names = names
        self.visited = 0

    def of(self, expr: Expr) -> Expr:
        self.visited += 1
        if self.visited > _MOST_NODES:
            return Unknown("", expr.span)
        match expr:
            case Name():
                return self._name(expr)
            case Attribute() | Starred():
                return replace(expr, value=self.of(expr.value))
            case Call():
                keywords = tuple(Keyword(k.name, self.of(k.value), k.span) for k in expr.kwargs)
                return replace(expr, function=self.of(expr.function), args=self._all(expr.args), kwargs=keywords)
            case Display():
                return replace(expr, items=self._all(expr.items))
            case Dict():
                items = tuple((self.of(key) if key is not None else None, self.of(value)) for key, value in expr.items)
                return replace(expr, items=items)
            case UnaryOp():
                return replace(expr, operand=self.of(expr.operand))
            case BinOp():
                return replace(expr, left=self.of(expr.left), right=self.of(expr.right))
            case Compare():
                return replace(expr, operands=self._all(expr.operands))
            case Conditional():
                test, body, orelse = self.of(expr.test), self.of(expr.body), self.of(expr.orelse)
                return replace(expr, test=test, body=body, orelse=orelse)
            case Subscript():
                return replace(expr, value=self.of(expr.value), index=self.of(expr.index))
            case FString():
                return replace(expr, parts=tuple(p if isinstance(p, str) else self.of(p) for p in expr.parts))
            case Comprehension():
                return self._comprehension(expr)
            case _:
                return expr

    def _all(self, exprs: tuple[Expr, ...]) -> tuple[Expr, ...]:
        return tuple(self.of(expr) for expr in exprs)

    def _name(self, expr: Name) -> Expr:
        head, _, rest = expr.id.partition(".")
        found = self.names.get(head)
        if found is None:
            return expr
        if not rest:
            return found
        if isinstance(found, Name):
            return Name(f"{found.id}.{rest}", expr.span)
        for attr in rest.split("."):
            found = Attribute(found, attr, expr.span)
        return found

    def _comprehension(self, expr: Comprehension) -> Expr:
        bound = {target for clause in expr.clauses for target in clause.targets}
        inner = _Substitution({name: value for name, value in self.names.items() if name not in bound})
        inner.visited = self.visited
        clauses = tuple(Clause(c.targets, inner.of(c.iterable), inner._all(c.conditions)) for c in expr.clauses)
        key = inner.of(expr.key) if expr.key is not None else None
        element = inner.of(expr.element)
        self.visited = inner.visited
        return replace(expr, element=element, key=key, clauses=clauses)


def as_expression(value: Constant, span: Span) -> Expr | None:
    """A constant written out; None for what has no literal (an enumeration's member, something unknown)."""
    if value is None or isinstance(value, (str, bytes, int, float, bool)):
        return Literal(value, span)
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [as_expression(item, span) for item in value]
        if any(item is None for item in items):
            return None
        kind = "tuple" if isinstance(value, tuple) else "list" if isinstance(value, list) else "set"
        return Display(kind, tuple(item for item in items if item is not None), span)
    return None
