"""Texts that a program puts together of pieces, whatever its language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from dbarchitect.sources.code.values import Opaque, Text, Value, columns_read, is_raw

_LONGEST = 200_000
"""Characters of the longest text that is remembered: one that is put to itself over and over has no end."""
_MOST = 2_000

P = TypeVar("P")


def together(pieces: Iterable[str | P]) -> list[str | P]:
    """Pieces of a text with those that are known and touch made one."""
    joined: list[str | P] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, str) and isinstance(last, str):
            joined[-1] = last + piece
        else:
            joined.append(piece)
    return joined


def text_or_unknown(pieces: Sequence[str | Value], sources: tuple[str, ...]) -> Text | Opaque:
    """A text of pieces; of one that is too long only where it comes from."""
    text = Text(tuple(pieces), sources)
    if len(pieces) <= _MOST and sum(len(piece) for piece in pieces if isinstance(piece, str)) <= _LONGEST:
        return text
    return Opaque(is_raw(text), columns_read(text))
