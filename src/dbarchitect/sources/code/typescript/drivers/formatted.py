"""Texts of SQL that pg-format makes: `format("insert into %I values %L", name, rows)`; it quotes what it puts in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.sources.code.typescript.texts import filled, whole
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import OPAQUE, Opaque, Value

_PACKAGE = "pg-format"
_MARK = re.compile(r"(?P<values>\b(?i:values)\s*+)?%(?:(?P<number>\d++)\$)?(?P<kind>[sIL%])")
_QUOTED = Opaque(number=True)
"""What is put in so that it can be nothing but a name."""


def formatted(library: str, arguments: Arguments) -> Value | None:
    """The text that a call of the library gives, with a place for each value that it quotes; None for another's."""
    if library.partition(":")[0] != _PACKAGE or not arguments.args:
        return None
    text = whole(arguments.args[0])
    if text is None:
        return None
    remaining = iter(arguments.args[1:])
    parts: list[str | Value] = []
    for part in text.parts:
        parts.extend(_put_in(part, arguments, remaining) if isinstance(part, str) else (part,))
    names = iter(text.sources)
    known = {id(part) for part in text.parts if not isinstance(part, str)}
    sources = [next(names, "…") if id(part) in known else "…" for part in parts if not isinstance(part, str)]
    return filled(parts, sources)


def _put_in(text: str, arguments: Arguments, remaining: Iterator[Value]) -> Iterator[str | Value]:
    at = 0
    for mark in _MARK.finditer(text):
        yield text[at : mark.start()]
        at = mark.end()
        yield mark["values"] or ""
        if mark["kind"] == "%":
            yield "%"
            continue
        value = arguments.get(int(mark["number"])) if mark["number"] else next(remaining, OPAQUE)
        if mark["kind"] == "L":
            yield "($1)" if mark["values"] else "$1"  # rows are put in with their brackets
        elif mark["kind"] == "I":
            yield f'"{value.value}"' if isinstance(value, Const) and isinstance(value.value, str) else _QUOTED
        else:
            yield value or OPAQUE
    yield text[at:]
