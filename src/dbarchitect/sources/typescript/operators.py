"""Operators: arithmetic, comparisons, logic, assignments, `await` and `yield`."""

from __future__ import annotations

from tree_sitter import Node

from dbarchitect.sources.typescript.functions import bound
from dbarchitect.sources.typescript.lowering import DEEPEST, Lowering, inner, other
from dbarchitect.sources.typescript.patterns import pattern
from dbarchitect.sources.typescript.syntax import (
    Assign,
    Await,
    Binary,
    Conditional,
    Expr,
    Literal,
    Member,
    Name,
    Other,
    Template,
    Unary,
    Yield,
)

_LONGEST_SPINE = 40
"""Operands of `a + b + …` that stay nested to the left; consumers go down such a tree by recursion."""
_REGROUPED = frozenset({"&&", "||", ",", "??", "|", "&"})


def binary(r: Lowering, node: Node) -> Expr:
    """`a + b + c`: down the left side without recursion."""
    t = r.t
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    links: list[tuple[Node, str, Node]] = []
    at: Node | None = node
    while at is not None and at.kind_id == t.binary:
        kids = at.children
        if len(kids) == 3:
            left, operator, right = kids
        else:
            found = [at.child_by_field_id(f) for f in (t.of_left, t.of_operator, t.of_right)]
            if found[0] is None or found[1] is None or found[2] is None:
                break
            left, operator, right = found[0], found[1], found[2]
        links.append((at, operator.type, right))
        at = left
    value = other(r, node) if at is node or at is None else r.expressions[at.kind_id](r, at)
    links.reverse()
    if len(links) > _LONGEST_SPINE:
        value = _long(r, value, links)
    else:
        for link, sign, right in links:
            value = Binary(link.start_byte, link.end_byte, sign, value, r.expressions[right.kind_id](r, right))
    r.depth -= 1
    return value


def _long(r: Lowering, first: Expr, links: list[tuple[Node, str, Node]]) -> Expr:
    """A tree of a long row of operands that is not deep, where the operators let us group them anew."""
    start, end = links[-1][0].start_byte, links[-1][0].end_byte
    operands = [first, *(r.expr(right) for _, _, right in links)]
    signs = {sign for _, sign, _ in links}
    if signs == {"+"} and any(isinstance(o, Template) or _is_text(o) for o in operands[:2]):
        parts: list[str | Expr] = []
        for operand in operands:
            text = operand.value if isinstance(operand, Literal) else None
            if not isinstance(text, str):
                parts.append(operand)
            elif parts and isinstance(parts[-1], str):
                parts[-1] += text
            else:
                parts.append(text)
        return Template(start, end, tuple(parts))
    sign = signs.pop()
    if signs or sign not in _REGROUPED:
        r.too_deep(start, end)
        return Other(start, end, tuple(operands))
    while len(operands) > 1:
        pairs = [operands[i : i + 2] for i in range(0, len(operands), 2)]
        operands = [Binary(p[0].start, p[1].end, sign, p[0], p[1]) if len(p) == 2 else p[0] for p in pairs]
    return operands[0]


def _is_text(expr: Expr) -> bool:
    return isinstance(expr, Literal) and isinstance(expr.value, str)


def sequence(r: Lowering, node: Node) -> Expr:
    """`a, b, c`."""
    parts: list[Node] = []
    todo = [node]
    while todo:
        at = todo.pop()
        if at.kind_id == node.kind_id:
            todo.extend(reversed(r.parts(at)))
        else:
            parts.append(at)
    if r.depth >= DEEPEST or not parts:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    operands = [r.expr(part) for part in parts]
    r.depth -= 1
    if len(operands) > _LONGEST_SPINE:
        return Other(node.start_byte, node.end_byte, tuple(operands))
    value = operands[0]
    for operand in operands[1:]:
        value = Binary(node.start_byte, operand.end, ",", value, operand)
    return value


def unary(r: Lowering, node: Node) -> Expr:
    """`!a`, `++a`, `a--`."""
    operator = node.child_by_field_id(r.t.of_operator)
    operand = node.child_by_field_id(r.t.of_argument)
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    value = r.expr(operand)
    r.depth -= 1
    return Unary(node.start_byte, node.end_byte, operator.type if operator is not None else "", value)


def conditional(r: Lowering, node: Node) -> Expr:
    """`test ? then : otherwise`."""
    kids = r.parts(node)
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    if len(kids) != 3:
        return other(r, node)
    r.depth += 1
    test, then, otherwise = (r.expr(kid) for kid in kids)
    r.depth -= 1
    return Conditional(node.start_byte, node.end_byte, test, then, otherwise)


def await_(r: Lowering, node: Node) -> Expr:
    """`await value`."""
    return Await(node.start_byte, node.end_byte, inner(r, node))


def yield_(r: Lowering, node: Node) -> Expr:
    """`yield value`."""
    return Yield(node.start_byte, node.end_byte, inner(r, node) if r.first(node) is not None else None)


def assign(r: Lowering, node: Node) -> Expr:
    """`target = value`, `target += value`."""
    t = r.t
    left, right = node.child_by_field_id(t.of_left), node.child_by_field_id(t.of_right)
    if left is None or right is None:
        return other(r, node)
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    operator = node.child_by_field_id(t.of_operator)
    target = pattern(r, left)
    value = r.expressions[right.kind_id](r, right) if right.kind_id in t.plain else bound(r, right, _named(target))
    r.depth -= 1
    return Assign(node.start_byte, node.end_byte, target, operator.type if operator is not None else "=", value)


def _named(target: Expr) -> str:
    """What a function is called that is assigned: `Item.prototype.find = function …`, `exports.find = …`."""
    names: list[str] = []
    while isinstance(target, Member):
        names.append(target.name)
        target = target.owner
    if not isinstance(target, Name):
        return ""
    if target.id not in {"exports", "module", "this"}:
        names.append(target.id)
    return ".".join(reversed([n for n in names if not (target.id == "module" and n == "exports")]))
