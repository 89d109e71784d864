"""Calls that are written one after the other (`schema.createTable('users').addColumn('id', 'uuid')`), and what their
arguments say in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

_FUNCTIONS = {"arrow_function", "function_expression", "function", "function_declaration"}
_NOW = {"now", "CURRENT_TIMESTAMP"}


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a chain: its name, its arguments, and the node of its name, which has its line."""

    name: str
    args: tuple[Node, ...]
    node: Node


def chain_of(call: Node) -> tuple[Node, tuple[Step, ...]]:
    """What a chain of calls begins with, and its steps in their order."""
    steps: list[Step] = []
    node = call
    while node.type == "call_expression":
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or function.type != "member_expression" or arguments is None:
            break
        name, owner = function.child_by_field_name("property"), function.child_by_field_name("object")
        if name is None or owner is None:
            break
        given = tuple(child for child in arguments.named_children if child.type != "comment")
        steps.append(Step(words(name), given, name))
        node = owner
    return node, tuple(reversed(steps))


def outermost(call: Node) -> Node:
    """The last call of the chain that a call stands in."""
    node = call
    while (member := node.parent) is not None and member.type == "member_expression":
        above = member.parent
        if member.child_by_field_name("object") != node or above is None or above.type != "call_expression":
            break
        node = above
    return node


def calls_within(node: Node) -> Iterator[Node]:
    """The outermost calls of the chains in a node, in their order."""
    stack = [node]
    while stack:
        found = stack.pop()
        if found.type == "call_expression":
            yield found
        else:
            stack.extend(reversed(found.named_children))


def words(node: Node) -> str:
    """The text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def text_of(node: Node | None, known: Mapping[str, str] | None = None) -> str | None:
    """The text that a literal holds, or a name that is `known` to hold one; None where that is not known."""
    if node is None:
        return None
    if node.type == "string" or (node.type == "template_string" and not _is_filled(node)):
        return words(node)[1:-1]
    return (known or {}).get(words(node))


def texts_of(node: Node | None, known: Mapping[str, str] | None = None) -> tuple[str, ...] | None:
    """The texts of an array of literals, or the one of a literal; None where one is not known."""
    if node is None or node.type != "array":
        text = text_of(node, known)
        return None if text is None else (text,)
    found = tuple(text_of(child, known) for child in node.named_children if child.type != "comment")
    return None if None in found else tuple(text for text in found if text is not None)


def sql_of(node: Node | None) -> str | None:
    """SQL that is given as such: a template tagged `sql`, or the text of `raw(…)`; None for anything else."""
    if node is None or node.type != "call_expression":
        return None
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return None
    if arguments.type == "template_string":
        return words(arguments)[1:-1] if not _is_filled(arguments) else None
    name = words(function).rpartition(".")[2]
    if name == "raw" and arguments.named_children:
        return text_of(arguments.named_children[0])
    return "CURRENT_TIMESTAMP" if name in _NOW else None


def value_of(node: Node | None) -> str | None:
    """A constant, or an expression that is given as SQL, as SQL; None for what only the program knows."""
    if node is None:
        return None
    if node.type == "string":
        return "'" + words(node)[1:-1].replace("\\'", "'").replace("'", "''") + "'"
    if node.type in {"number", "true", "false"}:
        return words(node)
    if node.type == "unary_expression" and words(node)[1:].replace(".", "").isdigit():
        return words(node)
    if node.type == "null":
        return "NULL"
    return sql_of(node)


def callback_of(args: tuple[Node, ...]) -> tuple[str, Node] | None:
    """The function among some arguments: the name of its first parameter, and its body."""
    for node in args:
        if node.type not in _FUNCTIONS:
            continue
        given = node.child_by_field_name("parameter") or node.child_by_field_name("parameters")
        body = node.child_by_field_name("body")
        if given is None or body is None:
            return None
        first = given if given.type == "identifier" else next(iter(given.named_children), None)
        name = first.child_by_field_name("pattern") if first is not None else None
        return words(name or first) if (name or first) is not None else "", body  # type: ignore[arg-type]
    return None


def quoted(name: str) -> str:
    """A name, with its schema where it has one, as SQL."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def listed(names: tuple[str, ...]) -> str:
    """Several names in brackets."""
    return "(" + ", ".join(map(quoted, names)) + ")"


def _is_filled(node: Node) -> bool:
    return any(part.type == "template_substitution" for part in node.named_children)
