"""Schemas that migrations in JavaScript or TypeScript make with the schema builder of Kysely or Knex.

A file is read as SQL: what each call makes is written on the line of that call, so that every column keeps its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from tree_sitter import Node

from dbarchitect.sources.embedded import knex, kysely
from dbarchitect.sources.embedded.chains import (
    Step,
    callback_of,
    calls_within,
    chain_of,
    outermost,
    text_of,
    texts_of,
    words,
)
from dbarchitect.sources.sqlfiles.text import SqlText

BUILDS = re.compile(rb"\.\s*(?:createTable|createTableIfNotExists|alterTable|createIndex)\(")
MOVES = re.compile(rb"\.\s*(?:renameTable|dropTable|dropTableIfExists)\(")
"""What a file does that changes which tables there are and makes none: read beside those that make them."""
_STARTS = kysely.STARTS | knex.STARTS
_FUNCTIONS = {"variable_declarator", "function_declaration"}
_DEEPEST = 4
"""Functions that are handed on within each other."""
_FIELDS = {"public_field_definition", "variable_declarator", "field_definition"}


class _Lines:
    """The lines of a file, with the SQL that stands for what they make."""

    def __init__(self, count: int) -> None:
        self.pieces: list[list[str]] = [[] for _ in range(count)]

    def put(self, node: Node, text: str) -> None:
        """Write on the line of a node; a text of several lines on as many."""
        first = node.start_point[0]
        for offset, line in enumerate(text.split("\n")):
            self.pieces[min(first + offset, len(self.pieces) - 1)].append(line)

    def joined(self) -> bytes:
        """The file."""
        return "\n".join(" ".join(pieces) for pieces in self.pieces).encode()


def built(
    text: SqlText, root: Node, dialect: str, raw: Mapping[int, str], undoes: Callable[[Node], bool]
) -> SqlText | None:
    """A file with nothing left in it but what its builders make, and the statements (`raw`, by the byte that they begin
    at) that are written in SQL; None where there is neither. `undoes` tells the functions that take it back."""
    lines = _Lines(text.data.count(b"\n") + 1)
    known = dict(_constants(root))
    lists = dict(_lists(root, known))
    helpers = dict(_helpers(root)) if b"$call" in text.data else {}
    found = False
    for node in _in_order(root, undoes):
        if node.start_byte in raw and node.type != "call_expression":
            lines.put(node, raw[node.start_byte].rstrip().rstrip(";") + ";")
            found = True
        elif node.type == "call_expression":
            written = _write(node, lines, _Named(known, lists, helpers), dialect)
            found = written or found
    return replace(text, data=lines.joined(), digest="", _known=[0], _lines=[1]) if found else None


@dataclass(frozen=True, slots=True)
class _Named:
    """What the names of a file hold: texts, arrays of texts, functions."""

    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    helpers: Mapping[str, Node]


def _write(call: Node, lines: _Lines, named: _Named, dialect: str) -> bool:
    root, steps = chain_of(call)
    begins = [number for number, step in enumerate(steps) if step.name in _STARTS]
    if not begins or words(root).rpartition(".")[2] != "schema":
        return False  # nothing of a schema builder: `db.schema`, `this.schema`
    first = steps[begins[0]]
    of_knex = first.name in knex.TABLES and callback_of(first.args) is not None
    if of_knex or first.name not in kysely.STARTS:
        writer = knex.Knex(lines.put, named.texts, dialect, named.lists)
        return max([writer.write(step) for step in steps if step.name in knex.STARTS], default=False)
    return kysely.Kysely(lines.put, named.texts).write(tuple(_with_helpers(steps[begins[0] :], named.helpers, 0)))


def _with_helpers(steps: tuple[Step, ...], helpers: Mapping[str, Node], depth: int) -> Iterator[Step]:
    """The steps of a chain with those of the functions that are handed to `$call` in its place, on its line."""
    for step in steps:
        if step.name != "$call" or not step.args or depth > _DEEPEST:
            yield step
            continue
        given = step.args[0]
        function = callback_of((helpers.get(words(given), given),))
        for call in calls_within(function[1]) if function is not None else ():
            root, own = chain_of(call)
            if function is not None and words(root) == function[0]:
                put = tuple(replace(each, node=step.node) for each in own)
                yield from _with_helpers(put, helpers, depth + 1)


def _in_order(root: Node, undoes: Callable[[Node], bool]) -> Iterator[Node]:
    """The nodes of a file in their order: the last call of each chain, nothing within what a builder makes."""
    stack = [root]
    while stack:
        node = stack.pop()
        if undoes(node):
            continue
        yield node
        if node.type == "call_expression" and node == outermost(node):
            _, steps = chain_of(node)
            if any(step.name in _STARTS for step in steps):
                continue
        stack.extend(reversed(node.named_children))


def _helpers(root: Node) -> Iterator[tuple[str, Node]]:
    """The functions of a file that have a name."""
    stack = [root]
    while stack:
        node = stack.pop()
        name = node.child_by_field_name("name") if node.type in _FUNCTIONS else None
        value = node.child_by_field_name("value") if node.type == "variable_declarator" else node
        if name is not None and value is not None:
            yield words(name), value
        stack.extend(node.named_children)


def _constants(root: Node) -> Iterator[tuple[str, str]]:
    """The names that hold a text: constants of the file, fields of its classes."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in _FIELDS:
            name = node.child_by_field_name("name") or node.child_by_field_name("property")
            value = text_of(node.child_by_field_name("value"))
            if name is not None and value is not None:
                yield words(name), value
                yield f"this.{words(name)}", value
        stack.extend(node.named_children)


def _lists(root: Node, known: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names that hold an array of texts, in the file itself."""
    for statement in root.named_children:
        for node in statement.named_children:
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is not None and value is not None and value.type == "array":
                texts = texts_of(value, known)
                if texts:
                    yield words(name), texts
