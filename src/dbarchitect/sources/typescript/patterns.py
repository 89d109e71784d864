"""What is bound: patterns and parameters."""

from __future__ import annotations

from tree_sitter import Node

from dbarchitect.sources.typescript.lowering import DEEPEST, Lowering
from dbarchitect.sources.typescript.syntax import (
    ArrayPattern,
    Expr,
    Literal,
    Name,
    ObjectPattern,
    Parameter,
    Pattern,
    PropertyPattern,
)
from dbarchitect.sources.typescript.texts import string

_MODIFIERS = frozenset({"accessibility_modifier", "override_modifier", "readonly"})


def pattern(r: Lowering, node: Node) -> Pattern:
    """A name, `{ … }`, `[ … ]`, or what else a value is assigned to."""
    if node.kind_id == r.t.identifier:
        start, end = node.start_byte, node.end_byte
        return Name(start, end, r.chars[start:end])
    kind = node.type
    if kind not in {"object_pattern", "array_pattern"}:
        if kind == "shorthand_property_identifier_pattern":
            return Name(node.start_byte, node.end_byte, r.text(node))
        return r.expr(node)
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    found = _object(r, node) if kind == "object_pattern" else _array(r, node)
    r.depth -= 1
    return found


def _object(r: Lowering, node: Node) -> Pattern:
    properties: list[PropertyPattern] = []
    rest: Pattern | None = None
    for child in node.named_children:
        kind = child.type
        if kind == "shorthand_property_identifier_pattern":
            start, end = child.start_byte, child.end_byte
            text = r.chars[start:end]
            properties.append(PropertyPattern(text, Name(start, end, text)))
        elif kind == "pair_pattern":
            key, value = child.child_by_field_id(r.t.of_key), child.child_by_field_id(r.t.of_value)
            if key is not None and value is not None:
                properties.append(PropertyPattern(_key(r, key), *with_default(r, value)))
        elif kind == "object_assignment_pattern":
            target, default = with_default(r, child)
            properties.append(PropertyPattern(target.id if isinstance(target, Name) else "", target, default))
        elif kind == "rest_pattern":
            rest = rest_of(r, child)
    return ObjectPattern(node.start_byte, node.end_byte, tuple(properties), rest)


def _key(r: Lowering, node: Node) -> str | Expr:
    if node.kind_id == r.t.computed:
        inner = r.first(node)
        value = r.expr(inner) if inner is not None else ""
        return value.value if isinstance(value, Literal) and isinstance(value.value, str) else value
    if node.kind_id == r.t.string:
        return str(getattr(string(r, node), "value", ""))
    return r.text(node)


def _array(r: Lowering, node: Node) -> Pattern:
    items: list[tuple[Pattern, Expr | None] | None] = []
    rest: Pattern | None = None
    filled = False
    for child in node.children:
        kind = child.kind_id
        if kind == r.t.comma:
            if not filled:
                items.append(None)
            filled = False
        elif child.is_named and kind not in r.t.skipped:
            filled = True
            if child.type == "rest_pattern":
                rest = rest_of(r, child)
            else:
                items.append(with_default(r, child))
    return ArrayPattern(node.start_byte, node.end_byte, tuple(items), rest)


def with_default(r: Lowering, node: Node) -> tuple[Pattern, Expr | None]:
    """A pattern and its default."""
    if node.type not in {"assignment_pattern", "object_assignment_pattern"}:
        return pattern(r, node), None
    left, right = node.child_by_field_id(r.t.of_left), node.child_by_field_id(r.t.of_right)
    return (pattern(r, left) if left is not None else r.expr(None)), r.expr(right) if right is not None else None


def rest_of(r: Lowering, node: Node) -> Pattern:
    """What `...rest` binds."""
    inner = r.first(node)
    return pattern(r, inner) if inner is not None else r.expr(None)


def parameters(r: Lowering, node: Node | None) -> tuple[Parameter, ...]:
    """The parameters of a function; `this`, which only types know, left out."""
    if node is None:
        return ()
    if node.kind_id == r.t.identifier:  # `x => …`
        return (Parameter(pattern(r, node)),)
    found: list[Parameter] = []
    t = r.t
    for child in node.named_children:
        bound = child.child_by_field_id(t.of_pattern)
        if bound is None or (child.end_byte - child.start_byte >= 4 and bound.type == "this"):
            continue
        if child.named_child_count == 1:
            kind = bound.type
            if kind != "rest_pattern":
                found.append(Parameter(pattern(r, bound)))
                continue
        found.append(_parameter(r, child, bound))
    return tuple(found)


def _parameter(r: Lowering, node: Node, bound: Node) -> Parameter:
    t = r.t
    kept, decorators = False, list[Expr]()
    if node.start_byte != bound.start_byte:
        for child in node.children:
            if child.kind_id == t.decorator:
                inner = r.first(child)
                if inner is not None:
                    decorators.append(r.expr(inner))
            elif child.type in _MODIFIERS:
                kept = True
    default = node.child_by_field_id(t.of_value)
    rest = bound.type == "rest_pattern"
    return Parameter(
        rest_of(r, bound) if rest else pattern(r, bound),
        r.type(node.child_by_field_id(t.of_type)),
        r.expr(default) if default is not None else None,
        rest,
        kept,
        tuple(decorators),
    )
