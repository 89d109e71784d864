"""Schemas that a program makes by itself: `CREATE TABLE` in the texts that its Python hands to a driver. For those of
JavaScript and TypeScript see `sources.embedded_scripts`.

A file is read as SQL with everything but those texts made blank, so that each statement keeps its line and column.
Texts that are put together while the program runs are left out. It is what small programs do who have no models and no
SQL files, and is asked of projects only in which nothing else declares tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import tree_sitter

from dbarchitect.catalog.survey import Application
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.parse import parse
from dbarchitect.sources.sqlfiles.dialects import READABLE, dialect_of_content
from dbarchitect.sources.sqlfiles.reading import NOT_YET, replay
from dbarchitect.sources.sqlfiles.text import SqlText, read_text

_MAKES = re.compile(rb"\s*(?:--[^\n]*\s*)*create\s+(?:table|unique\s+index|index)\b", re.IGNORECASE)
_WIDENS = re.compile(rb"\s*alter\s+table\s+\S+\s+add\b", re.IGNORECASE)
_SCRIPT = re.compile(rb"\bcreate\s+table\b[^;]*\([^;]*\)[^;)]*;", re.IGNORECASE)
_TABLE = re.compile(rb"\bcreate\s+table\b", re.IGNORECASE)
_OF_DRIVERS = {
    "postgresql": (b"psycopg", b"asyncpg", b"pg8000"),
    "sqlite": (b"sqlite3", b"aiosqlite", b"apsw"),
    "mysql": (b"pymysql", b"MySQLdb", b"mysql.connector", b"aiomysql"),
}
SAMPLES = re.compile(r"(?:^|/)(?:fixtures?|samples?|examples?|demo|docs)(?:/|\.py$)")
_PASSING = re.compile(r"(?:^|_)(?:new|old|tmp|temp|temporary|backup|bak|copy)(?:_|$)", re.IGNORECASE)
"""Tables that a program makes to move another one's rows."""


def read_embedded(project: Project, index: PythonIndex) -> tuple[SourceReading, ...]:
    """The one application whose tables are made by texts in its Python files; empty where there are none."""
    words = (b"CREATE TABLE", b"create table", b"Create Table")
    wanted = {module.path for word in words for module in index.candidates(word)}
    files = [file for file in project.by_suffix(".py") if file.path in wanted and not SAMPLES.search(file.path)]
    found = [text for file in files if (text := _sql_of(file)) is not None]
    dialect, texts = _of_one_engine(found, index)
    return made_of(texts, dialect, project.root.name or "python")


def made_of(texts: list[SqlText], dialect: str, name: str) -> tuple[SourceReading, ...]:
    """The application that statements in the texts of a program make; empty where they make no table that is read."""
    if not texts or dialect not in READABLE:
        return ()
    replayed = replay(texts, dialect, ordered=False)
    names = {table.name for table in replayed.catalog.tables}
    tables = tuple(table for table in replayed.catalog.tables if not _is_passing(table.name, names))
    if not any(table.columns for table in tables):
        return ()
    said = tuple(d for d in replayed.diagnostics if NOT_YET not in d.text and "already" not in d.text)
    application = Application(name, ".", "sql")
    read = tuple(text.path for text in texts)
    return (SourceReading(application, replace(replayed.catalog, tables=tables), (), said, read),)


def _is_passing(name: str, names: set[str]) -> bool:
    return _PASSING.search(name) is not None and _PASSING.sub("", name) in names


def _of_one_engine(texts: list[SqlText], index: PythonIndex) -> tuple[str, list[SqlText]]:
    """The engine whose driver the files with the statements import, else any file, else what the statements say; and
    the texts that are not another engine's. Of several engines PostgreSQL is the one to look at."""
    users = {
        engine: {module.path for driver in drivers for module in index.candidates(driver)}
        for engine, drivers in _OF_DRIVERS.items()
    }
    here = [engine for engine, paths in users.items() if any(text.path in paths for text in texts)]
    anywhere = [engine for engine, paths in users.items() if paths]
    if not here:
        said = anywhere[0] if len(anywhere) == 1 else dialect_of_content(text.data for text in texts)
        return said or "sqlite", texts
    others = {path for engine in here[1:] for path in users[engine]} - users[here[0]]
    return here[0], [text for text in texts if text.path not in others]


def is_schema(content: bytes) -> bool:
    """Whether a text makes tables, indexes or columns."""
    found = _MAKES.match(content) or _WIDENS.match(content) or _SCRIPT.search(content)
    return found is not None


def _sql_of(file: SourceFile) -> SqlText | None:
    """A Python file with nothing left in it but the texts that make tables and indexes; None where there are none."""
    try:
        text = read_text(file.path, file.read_bytes())
    except OSError:
        return None
    data = text.data
    left = bytearray(byte if byte in b"\r\n" else 32 for byte in data)
    found = False
    for pieces in _literals(parse(data).root_node):
        content = b"".join(data[piece.start_byte : piece.end_byte] for piece in pieces)
        if is_schema(content):
            found = found or _TABLE.search(content) is not None
            for piece in pieces:
                copy_text((piece.start_byte, piece.end_byte), piece.named_children, data, left)
            end = pieces[-1].end_byte
            left[end : end + 1] = b";"
    return replace(text, data=bytes(left)) if found else None


def _literals(root: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, ...]]:
    """The contents of each text of a file, of one that is written in several pieces all of them."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in {"string", "concatenated_string"}:
            strings = [node] if node.type == "string" else [c for c in node.named_children if c.type == "string"]
            parts = [part for string in strings for part in string.named_children]
            contents = tuple(part for part in parts if part.type == "string_content")
            if contents and not any(part.type == "interpolation" for part in parts):
                yield contents
            continue
        stack.extend(reversed(node.named_children))


def copy_text(span: tuple[int, int], parts: Iterable[tree_sitter.Node], data: bytes, left: bytearray) -> None:
    """Copy the content of a text, an escaped quote as the quote, other escapes as blanks.

    The blank that the backslash becomes stands outside of what is quoted: `\\'\\'` is an empty text.
    """
    begin, stop = span
    left[begin:stop] = data[begin:stop]
    for escape in parts:
        if escape.type != "escape_sequence":
            continue
        first, end = escape.start_byte, escape.end_byte
        last = data[end - 1 : end]
        opens = left.count(last, begin, first) % 2 == 0
        blank = b" " * (end - first - 1)
        if last not in {b"'", b'"'}:
            left[first:end] = b" " * (end - first)
        else:
            left[first:end] = blank + last if opens else last + blank
