"""Calls, members and subscripts upon one another, templates with tags, `new`."""

from __future__ import annotations

from itertools import pairwise

from tree_sitter import Node

from dbarchitect.sources.typescript.lowering import DEEPEST, LONGEST_CHAIN, Handed, Lowering
from dbarchitect.sources.typescript.syntax import Call, Expr, Member, Other, Subscript
from dbarchitect.sources.typescript.texts import template

_Link = tuple[int, Node, Node | None, Node | None]
"""The kind of a link, its node, what stands after the dot or in the brackets, its type arguments."""


def chain(r: Lowering, node: Node) -> Expr:
    """As long as `a.b().c()[d]` goes, without recursion."""
    t = r.t
    depth, handed = r.depth, r.handed
    if depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    links, first = _links(r, node)
    r.depth = depth + 1
    value: Expr
    if len(links) > LONGEST_CHAIN:
        cut = links[LONGEST_CHAIN][1]
        value = r.too_deep(cut.start_byte, cut.end_byte)
        del links[LONGEST_CHAIN:]
    else:
        value = r.expressions[first.kind_id](r, first) if first is not None else Other(node.start_byte, node.end_byte)
    chars, expressions, member, subscript = r.chars, r.expressions, t.member, t.subscript
    links.reverse()
    for kind, link, second, extra in links:
        if second is None:
            continue
        start, end = link.start_byte, link.end_byte
        if kind == member:
            value = Member(start, end, value, chars[second.start_byte : second.end_byte])
        elif kind == subscript:
            value = Subscript(start, end, value, expressions[second.kind_id](r, second))
        elif second.kind_id == t.template_string:
            types = r.types(extra) if extra is not None else _types_before(r, value, second)
            value = template(r, second, value, types)
            value.start = start
        else:
            types = r.types(extra) if extra is not None else ()
            r.handed = Handed(value, second, r.prefix, handed)
            value = Call(start, end, value, _arguments(r, second), False, types)
    r.depth, r.handed = depth, handed
    return value


def _arguments(r: Lowering, node: Node) -> tuple[Expr, ...]:
    expressions, skipped = r.expressions, r.t.skipped
    count = node.named_child_count
    if count == 0:
        return ()
    if count == 1:
        only = node.named_child(0)
        if only is None or only.kind_id in skipped:
            return ()
        return (expressions[only.kind_id](r, only),)
    return tuple([expressions[c.kind_id](r, c) for c in node.named_children if c.kind_id not in skipped])


def _links(r: Lowering, node: Node) -> tuple[list[_Link], Node | None]:
    """The links from the last to the first, and what they start from."""
    t = r.t
    links: list[_Link] = []
    call, member, subscript, non_null = t.call, t.member, t.subscript, t.non_null
    at: Node | None = node
    while at is not None:
        kind = at.kind_id
        if kind == call:
            kids = at.named_children
            if len(kids) == 2:
                links.append((kind, at, kids[1], None))
                at = kids[0]
            else:
                types = at.child_by_field_id(t.of_type_arguments)
                links.append((kind, at, at.child_by_field_id(t.of_arguments), types))
                at = at.child_by_field_id(t.of_function)
        elif kind == member:
            if at.child_count == 3:
                links.append((kind, at, at.child(2), None))
                at = at.child(0)
            else:
                links.append((kind, at, at.child_by_field_id(t.of_property), None))
                at = at.child_by_field_id(t.of_object)
        elif kind == subscript:
            links.append((kind, at, at.child_by_field_id(t.of_index), None))
            at = at.child_by_field_id(t.of_object)
        elif kind == non_null:
            at = r.first(at)
        else:
            break
    return links, at


def _types_before(r: Lowering, tag: Expr, literal: Node) -> tuple[str, ...]:
    """The type arguments of a tag, which were blank when the source was parsed."""
    end = literal.start_byte
    if end - tag.end < 3:
        return ()
    text = r.chars[tag.end : end].strip()
    if not (text.startswith("<") and text.endswith(">")):
        return ()
    return _split_types(text[1:-1])


def _split_types(text: str) -> tuple[str, ...]:
    depth, cuts = 0, [-1]
    for at, char in enumerate(text):
        if char in "<([{":
            depth += 1
        elif char in ")]}" or (char == ">" and text[at - 1] not in "=-"):
            depth -= 1
        elif char == "," and depth == 0:
            cuts.append(at)
    cuts.append(len(text))
    return tuple(part for a, b in pairwise(cuts) if (part := text[a + 1 : b].strip()))


def new(r: Lowering, node: Node) -> Expr:
    """`new Name(…)`."""
    t = r.t
    called = node.child_by_field_id(t.of_constructor)
    given = node.child_by_field_id(t.of_arguments)
    types = node.child_by_field_id(t.of_type_arguments)
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    function_ = r.expr(called)
    args: tuple[Expr, ...] = ()
    if given is not None:
        handed = r.handed
        r.handed = Handed(function_, given, r.prefix, handed)
        args = _arguments(r, given)
        r.handed = handed
    r.depth -= 1
    return Call(node.start_byte, node.end_byte, function_, args, True, r.types(types))
