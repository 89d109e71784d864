"""The text of one SQL file: its bytes, and where in them lines begin."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

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

    @cached_property
    def _lines(self) -> list[int]:
        starts = [0]
        at = self.data.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.data.find(b"\n", at + 1)
        return starts

    def origin(self, start: int, end: int) -> Origin:
        """The place of a span of bytes; columns count characters from one."""
        first, column = self._place(start)
        last, end_column = self._place(end)
        return Origin(self.path, first, column, last, end_column, start, end, self.digest)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        before = self.data[self._lines[line - 1] : offset]
        return line, len(before.decode("utf-8", "replace")) + 1


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
