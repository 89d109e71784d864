"""Syntax trees of tree-sitter → expressions. Any Python 3 (and newer than ours) parses; nothing is executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import tree_sitter
import tree_sitter_python

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
    Lambda,
    Literal,
    Name,
    Slice,
    Span,
    Starred,
    Subscript,
    UnaryOp,
    Unknown,
)

_LANGUAGE = tree_sitter.Language(tree_sitter_python.language())
_NAME, _VALUE, _OBJECT, _ATTRIBUTE, _ARGUMENTS, _FUNCTION, _KEY, _LEFT, _RIGHT, _OPERATOR = (
    _LANGUAGE.field_id_for_name(name) or 0
    for name in (
        "name", "value", "object", "attribute", "arguments", "function", "key", "left", "right", "operator",
    )
)  # fmt: skip
"""Fields by their numbers: a child is found in half of the time."""
_new_tuple = tuple.__new__
_DOTTED = re.compile(rb"(?!(?:None|True|False)\b)[A-Za-z_]\w{0,60}+(?:\.[A-Za-z_]\w{0,60}+){1,9}+")
"""Names joined by dots, as nearly all attributes are written."""
_DEEPEST = 150
"""Expressions nested deeper than this become Unknown: hostile input must not exhaust our stack."""


def parse(source: bytes) -> tree_sitter.Tree:
    """The syntax tree of UTF-8 source; with errors inside where it is broken."""
    return tree_sitter.Parser(_LANGUAGE).parse(source)


class ExpressionReader:
    """Turns nodes of one tree into expressions; `offset` and `line` shift the places of a re-parsed piece."""

    __slots__ = ("_depth", "line", "offset", "source")

    def __init__(self, source: bytes, offset: int = 0, line: int = 0) -> None:
        self.source = source
        self.offset = offset
        self.line = line
        self._depth = 0

    def text(self, node: tree_sitter.Node) -> str:
        """The source of a node."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def span(self, node: tree_sitter.Node) -> Span:
        """The place of a node in the file."""
        row, column = node.start_point
        first = self.line + 1
        place = (
            node.start_byte + self.offset,
            node.end_byte + self.offset,
            row + first,
            column + 1,
            node.end_point[0] + first,
        )
        return _new_tuple(Span, place)  # what `Span(…)` does, without a function of its own around it

    def expression(self, node: tree_sitter.Node | None) -> Expr:
        """The expression at a node; `Unknown` for what has no meaning to a static reader."""
        if node is None:
            return Unknown("")
        convert = _CONVERTERS.get(node.type)
        if convert is None or self._depth >= _DEEPEST:
            return Unknown(self.text(node), self.span(node))
        self._depth += 1
        try:
            return convert(self, node)
        finally:
            self._depth -= 1

    def called(self, call: Call) -> Expr:
        """What a call is to this reader."""
        return call

    def arguments(self, node: tree_sitter.Node | None) -> tuple[tuple[Expr, ...], tuple[Keyword, ...]]:
        """Positional and keyword arguments of a call or of a class statement."""
        if node is None:
            return (), ()
        if node.type == "generator_expression":
            return (self.expression(node),), ()
        args: list[Expr] = []
        kwargs: list[Keyword] = []
        for child in node.named_children:
            kind = child.type
            if kind == "keyword_argument":
                name = child.child_by_field_id(_NAME)
                value = self.expression(child.child_by_field_id(_VALUE))
                kwargs.append(Keyword(self.text(name) if name is not None else None, value, self.span(child)))
            elif kind == "dictionary_splat":
                kwargs.append(Keyword(None, self.expression(_only(child)), self.span(child)))
            elif kind not in _NOISE:
                args.append(self.expression(child))
        return tuple(args), tuple(kwargs)


def _parts(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [child for child in node.named_children if child.type not in _NOISE]


def _only(node: tree_sitter.Node) -> tree_sitter.Node | None:
    parts = _parts(node)
    return parts[0] if parts else None


_NOISE = frozenset({"comment", "ERROR", "line_continuation"})


_LONG = 18
"""Digits of a number that is longer than most."""


def _name(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    return Name(r.text(node), r.span(node))


def _attribute(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    dotted = r.source[node.start_byte : node.end_byte]
    if _DOTTED.fullmatch(dotted) is not None:  # without going down to each of its names
        return Name(dotted.decode(), r.span(node))
    value = r.expression(node.child_by_field_id(_OBJECT))
    attribute = node.child_by_field_id(_ATTRIBUTE)
    attr = r.text(attribute) if attribute is not None else ""
    inner = _unstarred(value)
    whole: Expr = Attribute(inner, attr, r.span(node))
    if isinstance(inner, Name):
        whole = Name(f"{inner.id}.{attr}", r.span(node))
    return whole if inner is value else Starred(whole, r.span(node))


def _call(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    args, kwargs = r.arguments(node.child_by_field_id(_ARGUMENTS))
    function = r.expression(node.child_by_field_id(_FUNCTION))
    inner = _unstarred(function)
    call = r.called(Call(inner, args, kwargs, r.span(node)))
    return call if inner is function else Starred(call, r.span(node))


def _unstarred(expr: Expr) -> Expr:
    """What a star stands before: the grammar takes the `*a` of `[*a.b]`, `[*a()]` and `[*a[0]]` for the inner part."""
    return expr.value if isinstance(expr, Starred) else expr


def _number(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    text = r.text(node)
    if len(text) < _LONG and text.isascii() and text.isdecimal() and (text[0] != "0" or len(text) == 1):  # nearly all
        return Literal(int(text), r.span(node))
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):  # Python 2's 0777 and 10L, or a number of more digits than we convert
        return Unknown(text, r.span(node))
    return Literal(value, r.span(node))


def _string(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    text = r.text(node)
    quote = text[0]
    if quote in "'\"" and "\\" not in text and "\r" not in text:  # nearly all: nothing to unescape
        width = 3 if text[:3] == quote * 3 and len(text) > 5 else 1
        if text[-width:] == quote * width and len(text) >= 2 * width:
            return Literal(text[width:-width], r.span(node))
    prefix = text[: min(i for i in (text.find("'"), text.find('"'), 3) if i >= 0)].lower()
    if "f" in prefix or "t" in prefix:
        return _fstring(r, node, raw="r" in prefix)
    try:
        value = ast.literal_eval(text.lstrip("uU"))
    except (ValueError, SyntaxError, MemoryError):
        return Unknown(r.text(node), r.span(node))
    if isinstance(value, str):
        return Literal(_sound(value), r.span(node))
    return Literal(value, r.span(node)) if isinstance(value, bytes) else Unknown(r.text(node), r.span(node))


def _sound(text: str) -> str:
    """The text with halves of surrogate pairs, which no database takes and nothing prints, joined or replaced."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _fstring(r: ExpressionReader, node: tree_sitter.Node, *, raw: bool) -> Expr:
    parts: list[str | Expr] = []
    for child in node.named_children:
        if child.type == "string_content":
            text = r.text(child).replace("{{", "{").replace("}}", "}")
            parts.append(text if raw or "\\" not in text else _unescaped(text))
        elif child.type == "interpolation":
            plain = all(c.type not in {"type_conversion", "format_specifier"} for c in child.named_children)
            value = r.expression(child.child_by_field_name("expression"))
            parts.append(value if plain else Unknown(r.text(child), r.span(child)))
    return FString(tuple(parts), r.span(node))


def _unescaped(text: str) -> str:
    try:
        return _sound(str(ast.literal_eval('"""' + text.replace('"', '\\"') + '"""')))
    except (ValueError, SyntaxError):
        return text


def _concatenated(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    parts: list[str | Expr] = []
    for child in _parts(node):
        piece = _string(r, child)
        if isinstance(piece, FString):
            parts.extend(piece.parts)
        elif isinstance(piece, Literal) and isinstance(piece.value, str):
            parts.append(piece.value)
        else:
            parts.append(piece)
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) == len(parts):
        return Literal("".join(texts), r.span(node))
    chunks = [p.value for p in parts if isinstance(p, Literal) and isinstance(p.value, bytes)]
    if len(chunks) == len(parts):
        return Literal(b"".join(chunks), r.span(node))
    return FString(tuple(parts), r.span(node))


def _constant(value: bool | None) -> Callable[[ExpressionReader, tree_sitter.Node], Expr]:
    return lambda r, node: Literal(value, r.span(node))


def _ellipsis(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    return Literal(..., r.span(node))


def _display(kind: str) -> Callable[[ExpressionReader, tree_sitter.Node], Expr]:
    return lambda r, node: Display(kind, tuple(r.expression(child) for child in _parts(node)), r.span(node))


def _dictionary(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    items: list[tuple[Expr | None, Expr]] = []
    for child in node.named_children:
        kind = child.type
        if kind == "pair":
            key = r.expression(child.child_by_field_id(_KEY))
            items.append((key, r.expression(child.child_by_field_id(_VALUE))))
        elif kind == "dictionary_splat":
            items.append((None, r.expression(_only(child))))
    return Dict(tuple(items), r.span(node))


def _inner(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    return r.expression(_only(node))


def _splat(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    return Starred(r.expression(_only(node)), r.span(node))


def _walrus(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    return r.expression(node.child_by_field_id(_VALUE))


def _operator(r: ExpressionReader, node: tree_sitter.Node) -> str:
    operator = node.child_by_field_id(_OPERATOR)
    return r.text(operator) if operator is not None else "?"


def _binary(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    # A chain `a + b + c + …` leans left and may be thousands long: walk it, do not recurse into it.
    spine = [node]
    left = node.child_by_field_id(_LEFT)
    while left is not None and left.type in {"binary_operator", "boolean_operator"}:
        spine.append(left)
        left = left.child_by_field_id(_LEFT)
    if len(spine) > _DEEPEST * 4:
        return Unknown(r.text(node), r.span(node))
    result = r.expression(left)
    for link in reversed(spine):
        result = BinOp(_operator(r, link), result, r.expression(link.child_by_field_id(_RIGHT)), r.span(link))
    return result


def _unary(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    operand = r.expression(node.child_by_field_name("argument"))
    op = "not" if node.type == "not_operator" else _operator(r, node)
    if op == "-" and isinstance(operand, Literal) and type(operand.value) in {int, float}:
        return Literal(-operand.value, r.span(node))  # type: ignore[operator]  # narrowed by type() just above
    return UnaryOp(op, operand, r.span(node))


def _comparison(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    ops = tuple(" ".join(r.text(op).split()) for op in node.children_by_field_name("operators"))
    return Compare(tuple(r.expression(child) for child in _parts(node)), ops, r.span(node))


def _conditional(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    parts = _parts(node)
    if len(parts) != 3:
        return Unknown(r.text(node), r.span(node))
    body, test, orelse = (r.expression(part) for part in parts)
    return Conditional(test, body, orelse, r.span(node))


def _subscript(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    value = r.expression(node.child_by_field_id(_VALUE))
    found = tuple(r.expression(child) for child in node.children_by_field_name("subscript"))
    index = found[0] if len(found) == 1 else Display("tuple", found, r.span(node))
    inner = _unstarred(value)
    whole = Subscript(inner, index, r.span(node))
    return whole if inner is value else Starred(whole, r.span(node))


def _slice(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    bounds: list[Expr | None] = [None]
    for child in node.children:
        if child.type == ":":
            bounds.append(None)
        elif child.is_named:
            bounds[-1] = r.expression(child)
    bounds += [None] * (3 - len(bounds))
    return Slice(bounds[0], bounds[1], bounds[2], r.span(node))


def _lambda(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    parameters = node.child_by_field_name("parameters")
    names = tuple(r.text(p) for p in _parts(parameters)) if parameters is not None else ()
    return Lambda(names, r.expression(node.child_by_field_name("body")), r.span(node))


def _comprehension(kind: str) -> Callable[[ExpressionReader, tree_sitter.Node], Expr]:
    def convert(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
        body = node.child_by_field_name("body")
        clauses: list[Clause] = []
        for child in _parts(node):
            if child.type == "for_in_clause":
                targets = tuple(_target_names(r, child.child_by_field_id(_LEFT)))
                clauses.append(Clause(targets, r.expression(child.child_by_field_id(_RIGHT))))
            elif child.type == "if_clause" and clauses:
                last = clauses[-1]
                clauses[-1] = Clause(last.targets, last.iterable, (*last.conditions, r.expression(_only(child))))
        key = None
        if body is not None and body.type == "pair":
            key = r.expression(body.child_by_field_id(_KEY))
            body = body.child_by_field_id(_VALUE)
        return Comprehension(kind, r.expression(body), key, tuple(clauses), r.span(node))

    return convert


def _target_names(r: ExpressionReader, node: tree_sitter.Node | None) -> list[str]:
    if node is None:
        return []
    if node.type in {"pattern_list", "tuple_pattern", "list_pattern"}:
        return [r.text(child) for child in _parts(node)]
    return [r.text(node)]


def _union_type(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    parts = [r.expression(part) for part in _parts(node)]
    if len(parts) != 2:
        return Unknown(r.text(node), r.span(node))
    return BinOp("|", parts[0], parts[1], r.span(node))


def _generic_type(r: ExpressionReader, node: tree_sitter.Node) -> Expr:
    parts = _parts(node)
    if len(parts) != 2:
        return Unknown(r.text(node), r.span(node))
    found = tuple(r.expression(part) for part in _parts(parts[1]))
    index = found[0] if len(found) == 1 else Display("tuple", found, r.span(parts[1]))
    return Subscript(r.expression(parts[0]), index, r.span(node))


_CONVERTERS: dict[str, Callable[[ExpressionReader, tree_sitter.Node], Expr]] = {
    "identifier": _name,
    "dotted_name": _name,
    "attribute": _attribute,
    "call": _call,
    "integer": _number,
    "float": _number,
    "string": _string,
    "concatenated_string": _concatenated,
    "true": _constant(True),
    "false": _constant(False),
    "none": _constant(None),
    "ellipsis": _ellipsis,
    "list": _display("list"),
    "tuple": _display("tuple"),
    "expression_list": _display("tuple"),
    "set": _display("set"),
    "dictionary": _dictionary,
    "parenthesized_expression": _inner,
    "type": _inner,
    "list_splat": _splat,
    "named_expression": _walrus,
    "await": _inner,
    "binary_operator": _binary,
    "boolean_operator": _binary,
    "unary_operator": _unary,
    "not_operator": _unary,
    "comparison_operator": _comparison,
    "conditional_expression": _conditional,
    "subscript": _subscript,
    "slice": _slice,
    "lambda": _lambda,
    "list_comprehension": _comprehension("list"),
    "set_comprehension": _comprehension("set"),
    "dictionary_comprehension": _comprehension("dict"),
    "generator_expression": _comprehension("generator"),
    "union_type": _union_type,
    "generic_type": _generic_type,
}
