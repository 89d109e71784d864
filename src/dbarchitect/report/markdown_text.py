"""Texts from a database or a repository inside Markdown: what could be read as mark-up or HTML is made plain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dbarchitect.report.clean import one_line

_BEGINS_BLOCK = re.compile(r"\s*([-+=]|\d+(?=[.)]))")  # a list, a heading's or a table's line, where a line begins
_MARKS = re.compile(r"([\\`*_{}\[\]()#+!|<>~&])")


def plain(text: str) -> str:
    """A text on one line whose every character is seen as it is; what stands between backquotes stays code."""
    parts = re.split(r"(`[^`]+`)", one_line(text))
    made = "".join(part if number % 2 else _escaped(part) for number, part in enumerate(parts))
    begins = _BEGINS_BLOCK.match(made)
    if begins is None:
        return made.lstrip(" ")
    mark = begins[1]
    return (mark + "\\" if mark.isdecimal() else "\\" + mark) + made[begins.end() :]


def _escaped(text: str) -> str:
    marked = _MARKS.sub(r"\\\1", text)
    marked = re.sub(r"(?<=\w)\\_(?=\w)", "_", marked)  # inside a word an underscore marks nothing
    marked = re.sub(r"\\([()+!])", r"\1", marked)  # these mark only beside a bracket, which is escaped
    return re.sub(r"https?://", lambda m: m[0].replace(":", "&#58;"), marked)


def code(text: str) -> str:
    """A name or a short piece of code on one line, in as many backquotes as it needs."""
    clean = one_line(text) or " "
    longest = max((len(run) for run in re.findall(r"`+", clean)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{pad}{clean}{pad}{fence}"


def cell(text: str) -> str:
    """Markdown that is to stand in a table: a bar would end the cell."""
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def fenced(lines: Iterable[str], language: str) -> list[str]:
    """A block of code, its fence longer than any inside; control characters shown as escapes."""
    inside = [one_line(row) for line in lines for row in line.split("\n")]
    longest = max((len(run) for row in inside for run in re.findall(r"`+", row)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *inside, fence]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table of ready Markdown; nothing where there is no row."""
    listed = [f"| {' | '.join(cell(item) for item in row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *listed] if listed else []
