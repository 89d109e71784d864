"""The text of one SQL file: its bytes, and which line and column an offset in them is."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field

from dbarchitect.catalog.refs import Diagnostic, Origin


@dataclass(frozen=True)
class SqlText:
    """A file's content as UTF-8 without a mark. `path` is relative to the project, with `/`.

    `digest` is that of the file as it lies there; what a decoding changed makes it differ from `data`.
    """

    path: str
    data: bytes
    digest: str
    diagnostics: tuple[Diagnostic, ...] = ()
    _known: list[int] = field(default_factory=lambda: [0], repr=False, compare=False)
    _lines: list[int] = field(default_factory=lambda: [1], repr=False, compare=False)

    def origin(self, start: int, end: int) -> Origin:
        """The place of a span of bytes; columns count characters from one."""
        first, column = self._place(start)
        last, end_column = self._place(end)
        return Origin(self.path, first, column, last, end_column, start, end, self.digest)

    def _place(self, offset: int) -> tuple[int, int]:
        line = self._line(offset)
        before = self.data[self.data.rfind(b"\n", 0, offset) + 1 : offset]
        return line, len(before.decode("utf-8", "replace")) + 1

    def _line(self, offset: int) -> int:
        """The line of an offset, counted on from the nearest place before it that was asked for."""
        at = bisect_right(self._known, offset) - 1
        start = self._known[at]
        line = self._lines[at] + self.data.count(b"\n", start, offset)
        if at == len(self._known) - 1 and offset > start:
            self._known.append(offset)
            self._lines.append(line)
        return line


def read_text(path: str, raw: bytes) -> SqlText:
    """The text of a file, whatever its coding; what is not UTF-8 is replaced and reported.

    A NUL, which no server takes, is replaced by a blank so that what follows keeps its place.
    """
    digest = hashlib.sha256(raw).hexdigest()
    problems: list[str] = []
    data = raw
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = raw.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(f"line {line} is not UTF-8: the characters that could not be read are replaced")
        data = data.decode("utf-8", "replace").encode()
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        problems.append(f"line {line} holds a NUL byte, read as a blank")
        data = data.replace(b"\0", b" ")
    origin = Origin(path, digest=digest)
    return SqlText(path, data, digest, tuple(Diagnostic(origin, text) for text in problems))
