"""Expressions: names, calls and members, operators, objects and arrays."""

from __future__ import annotations

from tree_sitter import Node

from dbarchitect.sources.typescript.chains import chain, new
from dbarchitect.sources.typescript.functions import bound, class_at, function, method
from dbarchitect.sources.typescript.jsx import element, fragment_text, self_closing
from dbarchitect.sources.typescript.lowering import DEEPEST, LONGEST_CHAIN, Lowering, OfExpression, inner
from dbarchitect.sources.typescript.operators import (
    assign,
    await_,
    binary,
    conditional,
    sequence,
    unary,
    yield_,
)
from dbarchitect.sources.typescript.patterns import pattern
from dbarchitect.sources.typescript.syntax import Array, Entry, Expr, Literal, Member, Name, Object, Other, Spread
from dbarchitect.sources.typescript.texts import constant, number, regex, string, template


def name(r: Lowering, node: Node) -> Expr:
    """An identifier, and what counts as one."""
    start, end = node.start_byte, node.end_byte
    return Name(start, end, r.chars[start:end])


def meta(r: Lowering, node: Node) -> Expr:
    """`import.meta`, `new.target`."""
    start, end = node.start_byte, node.end_byte
    owner, _, attribute = r.chars[start:end].partition(".")
    return Member(start, end, Name(start, start + len(owner), owner.strip()), attribute.strip())


def nested(r: Lowering, node: Node) -> Expr:
    """`A.B.C` as the alias of a namespace."""
    start, end = node.start_byte, node.end_byte
    names = r.chars[start:end].split(".")
    value: Expr = Name(start, start + len(names[0]), names[0].strip())
    for each in names[1:LONGEST_CHAIN]:
        value = Member(start, end, value, each.strip())
    return value


def asserted(r: Lowering, node: Node) -> Expr:
    """`<Type>value`."""
    found = r.parts(node)
    return r.expr(found[-1]) if found else Other(node.start_byte, node.end_byte)


def object_(r: Lowering, node: Node) -> Expr:
    """`{ a, b: c, ...d, e() {} }`."""
    t = r.t
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    entries: list[Entry] = []
    chars, expressions, plain, prefix = r.chars, r.expressions, t.plain, r.prefix
    for child in node.named_children:
        kind = child.kind_id
        if kind == t.pair:
            kids = child.named_children
            first: Node | None
            second: Node | None
            if len(kids) == 2:
                first, second = kids
            else:
                first, second = child.child_by_field_id(t.of_key), child.child_by_field_id(t.of_value)
            if first is None or second is None:
                continue
            if first.kind_id == t.property_identifier:
                key: str | Expr = chars[first.start_byte : first.end_byte]
            else:
                key = key_of(r, first)
            kind = second.kind_id
            if kind in plain or not isinstance(key, str):
                value = expressions[kind](r, second)
            elif kind in t.functions or kind in t.wrappers or kind == t.class_expression:
                value = bound(r, second, key)
            else:
                r.prefix = f"{prefix}.{key}" if prefix else key
                value = expressions[kind](r, second)
                r.prefix = prefix
            entries.append(Entry(key, value))
        elif kind == t.shorthand:
            start, end = child.start_byte, child.end_byte
            text = chars[start:end]
            entries.append(Entry(text, Name(start, end, text)))
        elif kind == t.spread:
            entries.append(Entry(None, inner(r, child)))
        elif kind == t.method:
            made = method(r, child)
            if made is not None and made[1].kind == "method":
                entries.append(Entry(*made))
    r.depth -= 1
    return Object(node.start_byte, node.end_byte, tuple(entries))


def key_of(r: Lowering, node: Node) -> str | Expr:
    """The key of an entry or a member: its name, or the expression that computes it."""
    if node.kind_id == r.t.computed:
        found = inner(r, node)
        return found.value if isinstance(found, Literal) and isinstance(found.value, str) else found
    if node.kind_id == r.t.string:
        found = string(r, node)
        return str(found.value) if isinstance(found, Literal) else ""
    return r.text(node)


def array(r: Lowering, node: Node) -> Expr:
    """`[a, , ...b]`."""
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    items: list[Expr] = []
    comma, skipped, expressions, filled = r.t.comma, r.t.skipped, r.expressions, False
    for child in node.children:
        kind = child.kind_id
        if kind == comma:
            if not filled:
                items.append(Name(child.start_byte, child.start_byte, "undefined"))
            filled = False
        elif child.is_named and kind not in skipped:
            items.append(expressions[kind](r, child))
            filled = True
    r.depth -= 1
    return Array(node.start_byte, node.end_byte, tuple(items))


def spread(r: Lowering, node: Node) -> Expr:
    """`...value`."""
    return Spread(node.start_byte, node.end_byte, inner(r, node))


def class_(r: Lowering, node: Node) -> Expr:
    """A class as an expression."""
    return class_at(r, node)


def function_(r: Lowering, node: Node) -> Expr:
    """A function or arrow function that nothing names but, perhaps, itself."""
    return function(r, node, "")


EXPRESSIONS: dict[str, OfExpression] = {
    "identifier": name,
    "this": name,
    "super": name,
    "undefined": name,
    "import": name,
    "property_identifier": name,
    "private_property_identifier": name,
    "type_identifier": name,
    "shorthand_property_identifier": name,
    "meta_property": meta,
    "nested_identifier": nested,
    "string": string,
    "number": number,
    "true": constant(True),
    "false": constant(False),
    "null": constant(None),
    "regex": regex,
    "template_string": template,
    "parenthesized_expression": inner,
    "as_expression": inner,
    "satisfies_expression": inner,
    "non_null_expression": chain,
    "instantiation_expression": inner,
    "type_assertion": asserted,
    "call_expression": chain,
    "member_expression": chain,
    "subscript_expression": chain,
    "new_expression": new,
    "object": object_,
    "array": array,
    "spread_element": spread,
    "binary_expression": binary,
    "sequence_expression": sequence,
    "unary_expression": unary,
    "update_expression": unary,
    "ternary_expression": conditional,
    "await_expression": await_,
    "yield_expression": yield_,
    "assignment_expression": assign,
    "augmented_assignment_expression": assign,
    "arrow_function": function_,
    "function_expression": function_,
    "generator_function": function_,
    "class": class_,
    "jsx_element": element,
    "jsx_self_closing_element": self_closing,
    "jsx_expression": inner,
    "jsx_text": fragment_text,
    "object_pattern": pattern,
    "array_pattern": pattern,
}
