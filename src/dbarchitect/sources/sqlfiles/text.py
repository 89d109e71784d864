"""The text of one SQL file: its bytes, and which line and column an offset in them is."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.discover import utf16_coding

_BEGINNING = 8000
_IN_TEXTS = bytes({7, 8, 9, 10, 11, 12, 13, 27, *range(32, 256)})
_MOST_CONTROLS = 0.05
A_DUMP = "a dump in pg_dump's own format: `pg_restore --schema-only --file=schema.sql` makes SQL of it"
"""What there is to say of one."""


@dataclass(frozen=True)
class SqlText:
    """A file's content as UTF-8. `path` is relative to the project, with `/`; for `digest` see `read_text`."""

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

    A mark at the beginning, and a NUL, which no server takes, become blanks, so that everything keeps its place. Where
    decoding moved the places, the digest is that of the decoded text: an edit of the file will be refused. What is no
    text is left empty, and that is reported once.
    """
    if is_binary(raw):
        what = A_DUMP if is_dump(raw) else "no text"
        digest = hashlib.sha256(raw).hexdigest()
        return SqlText(path, b"", digest, (Diagnostic(Origin(path, digest=digest), f"not read: it is {what}"),))
    problems: list[tuple[int, str]] = []
    data = in_utf8(raw)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append((line, f"line {line} is not UTF-8: the characters that could not be read are replaced"))
        data = data.decode("utf-8", "replace").encode()
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(b"\xef\xbb\xbf"):
        data = b"   " + data[3:]
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        problems.append((line, f"line {line} holds a NUL byte, read as a blank"))
        data = data.replace(b"\0", b" ")
    diagnostics = tuple(Diagnostic(Origin(path, line, digest=digest), text) for line, text in problems)
    return SqlText(path, data, digest, diagnostics)


def is_binary(raw: bytes) -> bool:
    """Whether a file is none of text, in whatever coding: it holds NULs, and control characters all over."""
    beginning = raw[:_BEGINNING]
    if b"\0" not in beginning or utf16_coding(raw) is not None:
        return False
    return len(beginning.translate(None, _IN_TEXTS)) > _MOST_CONTROLS * len(beginning)


def is_dump(raw: bytes) -> bool:
    """Whether it is what `pg_dump --format=custom` writes: no SQL, but `pg_restore` makes SQL of it."""
    return raw.startswith(b"PGDMP")


def in_utf8(raw: bytes) -> bytes:
    """The bytes of a file, in UTF-8 where they are UTF-16; otherwise as they are."""
    coding = utf16_coding(raw)
    return raw if coding is None else raw.decode(coding, "replace").encode("utf-8", "replace")
