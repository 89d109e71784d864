"""Pieces of SQL that are put into a query: `knex.raw("lower(??) = ?", ["email", email])`."""

from __future__ import annotations

import re

from dbarchitect.sources.code.typescript.builders.values import Fragment, Raw
from dbarchitect.sources.code.typescript.texts import ways_of
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Text, Value

_PLACE = re.compile(r"\\\?|\?\??|(?<![:\w]):(\w+):?")
"""A question mark (`\\?`), the place of a value (`?`), of a name (`??`), the same by name (`:name`, `:name:`)."""


def fragment_of(arguments: Arguments) -> Fragment:
    """A text with its bindings as a piece of SQL; what is pasted into it is a hole."""
    first, bound = arguments.get(0), arguments.args[1:]
    if isinstance(first, Fragment):
        return first
    named = bound[0].entries if bound and isinstance(bound[0], Entries) else {}
    given = list(bound[0].items) if len(bound) == 1 and isinstance(bound[0], Items) else list(bound)
    parts: list[str | Value] = []
    for piece in _pieces(first):
        parts.extend(_filled(piece, given, named) if isinstance(piece, str) else [piece])
    return Fragment(tuple(parts))


def _pieces(value: Value | None) -> tuple[str | Value, ...]:
    if isinstance(value, Const):
        return (str(value.value),)
    if isinstance(value, Text):
        way = ways_of(value)[0]
        names = iter(way.sources)
        return tuple(part if isinstance(part, str) else Raw(part, next(names, "…")) for part in way.parts)
    return (Raw(value if value is not None else OPAQUE, "…"),)


def _filled(text: str, given: list[Value], named: dict[str, Value]) -> list[str | Value]:
    """A text with what is bound to its places, in order."""
    parts: list[str | Value] = []
    end = 0
    for found in _PLACE.finditer(text):
        if found[1] is not None and found[1] not in named:
            continue
        parts.append(text[end : found.start()])
        end = found.end()
        if found[0] == "\\?":
            parts.append("?")
            continue
        value = named[found[1]] if found[1] is not None else given.pop(0) if given else OPAQUE
        is_name = found[0] == "??" or (found[1] is not None and found[0].endswith(":"))
        parts.append(_quoted(value) if is_name else value)
    parts.append(text[end:])
    return [part for part in parts if part != ""]


def _quoted(name: Value) -> str | Value:
    if not isinstance(name, Const):
        return Raw(name, "??")
    return ".".join(part if part == "*" else '"' + part.replace('"', '""') + '"' for part in str(name.value).split("."))
