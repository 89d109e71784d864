"""Expressions: names, calls and members, operators, objects and arrays."""

from __future__ import annotations

from itertools import pairwise

from tree_sitter import Node

from dbarchitect.sources.typescript.functions import bound, class_at, function, method
from dbarchitect.sources.typescript.jsx import element, fragment_text, self_closing
from dbarchitect.sources.typescript.lowering import DEEPEST, LONGEST_CHAIN, Lowering, OfExpression, other
from dbarchitect.sources.typescript.patterns import pattern
from dbarchitect.sources.typescript.syntax import (
    Array,
    Assign,
    Await,
    Binary,
    Call,
    Conditional,
    Entry,
    Expr,
    Literal,
    Member,
    Name,
    Object,
    Other,
    Spread,
    Subscript,
    Template,
    Unary,
    Yield,
)
from dbarchitect.sources.typescript.texts import constant, number, regex, string, template

_LONGEST_SPINE = 40
"""Operands of `a + b + …` that stay nested to the left; consumers go down such a tree by recursion."""
_REGROUPED = frozenset({"&&", "||", ",", "??", "|", "&"})


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


def inner(r: Lowering, node: Node) -> Expr:
    """What parentheses, `as`, `satisfies`, `!` stand around."""
    found = r.first(node)
    if found is None:
        return Other(node.start_byte, node.end_byte)
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    value = r.expressions[found.kind_id](r, found)
    r.depth -= 1
    return value


def asserted(r: Lowering, node: Node) -> Expr:
    """`<Type>value`."""
    found = r.parts(node)
    return r.expr(found[-1]) if found else Other(node.start_byte, node.end_byte)


def chain(r: Lowering, node: Node) -> Expr:
    """Calls, members and subscripts upon one another: as long as `a.b().c()[d]` goes, without recursion."""
    t = r.t
    links: list[tuple[int, Node, Node | None, Node | None]] = []
    at: Node | None = node
    call, member, subscript, non_null = t.call, t.member, t.subscript, t.non_null
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
            kids = at.named_children
            if len(kids) == 2:
                links.append((kind, at, kids[1], None))
                at = kids[0]
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
    depth = r.depth
    if depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth = depth + 1
    value: Expr
    if len(links) > LONGEST_CHAIN:
        cut = links[LONGEST_CHAIN][1]
        value = r.too_deep(cut.start_byte, cut.end_byte)
        del links[LONGEST_CHAIN:]
    else:
        value = r.expressions[at.kind_id](r, at) if at is not None else Other(node.start_byte, node.end_byte)
    chars, expressions, skipped = r.chars, r.expressions, t.skipped
    for kind, link, second, extra in reversed(links):
        start, end = link.start_byte, link.end_byte
        if second is None:
            continue
        if kind == member:
            value = Member(start, end, value, chars[second.start_byte : second.end_byte])
        elif kind == subscript:
            value = Subscript(start, end, value, expressions[second.kind_id](r, second))
        elif second.kind_id == t.template_string:
            value = template(r, second, value, r.types(extra) if extra is not None else _types_before(r, value, second))
            value.start = start
        else:
            args = [expressions[c.kind_id](r, c) for c in second.named_children if c.kind_id not in skipped]
            value = Call(start, end, value, tuple(args), False, r.types(extra) if extra is not None else ())
    r.depth = depth
    return value


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
    args = tuple([r.expr(c) for c in given.named_children if c.kind_id not in t.skipped]) if given is not None else ()
    r.depth -= 1
    return Call(node.start_byte, node.end_byte, function_, args, True, r.types(types))


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
