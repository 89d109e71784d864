"""Takes a schema file apart into blocks and lines, whatever is broken in it: one bad block must not lose the file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NOISE = re.compile(r'"(?:[^"\\\n]|\\.)*"?|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_HEAD = re.compile(r"^[ \t]*(?P<kind>[A-Za-z]+)[ \t]+(?P<name>[^\s{}\"@=]+)\s*\{", re.MULTILINE)
_BRACE = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[{}]')
_BRACKET = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[()\[\]{}\n]')
_ATTRIBUTE = re.compile(r"\s*@@")
LONGEST = 200
"""How many lines an open bracket may go on over."""
KINDS = frozenset({"model", "view", "enum", "type", "datasource", "generator"})


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: it goes on over line ends as long as a bracket is open. Offsets count characters."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block with its lines; `end` is just after the closing brace, or where the next block begins if it has none."""

    kind: str
    name: str
    start: int
    end: int
    closed: bool
    lines: tuple[Line, ...]


def without_comments(text: str) -> str:
    """The text with comments blanked, of the same length."""

    def blank(match: re.Match[str]) -> str:
        found = match.group()
        return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)

    return _NOISE.sub(blank, text)


def unclosed_comment(text: str) -> Line | None:
    """The line in which a comment begins that never ends, and takes the rest of the file with it."""
    for match in _NOISE.finditer(text):
        found = match.group()
        if found.startswith("/*") and (len(found) < len("/**/") or not found.endswith("*/")):
            return Line(found.partition("\n")[0], match.start())
    return None


def split(text: str) -> Iterator[RawBlock | Line]:
    """The blocks of a schema without comments, in order, and as lines what stands outside any block."""
    position = 0
    heads = [head for head in _HEAD.finditer(text) if head["kind"] in KINDS and _outside_quotes(text, head)]
    for index, head in enumerate(heads):
        if head.start() < position:
            continue  # inside a block: a field could look like that
        yield from _strays(text, position, head.start())
        following = heads[index + 1].start() if index + 1 < len(heads) else len(text)
        close = _closing(text, head.end())
        closed = close is not None and close <= following
        end = close if close is not None and closed else following
        lines = tuple(_lines(text, head.end(), end - 1 if closed else end))
        yield RawBlock(head["kind"], head["name"], head.start("kind"), end, closed, lines)
        position = end
    yield from _strays(text, position, len(text))


def _outside_quotes(text: str, head: re.Match[str]) -> bool:
    line = text[text.rfind("\n", 0, head.start()) + 1 : head.start()]
    return not line.strip()


def _closing(text: str, start: int) -> int | None:
    """Just after the brace that closes the block whose body begins at `start`."""
    depth = 1
    for match in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    return None


def _strays(text: str, start: int, end: int) -> Iterator[Line]:
    position = start
    for line in text[start:end].split("\n"):
        if line.strip():
            yield Line(line.rstrip(), position)
        position += len(line) + 1


def _lines(text: str, start: int, end: int) -> Iterator[Line]:
    """The logical lines of a body. A bracket that is never closed ends with its own line."""
    position = start
    while position < end:
        line_end = _end_of_line(text, position, end)
        piece = text[position:line_end]
        if piece.strip():
            yield Line(piece.strip(), position + len(piece) - len(piece.lstrip()))
        position = line_end + 1


def _end_of_line(text: str, start: int, end: int) -> int:
    depth, first, ends = 0, None, 0
    for match in _BRACKET.finditer(text, start, end):
        found = match.group()
        if found in {"(", "[", "{"}:
            depth += 1
        elif found in {")", "]", "}"}:
            depth -= 1
        elif found == "\n":
            here = match.start()
            if depth <= 0:
                return here
            first = here if first is None else first
            ends += 1
            if _ATTRIBUTE.match(text, here, end) or ends > LONGEST:
                return first  # the next attribute of the block, or too much: the bracket was forgotten
    return end if depth <= 0 or first is None else first
