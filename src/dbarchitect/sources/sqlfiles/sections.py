"""The parts of a migration file that lead forward, where one file holds both ways.

goose, dbmate, sql-migrate, Play evolutions and MyBatis mark the way back with a comment; it must not be replayed.
"""

from __future__ import annotations

import re

_MARK = re.compile(
    rb"""^[ \t]*(?:--[ \t]*\+goose[ \t]+(?P<goose>up|down)\b
      | --[ \t]*migrate:(?P<dbmate>up|down)\b
      | --[ \t]*\+migrate[ \t]+(?P<sqlmigrate>up|down)\b
      | (?:--|\#)[ \t]*(?:---[ \t]*)?!(?P<play>ups|downs)\b
      | --[ \t]*(?:=+[ \t]*)?(?P<word>up|down)(?:[ \t]+migration)?[ \t]*(?:=+)?[ \t]*$
      | --[ \t]*//[ \t]*(?P<mybatis>@undo)\b
      | --[ \t]*rollback:?[ \t]*(?P<rollback>)$)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)


def forward_parts(data: bytes) -> list[tuple[int, int]]:
    """The spans of bytes to read, in order: the whole file unless marks divide it."""
    parts: list[tuple[int, int]] = []
    start: int | None = 0
    for mark in _MARK.finditer(data):
        direction = b"".join(group or b"" for group in mark.groups()).lower()
        back = direction.startswith((b"down", b"@undo")) or mark["rollback"] is not None
        if back and start is not None:
            parts.append((start, mark.start()))
            start = None
        elif not back and start is None:
            start = mark.end()
    if start is not None:
        parts.append((start, len(data)))
    return [(first, last) for first, last in parts if first < last]
