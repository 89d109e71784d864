"""Texts of a TypeScript program: templates, and texts that are put together by `+`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.sources.code.alternatives import is_fragment, is_statement_piece, one_of, sometimes, ways_through
from dbarchitect.sources.code.texts import text_or_unknown, together
from dbarchitect.sources.code.typescript.values import Choice, Const, Undefined
from dbarchitect.sources.code.values import Text, Value

_DIRECTIONS = frozenset({"asc", "desc"})


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


def whole(value: Value) -> Text | None:
    """A value as a text; None for what is none."""
    if isinstance(value, Text):
        return value
    return Text((value.value,)) if isinstance(value, Const) and isinstance(value.value, str) else None


def one_text(first: Value, second: Value) -> Value | None:
    """A text that is the one or the other, as the program decides; None where neither is a piece of SQL."""
    if isinstance(first, Const) and isinstance(second, Const):
        if not isinstance(first.value, str) or not isinstance(second.value, str) or first.value == second.value:
            return None
        if not is_fragment(first.value) and not is_fragment(second.value):
            return None
        return one_of(Text((first.value,)), Text((second.value,)))
    one, other = whole(first), whole(second)
    if one is None or other is None or one == other:
        return None
    return one_of(one, other) if is_statement_piece(one) or is_statement_piece(other) else None


def perhaps(value: Value) -> Value | None:
    """A piece of SQL that is there on some ways through the code only; None for anything else."""
    text = whole(value)
    return sometimes(text) if text is not None and is_statement_piece(text) else None


def ways_of(value: Value) -> tuple[Text, ...]:
    """The texts that a value may come to, the fullest first; none where it is no text."""
    if isinstance(value, Choice):
        value = Text((value,), ("…",))
    text = whole(value)
    return ways_through(text, _pieces_of_choice) if text is not None else ()


def _pieces_of_choice(value: Value) -> tuple[str, ...] | None:
    """The texts that a value is one of, where they are more than a word: conditions, directions."""
    if not isinstance(value, Choice):
        return None
    texts = tuple(known.value for known in value.values if isinstance(known.value, str))
    several = any(" " in text or not text or text.lower() in _DIRECTIONS for text in texts)
    return tuple(sorted(texts, key=len, reverse=True)) if several and len(texts) == len(value.values) else None
