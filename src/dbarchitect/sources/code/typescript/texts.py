"""Texts of a TypeScript program: templates, and texts that are put together by `+`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.sources.code.texts import text_or_unknown, together
from dbarchitect.sources.code.typescript.values import Const, Undefined
from dbarchitect.sources.code.values import Text, Value


def text_of(pieces: Iterable[str | Value], sources: tuple[str, ...]) -> Value:
    """A text of pieces, a constant where all of them are known."""
    found = text_or_unknown(together(pieces), sources)
    if isinstance(found, Text) and all(isinstance(piece, str) for piece in found.parts):
        return Const("".join(str(piece) for piece in found.parts))
    return found


def filled(parts: Iterable[str | Value], sources: Iterable[str]) -> Value:
    """A template: texts and values in turn, and how each value is written."""
    pieces: list[str | Value] = []
    written: list[str] = []
    remaining = iter(sources)
    for piece in parts:
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        source = next(remaining)
        inner = pieces_of(piece)
        pieces.extend(inner)
        if isinstance(piece, Text):
            written.extend(piece.sources)
        else:
            written.extend(source for part in inner if not isinstance(part, str))
    return text_of(pieces, tuple(written))


def pieces_of(value: Value) -> tuple[str | Value, ...]:
    """A value as pieces of a text."""
    match value:
        case Const(value=str() as text):
            return (text,)
        case Const(value=bool() | None) | Undefined():
            return (value,)
        case Const(value=int() | float() as number):
            return (str(number),)
        case Text(parts=parts):
            return parts
        case _:
            return (value,)


def is_text(value: Value) -> bool:
    """Whether a value is a text, as far as can be told."""
    return isinstance(value, Text) or (isinstance(value, Const) and isinstance(value.value, str))
