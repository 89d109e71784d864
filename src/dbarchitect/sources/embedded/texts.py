"""SQL that stands in the texts of a program: a file of it with nothing left but those texts, and what they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import tree_sitter

from dbarchitect.catalog.survey import Application
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.sqlfiles.dialects import READABLE
from dbarchitect.sources.sqlfiles.reading import NOT_YET, replay
from dbarchitect.sources.sqlfiles.text import SqlText

_MAKES = re.compile(rb"(?>\s*(?:--[^\n]*+\s*+)*)create\s+(?:table|unique\s+index|index)\b", re.IGNORECASE)
_WIDENS = re.compile(rb"\s*alter\s+table\s+\S+\s+(?:add|rename)\b", re.IGNORECASE)
_CREATES = re.compile(rb"\bcreate\s+table\b", re.IGNORECASE)
SAMPLES = re.compile(r"(?:^|/)(?:fixtures?|samples?|examples?|demo|docs)(?:/|\.py$)")
_PASSING = re.compile(r"(?:^|_)(?:new|old|tmp|temp|temporary|backup|bak|copy)(?:_|$)", re.IGNORECASE)
"""Tables that a program makes to move another one's rows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between the quotes of a text, or of one of the pieces that it is written in.

    `node` holds its escapes, `begin` and `stop` are bytes of the file. `words` stand in for a place that only the
    running program fills; where they are longer than it, the text stands `alone`.
    """

    node: tree_sitter.Node
    begin: int
    stop: int
    words: bytes | None = None


def is_schema(content: bytes) -> bool:
    """Whether a text makes tables, indexes or columns."""
    if _MAKES.match(content) or _WIDENS.match(content):
        return True
    return any(
        (found := _CREATES.search(statement)) is not None
        and found.end() <= statement.find(b"(", found.end()) < statement.rfind(b")")
        for statement in content.split(b";")[:-1]
    )


def content_of(pieces: Iterable[Piece], data: bytes) -> bytes:
    """A text as it is written, its pieces put together."""
    return b"".join(piece.words or data[piece.begin : piece.stop] for piece in pieces)


def only(text: SqlText, kept: Iterable[Sequence[Piece]]) -> SqlText:
    """A file with nothing left in it but some of its texts, each a statement that keeps its line and column."""
    left = bytearray(byte if byte in b"\r\n" else 32 for byte in text.data)
    for pieces in kept:
        for piece in pieces:
            left[piece.begin : piece.stop] = _content(piece, text.data).ljust(piece.stop - piece.begin)
        end = pieces[-1].stop
        left[end : end + 1] = b";"
    return replace(text, data=bytes(left))


def alone(text: SqlText, pieces: Sequence[Piece]) -> SqlText:
    """A file with nothing left in it but one text, the words in whose places may be longer than these: it begins on
    its line and column."""
    before = re.sub(rb"[^\r\n]", b" ", text.data[: pieces[0].begin])
    parts = [before]
    at = pieces[0].begin
    for piece in pieces:
        parts += b" " * (piece.begin - at), _content(piece, text.data)
        at = piece.stop
    return replace(text, data=b"".join((*parts, b";")), _known=[0], _lines=[1])


def _content(piece: Piece, data: bytes) -> bytes:
    """The content of a piece, an escaped quote as the quote, other escapes as blanks.

    The blank that the backslash becomes stands outside of what is quoted: `\\'\\'` is an empty text.
    """
    if piece.words is not None:
        return piece.words
    left = bytearray(data[piece.begin : piece.stop])
    for escape in piece.node.named_children:
        if escape.type != "escape_sequence":
            continue
        first, end = escape.start_byte - piece.begin, escape.end_byte - piece.begin
        last = data[escape.end_byte - 1 : escape.end_byte]
        opens = left.count(last, 0, first) % 2 == 0
        blank = b" " * (end - first - 1)
        if last not in {b"'", b'"'}:
            left[first:end] = b" " * (end - first)
        else:
            left[first:end] = blank + last if opens else last + blank
    return bytes(left)


def made_of(texts: list[SqlText], dialect: str, name: str, folder: str = ".") -> tuple[SourceReading, ...]:
    """The application in a folder whose tables statements in the texts of a program make; empty where none is read."""
    if not texts or dialect not in READABLE:
        return ()
    replayed = replay(texts, dialect, ordered=False)
    names = {table.name for table in replayed.catalog.tables}
    tables = tuple(table for table in replayed.catalog.tables if not _is_passing(table.name, names))
    if not any(table.columns for table in tables):
        return ()
    said = tuple(d for d in replayed.diagnostics if NOT_YET not in d.text and "already" not in d.text)
    application = Application(name, folder, "sql")
    read = tuple(dict.fromkeys(text.path for text in texts))
    return (SourceReading(application, replace(replayed.catalog, tables=tables), (), said, read),)


def _is_passing(name: str, names: set[str]) -> bool:
    return _PASSING.search(name) is not None and bool(
        {_PASSING.sub("", name), _PASSING.sub("_", name).strip("_")} & names
    )
