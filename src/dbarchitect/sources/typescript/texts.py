"""Literals: strings and templates with their escapes resolved, numbers, regular expressions."""

from __future__ import annotations

import math
import re

from tree_sitter import Node

from dbarchitect.sources.typescript.lowering import DEEPEST, Lowering, OfExpression
from dbarchitect.sources.typescript.syntax import Expr, Literal, Other, Regex, Template

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"} | dict.fromkeys(
    ("\n", "\r", "\r\n", "\u2028", "\u2029"), ""
)
_LAST = 0x10FFFF


def cooked(text: str) -> str:
    """A text of a program without its backslashes: what it stands for when the program runs."""
    if "\\" not in text:
        return text
    found = _ESCAPE.sub(_resolve, text)
    return found if found.isascii() else found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _resolve(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        return _SINGLE.get(match[4], match[4])
    number = int(code, 16)
    return chr(number) if number <= _LAST else "\ufffd"


def string(r: Lowering, node: Node) -> Expr:
    """`"text"`."""
    start, end = node.start_byte, node.end_byte
    text = r.chars[start + 1 : end - 1]
    return Literal(start, end, cooked(text) if "\\" in text else text)


def number(r: Lowering, node: Node) -> Expr:
    """`1`, `1_000`, `0xff`, `1.5e3`, `10n`."""
    start, end = node.start_byte, node.end_byte
    value = number_of(r.chars[start:end])
    return Literal(start, end, value) if value is not None else Other(start, end)


def number_of(text: str) -> int | float | None:
    """The value of a number as written; None for one that is too long."""
    if text.isdigit() and (len(text) == 1 or (text[0] != "0" and len(text) <= 20)):
        return int(text)
    text = text.replace("_", "").lower()
    try:
        if text.startswith(("0x", "0b", "0o")):
            return int(text.removesuffix("n"), 0)
        if text.endswith("n"):
            return int(text[:-1])
        if text[0] == "0" and text.isdigit() and len(text) > 1:
            return int(text, 10 if "8" in text or "9" in text else 8)
        value = float(text)
    except ValueError:
        return None
    return int(value) if math.isfinite(value) and value.is_integer() and abs(value) < 1e21 else value


def regex(r: Lowering, node: Node) -> Expr:
    """`/pattern/flags`."""
    pattern = node.child_by_field_id(r.t.of_pattern)
    return Regex(node.start_byte, node.end_byte, r.text(pattern) if pattern is not None else "")


def template(r: Lowering, node: Node, tag: Expr | None = None, types: tuple[str, ...] = ()) -> Expr:
    """A template; with the tag that is called with it."""
    start, end = node.start_byte, node.end_byte
    first = tag.start if tag is not None else start
    if r.depth >= DEEPEST:
        return r.too_deep(first, end)
    r.depth += 1
    parts: list[str | Expr] = []
    at = start + 1
    for child in node.named_children:
        if child.kind_id == r.t.template_substitution:
            before = child.start_byte
            if before > at:
                parts.append(cooked(r.chars[at:before]))
            at = child.end_byte
            inner = r.first(child)
            parts.append(r.expr(inner) if inner is not None else Other(before, at))
    if end - 1 > at:
        parts.append(cooked(r.chars[at : end - 1]))
    r.depth -= 1
    return Template(first, end, tuple(parts), tag, types)


def constant(value: bool | None) -> OfExpression:
    """What makes the literal of a word: `true`, `null`."""

    def lower(_: Lowering, node: Node) -> Expr:
        return Literal(node.start_byte, node.end_byte, value)

    return lower
