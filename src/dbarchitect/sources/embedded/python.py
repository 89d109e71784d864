"""Schemas that a program makes by itself: `CREATE TABLE` in the texts that its Python hands to a driver. For those of
JavaScript and TypeScript see `scripts`.

A file is read as SQL with everything but those texts made blank, so that each statement keeps its line and column.
Texts that are put together while the program runs are left out. It is what small programs do who have no models and no
SQL files, and is asked of projects only in which nothing else declares tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    kept = [pieces for pieces in _literals(parse(text.data).root_node) if is_schema(content_of(pieces, text.data))]
    return only(text, kept) if any(_TABLE.search(content_of(pieces, text.data)) for pieces in kept) else None


def _literals(root: tree_sitter.Node) -> Iterator[tuple[Piece, ...]]:
    """The contents of each text of a file, of one that is written in several pieces all of them."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in {"string", "concatenated_string"}:
            strings = [node] if node.type == "string" else [c for c in node.named_children if c.type == "string"]
            parts = [part for string in strings for part in string.named_children]
            contents = tuple(Piece(p, p.start_byte, p.end_byte) for p in parts if p.type == "string_content")
            if contents and not any(part.type == "interpolation" for part in parts):
                yield contents
            continue
        stack.extend(reversed(node.named_children))
