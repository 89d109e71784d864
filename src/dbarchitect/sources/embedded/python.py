"""Schemas that a program makes by itself: `CREATE TABLE` in the texts that its Python hands to a driver. For those of
JavaScript and TypeScript see `scripts`.

A file is read as SQL with everything but those texts made blank, so that each statement keeps its line and column.
Texts that are put together while the program runs are left out, but for those of which only a default, a schema, a type
that its name tells, or a constant of the file is put in. It is what small programs do who have no models and no
SQL files, and is asked of projects only in which nothing else declares tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import tree_sitter

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.embedded.texts import SAMPLES, Piece, content_of, is_schema, made_of, only
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.parse import parse
from dbarchitect.sources.sqlfiles.dialects import dialect_of_content
from dbarchitect.sources.sqlfiles.text import SqlText, read_text

_TABLE = re.compile(rb"\bcreate\s+table\b", re.IGNORECASE)
_OF_DRIVERS = {
    "postgresql": (b"psycopg", b"asyncpg", b"pg8000"),
    "sqlite": (b"sqlite3", b"aiosqlite", b"apsw"),
    "mysql": (b"pymysql", b"MySQLdb", b"mysql.connector", b"aiomysql"),
}
_NEAR = 80
"""Bytes before a place that the program fills, which tell what it holds."""
_DEFAULT = re.compile(rb"\bdefault\s+$", re.IGNORECASE)
_REFERENCED = re.compile(rb"\b(?:references|table|exists)\s+$", re.IGNORECASE)
_AFTER_NAME = re.compile(rb"[(,]\s*[\"`]?\w+[\"`]?\s+$")
_TYPES = tuple(
    (re.compile(said, re.IGNORECASE), words)
    for said, words in (
        (rb"primary|serial|auto_?inc", b"INTEGER PRIMARY KEY"),
        (rb"int", b"BIGINT"),
        (rb"blob|bytea|binary", b"BLOB"),
        (rb"time|date", b"TIMESTAMP"),
        (rb"json", b"JSON"),
        (rb"bool", b"BOOLEAN"),
        (rb"text|str|char", b"TEXT"),
    )
)
"""What a type is by the name of what holds it."""


def read_embedded(project: Project, index: PythonIndex) -> tuple[SourceReading, ...]:
    """The one application whose tables are made by texts in its Python files; empty where there are none."""
    words = (b"CREATE TABLE", b"create table", b"Create Table")
    wanted = {module.path for word in words for module in index.candidates(word)}
    files = [file for file in project.by_suffix(".py") if file.path in wanted and not SAMPLES.search(file.path)]
    found = [text for file in files if (text := _sql_of(file)) is not None]
    dialect, texts = _of_one_engine(found, index)
    return made_of(texts, dialect, project.root.name or "python")


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


def _sql_of(file: SourceFile) -> SqlText | None:
    """A Python file with nothing left in it but the texts that make tables and indexes; None where there are none."""
    try:
        text = read_text(file.path, file.read_bytes())
    except OSError:
        return None
    written = _literals(parse(text.data).root_node, text.data)
    kept = [pieces for pieces in written if is_schema(content_of(pieces, text.data))]
    return only(text, kept) if any(_TABLE.search(content_of(pieces, text.data)) for pieces in kept) else None


def _literals(root: tree_sitter.Node, data: bytes) -> Iterator[tuple[Piece, ...]]:
    """The contents of each text of a file, of one that is written in several pieces all of them."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in {"string", "concatenated_string"} or _is_cut(node, data):
            strings = [node] if node.type == "string" else [c for c in node.named_children if c.type == "string"]
            parts = [p for s in strings for p in s.named_children if p.type in {"string_content", "interpolation"}]
            explains = node.parent is not None and node.parent.type == "expression_statement"  # a docstring's example
            pieces = None if explains else _filled(parts, data)
            if pieces:
                yield pieces
            continue
        stack.extend(reversed(node.named_children))


def _is_cut(node: tree_sitter.Node, data: bytes) -> bool:
    """Whether a list holds the lines of one statement: the first opens a parenthesis that another line closes."""
    if node.type not in {"list", "tuple"} or not node.named_children:
        return False
    first = data[node.named_children[0].start_byte : node.named_children[0].end_byte]
    whole = all(child.type in {"string", "comment"} for child in node.named_children)
    return whole and _TABLE.search(first) is not None and first.count(b"(") > first.count(b")")


def _filled(parts: Sequence[tree_sitter.Node], data: bytes) -> tuple[Piece, ...] | None:
    """The pieces of a text with words in the places that the program fills: a type by what its name says, a constant of
    the file; None where a place may hold anything."""
    pieces: list[Piece] = []
    for part in parts:
        if part.type == "string_content":
            pieces.append(Piece(part, part.start_byte, part.end_byte))
            continue
        before = content_of(pieces, data)[-_NEAR:]
        default = _DEFAULT.search(before)
        schema = _REFERENCED.search(before) and data[part.end_byte : part.end_byte + 1].isalpha()
        words = b"" if default or schema else _words(part, before, data)
        if words is None or len(words) > part.end_byte - part.start_byte:
            return None
        begin = part.start_byte - len(default[0]) if default else part.start_byte
        pieces.append(Piece(part, begin, part.end_byte, words.ljust(part.end_byte - begin)))
    return tuple(pieces)


def _words(hole: tree_sitter.Node, before: bytes, data: bytes) -> bytes | None:
    """What stands in for a place after a column's name (`id {serial_primary_key}`) or for a constant of the file."""
    name = data[hole.start_byte + 1 : hole.end_byte - 1].strip()
    constant = re.search(rb"(?m)^" + re.escape(name) + rb"\s*(?::\s*\w+\s*)?=\s*[\"'](\w+)[\"']", data)
    if constant:
        return constant[1]
    if _AFTER_NAME.search(before):
        return next((words for said, words in _TYPES if said.search(name)), None)
    return None
