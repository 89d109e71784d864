"""Enums, with the values of their members where these are constants."""

from __future__ import annotations

from tree_sitter import Node

from dbarchitect.sources.typescript.lowering import Lowering
from dbarchitect.sources.typescript.syntax import Binary, Enum, Expr, Literal, Member, Name, Statement, Template, Unary

_Value = str | int | float | None
_WIDEST = 64  # bits that a constant is shifted by


def enum(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`enum Name { A = "a", B }`."""
    named, body = node.child_by_field_id(r.t.of_name), node.child_by_field_id(r.t.of_body)
    if named is None or body is None:
        return
    members: dict[str, _Value] = {}
    following: int | float | None = 0
    for child in r.parts(body):
        if child.type != "enum_assignment":
            members[_key(r, child)] = following
            following = following + 1 if following is not None else None
            continue
        key, value = child.child_by_field_id(r.t.of_name), child.child_by_field_id(r.t.of_value)
        if key is not None and value is not None:
            known = _constant(r.expr(value), members)
            members[_key(r, key)] = known
            following = known + 1 if isinstance(known, int | float) else None
    out.append(Enum(node.start_byte, node.end_byte, r.text(named), members))


def _key(r: Lowering, node: Node) -> str:
    inner = r.first(node) if node.kind_id == r.t.computed else node
    if inner is None:
        return ""
    if inner.kind_id in {r.t.string, r.t.template_string}:
        return str(_constant(r.expr(inner), {}) or "")
    return r.text(inner)


def _constant(expr: Expr, members: dict[str, _Value]) -> _Value:
    match expr:
        case Literal(value=bool()):
            return None
        case Literal(value=value):
            return value
        case Template(parts=parts, tag=None) if all(isinstance(part, str) for part in parts):
            return "".join(str(part) for part in parts)
        case Name(id=name) | Member(owner=Name(), name=name):
            return members.get(name)
        case Unary(operator="-", operand=operand):
            value = _constant(operand, members)
            return -value if isinstance(value, int | float) else None
        case Binary(operator=operator, left=left, right=right):
            return _combined(operator, _constant(left, members), _constant(right, members))
        case _:
            return None


def _combined(operator: str, left: _Value, right: _Value) -> _Value:
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if not isinstance(left, int) or not isinstance(right, int):
        return None
    match operator:
        case "|":
            return left | right
        case "&":
            return left & right
        case "+":
            return left + right
        case "<<" if 0 <= right < _WIDEST:
            return left << right
        case _:
            return None
