"""Where the source of a broken file, or of a broken class, can be cut into statements that are read one by one."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter

_CLAUSE = re.compile(rb"(?:elif|else|except|finally)\b")
_LONG_STRINGS = {
    b'"""': rb'"{3}(?:[^"\\]++|\\.|"(?!""))*+(?:"{3}|\Z)',
    b"'''": rb"'{3}(?:[^'\\]++|\\.|'(?!''))*+(?:'{3}|\Z)",
}
_SHORT_STRINGS = rb"""(?P<quote>["'])(?:(?!(?P=quote))[^\\\n]|\\.)*+(?:(?P=quote)|(?=\n)|\Z)|\#[^\n]*+"""


def cuts_at_margin(source: bytes) -> list[tuple[int, int]]:
    """Where a broken file is cut: at lines that begin at the margin, decorators and else-clauses with theirs."""
    found = cuts_at(source, 0, len(source), b"")
    return [(0, found[0][1]), *found[1:]] if found else [(0, len(source))]


def cuts_at(source: bytes, start: int, stop: int, indent: bytes) -> list[tuple[int, int]]:
    """The same of a part of it, at lines that are indented so; empty where there are none."""
    starts: list[int] = []
    previous = b""
    hidden = _long_strings(source)
    for match in re.finditer(rb"^" + re.escape(indent) + rb"(?=[^\s#)\]}'\"])", source[start:stop], re.MULTILINE):
        at = start + match.start()
        if _lies_in(at, hidden):
            continue
        joined = _CLAUSE.match(source, at + len(indent)) or previous == b"@"
        previous = source[at + len(indent) : at + len(indent) + 1]
        if not joined or not starts:
            starts.append(at)
    return list(zip(starts, [*starts[1:], stop], strict=True)) if starts else []


def _lies_in(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a place lies in one of the spans, which are in order."""
    before = bisect_left(spans, at, key=itemgetter(0)) - 1
    return before >= 0 and at < spans[before][1]


def _long_strings(source: bytes) -> list[tuple[int, int]]:
    """Where triple-quoted texts stand that end: their lines begin no statement."""
    found: list[tuple[int, int]] = []
    ending, at = dict(_LONG_STRINGS), 0
    while True:
        pattern = re.compile(b"|".join((*ending.values(), _SHORT_STRINGS)), re.DOTALL)
        for match in pattern.finditer(source, at):
            text = match.group()
            if text[:3] not in ending:
                continue
            if len(text) < 6 or not text.endswith(text[:3]):  # it does not end, and none behind it does
                del ending[text[:3]]
                at = match.start()
                break
            found.append(match.span())
        else:
            return found


def body_start(source: bytes, start: int) -> int:
    """The first byte of the line after a class's header: after the colon that closes it, comments passed over."""
    depth = 0
    at = start
    while at < len(source):
        char = source[at : at + 1]
        if char in b"([{":
            depth += 1
        elif char in b")]}":
            depth -= 1
        elif char == b"#":
            at = source.find(b"\n", at)
            if at < 0:
                return len(source)
        elif char == b":" and depth <= 0:
            break
        at += 1
    at = source.find(b"\n", at)
    while at >= 0:
        end = source.find(b"\n", at + 1)
        line = source[at + 1 : end if end >= 0 else len(source)].strip()
        if line and not line.startswith(b"#"):
            return at + 1
        at = end
    return len(source)
