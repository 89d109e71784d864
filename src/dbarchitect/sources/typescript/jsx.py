"""JSX: an element with its attributes and the elements and expressions in it. Its text says nothing to us."""

from __future__ import annotations

from tree_sitter import Node

from dbarchitect.sources.typescript.functions import bound
from dbarchitect.sources.typescript.lowering import DEEPEST, Lowering
from dbarchitect.sources.typescript.syntax import Entry, Expr, Jsx, Literal


def element(r: Lowering, node: Node) -> Expr:
    """`<tag …>…</tag>`, `<>…</>`."""
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    tag, attributes = "", tuple[Entry, ...]()
    children: list[Expr] = []
    for child in node.named_children:
        kind = child.type
        if kind == "jsx_opening_element":
            tag, attributes = _opened(r, child)
        elif kind == "jsx_expression":
            inner = r.first(child)
            if inner is not None:
                children.append(r.expr(inner))
        elif kind in {"jsx_element", "jsx_self_closing_element", "ERROR"}:
            children.append(r.expr(child))
    r.depth -= 1
    return Jsx(node.start_byte, node.end_byte, tag, attributes, tuple(children))


def self_closing(r: Lowering, node: Node) -> Expr:
    """`<tag … />`."""
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    tag, attributes = _opened(r, node)
    r.depth -= 1
    return Jsx(node.start_byte, node.end_byte, tag, attributes, ())


def fragment_text(_: Lowering, node: Node) -> Expr:
    """Text where an expression was looked for."""
    return Literal(node.start_byte, node.end_byte, "")


def _opened(r: Lowering, node: Node) -> tuple[str, tuple[Entry, ...]]:
    named = node.child_by_field_id(r.t.of_name)
    entries: list[Entry] = []
    for child in node.named_children:
        kind = child.type
        if kind == "jsx_attribute":
            parts = r.parts(child)
            if not parts:
                continue
            key = r.text(parts[0])
            if len(parts) == 1:
                entries.append(Entry(key, Literal(child.start_byte, child.end_byte, True)))
                continue
            entries.append(Entry(key, _value(r, key, parts[1])))
        elif kind == "jsx_expression":
            inner = r.first(child)
            if inner is not None:
                spread = r.first(inner) if inner.kind_id == r.t.spread else inner
                if spread is not None:
                    entries.append(Entry(None, r.expr(spread)))
    return r.text(named) if named is not None else "", tuple(entries)


def _value(r: Lowering, key: str, node: Node) -> Expr:
    if node.kind_id == r.t.string:
        start, end = node.start_byte, node.end_byte
        return Literal(start, end, r.chars[start + 1 : end - 1])
    return bound(r, r.first(node) or node, key)
