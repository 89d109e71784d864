"""A table's name as large as its box allows: what is read when the whole diagram is in view."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbarchitect.report.html.texts import columns, shortened

_SIZES = (30, 27, 24, 21, 18, 15, 12)
_SMALL = 21  # from this size down words may be broken
_CHARACTER = 0.62  # of the size: a fixed-width font
_LINE = 1.16
_WORD = re.compile(r"[^_.\s-]*[_.\s-]+|[^_.\s-]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_INSIDE = 14.0


@dataclass(frozen=True, slots=True)
class Sign:
    """The lines and their font size; `first` is the height of the first line's foot, `step` that of a line."""

    lines: tuple[str, ...]
    size: int
    first: float
    step: float


def sign(name: str, width: float, height: float) -> Sign:
    """The largest sign for a name in a box."""
    words = [part for word in _WORD.findall(shortened(name, 80)) for part in _HUMP.split(word)]
    for size in _SIZES:
        most = max(1, int((width - _INSIDE) / (size * _CHARACTER)))
        lines = _lines([piece for word in words for piece in _pieces(word, most, size)], most)
        if len(lines) * size * _LINE <= height - 6 and all(columns(line) <= most for line in lines):
            break
    else:
        lines = [shortened(name, most)]
    step = size * _LINE
    first = (height - step * len(lines)) / 2 + size * 0.92
    return Sign(tuple(lines), size, round(first, 1), round(step, 1))


def _pieces(word: str, most: int, size: int) -> list[str]:
    """A word in halves where it is too long for a line and the letters would become too small without."""
    if columns(word) <= most or size > _SMALL or len(word) > 2 * most:
        return [word]
    half = (len(word) + 1) // 2
    return [word[:half], word[half:]]


def _lines(words: list[str], most: int) -> list[str]:
    lines = [""]
    for word in words:
        if lines[-1] and columns(lines[-1]) + columns(word) > most:
            lines.append("")
        lines[-1] += word
    return lines
