"""Looking into the syntax trees of tree-sitter's PostgreSQL grammar, whose node names are those of PostgreSQL's own."""

from __future__ import annotations

import re
from functools import cache

from tree_sitter import Language, Node, Parser

LONGEST_NAME = 63
"""Bytes: PostgreSQL cuts longer identifiers off."""

_NAME = re.compile(r'"((?:[^"]|"")*)"|([^\s."]+)')


@cache
def _parser() -> Parser:
    import tree_sitter_postgres

    return Parser(Language(tree_sitter_postgres.language()))


def parse(statement: bytes) -> Node:
    """The tree of one statement, errors and all."""
    return _parser().parse(statement + b";").root_node


def text(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def child(node: Node | None, *types: str) -> Node | None:
    """The first child of one of these types."""
    if node is None:
        return None
    return next((c for c in node.children if c.type in types), None)


def collect(node: Node | None, *types: str) -> list[Node]:
    """The topmost descendants of these types, in order: the items of a list, however it nests."""
    found: list[Node] = []
    stack = [node] if node is not None else []
    while stack:
        here = stack.pop()
        stack.extend(reversed(here.children))
        while stack and stack[-1].type in types:
            found.append(stack.pop())
    return found


def first(node: Node | None, *types: str) -> Node | None:
    """The first descendant of one of these types."""
    found = collect(node, *types)
    return found[0] if found else None


def words(node: Node | None) -> tuple[str, ...]:
    """The keywords that stand directly in a node, in upper case."""
    if node is None:
        return ()
    return tuple(c.type[3:].upper() for c in node.children if c.type.startswith("kw_"))


def has_words(node: Node | None, *wanted: str) -> bool:
    """Whether these keywords stand directly in the node, one after the other."""
    if node is None:
        return False
    found, length = words(node), len(wanted)
    return any(found[at : at + length] == wanted for at in range(len(found) - length + 1))


def shortened(name: str) -> str:
    """A name cut to the bytes that the server keeps."""
    raw = name.encode()
    return name if len(raw) <= LONGEST_NAME else raw[:LONGEST_NAME].decode("utf-8", "ignore")


def names(spelled: str) -> tuple[str, ...]:
    """The parts of a name that may be qualified, at least one."""
    parts = tuple(
        shortened(quoted.replace('""', '"')) if bare == "" else shortened(bare.lower())
        for quoted, bare in _NAME.findall(spelled)
    )
    return parts or ("",)


def name_of(node: Node | None) -> str | None:
    """The last part of the name that a node is; None without a node."""
    return names(text(node))[-1] if node is not None else None


def qualified(node: Node) -> tuple[str | None, str]:
    """The schema, where one is written, and the name that a node is."""
    parts = names(text(node))
    return (parts[-2] if len(parts) > 1 else None), parts[-1]


def string(node: Node | None) -> str | None:
    """The content of a string constant, in whichever of PostgreSQL's notations."""
    if node is None:
        return None
    spelled = text(node).strip()
    if spelled.startswith("$"):
        tag = spelled[: spelled.index("$", 1) + 1]
        return spelled[len(tag) : -len(tag)]
    if spelled[:2].lower() == "e'":
        return re.sub(r"\\(.)", _unescaped, spelled[2:-1].replace("''", "'"), flags=re.DOTALL)
    return spelled.lstrip("uUnNbBxX&")[1:-1].replace("''", "'") if "'" in spelled else None


def _unescaped(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(match[1], match[1])


def string_or_name(spelled: str) -> str:
    """What a value of SET stands for, whether it is quoted as a string, as a name or not at all."""
    if spelled.startswith("'"):
        return spelled[1:-1].replace("''", "'")
    return names(spelled)[-1]
