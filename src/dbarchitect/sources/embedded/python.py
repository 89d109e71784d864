"""Schemas that a program makes by itself: `CREATE TABLE` in the texts that its Python hands to a driver. For those of
JavaScript and TypeScript see `scripts`.

A file is read as SQL with everything but those texts made blank, so that each statement keeps its line and column.
Texts that are put together while the program runs are left out, but for those of which only a default, a schema, a type
that its name tells, a constant of the file, the name of an index, or what a loop over a written list goes through is
put in: those stand once for each round, each as a file of its own. It is what small programs do who have no models and
no SQL files, and is asked of projects only in which nothing else declares tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import tree_sitter

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.embedded.rounds import Bound, Rounds, written
from dbarchitect.sources.embedded.texts import SAMPLES, Piece, alone, content_of, is_schema, made_of, only
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
_MOST_ALONE = 500
"""Texts of one file that are read as files of their own: each holds all that stands before it."""
"""Bytes before a place that the program fills, which tell what it holds."""
_DEFAULT = re.compile(rb"\bdefault\s+$", re.IGNORECASE)
_REFERENCED = re.compile(rb"\b(?:references|table|exists)\s+$", re.IGNORECASE)
_AFTER_NAME = re.compile(rb"[(,]\s*[\"`]?\w+[\"`]?\s+$")
_INDEX_NAMED = re.compile(rb"\bindex\s+(?:if\s+not\s+exists\s+)?[\"`]?\w+$", re.IGNORECASE)
_INDEX = re.compile(rb"\bindex\s+(?:if\s+not\s+exists\s+)?[\"`]?$", re.IGNORECASE)
_ON = re.compile(rb"\w*[\"`]?\s+on\b", re.IGNORECASE)
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


class _Text(NamedTuple):
    """The pieces of a text, and whether it may stand in its place with others: it is there once and no longer."""

    pieces: tuple[Piece, ...]
    fits: bool


def read_embedded(project: Project, index: PythonIndex) -> tuple[SourceReading, ...]:
    """The one application whose tables are made by texts in its Python files; empty where there are none."""
    words = (b"CREATE TABLE", b"create table", b"Create Table")
    wanted = {module.path for word in words for module in index.candidates(word)}
    files = [file for file in project.by_suffix(".py") if file.path in wanted and not SAMPLES.search(file.path)]
    read = [_sql_of(file) for file in files]
    made, found, after = ([text for parts in read for text in parts[at]] for at in range(3))
    dialect, texts = _of_one_engine([*made, *found, *after], index)
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


def _sql_of(file: SourceFile) -> tuple[list[SqlText], list[SqlText], list[SqlText]]:
    """A Python file with nothing left in it but the texts that make tables and indexes; before it those that need room
    of their own and make tables, after it the others of these. Nothing where no table is made."""
    try:
        text = read_text(file.path, file.read_bytes())
    except OSError:
        return [], [], []
    data = text.data
    kept = [each for each in _literals(parse(data).root_node, data) if is_schema(content_of(each.pieces, data))]
    making = [each for each in kept if _TABLE.search(content_of(each.pieces, data))]
    if not making:
        return [], [], []
    own = [each for each in kept if not each.fits][:_MOST_ALONE]
    return (
        [alone(text, each.pieces) for each in own if each in making],
        [only(text, [each.pieces for each in kept if each.fits])],
        [alone(text, each.pieces) for each in own if each not in making],
    )


def _literals(root: tree_sitter.Node, data: bytes) -> Iterator[_Text]:
    """The contents of each text of a file, of one that is written in several pieces all of them, of one that a loop
    fills what it is in each round."""
    rounds = Rounds(root)
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in {"string", "concatenated_string"} or _is_cut(node, data):
            strings = [node] if node.type == "string" else [c for c in node.named_children if c.type == "string"]
            parts = [p for s in strings for p in s.named_children if p.type in {"string_content", "interpolation"}]
            explains = node.parent is not None and node.parent.type == "expression_statement"  # a docstring's example
            filled = any(part.type == "interpolation" for part in parts)
            for at, bound in enumerate(rounds.of(node) if filled and not explains else ({},)):
                pieces = None if explains else _filled(parts, data, bound, at)
                if pieces:
                    again = any(part.type == "interpolation" and _name(part) in bound for part in parts)
                    yield _Text(pieces, not again and all(len(p.words or b"") <= p.stop - p.begin for p in pieces))
            continue
        stack.extend(reversed(node.named_children))


def _is_cut(node: tree_sitter.Node, data: bytes) -> bool:
    """Whether a list holds the lines of one statement: the first opens a parenthesis that another line closes."""
    if node.type not in {"list", "tuple"} or not node.named_children:
        return False
    first = data[node.named_children[0].start_byte : node.named_children[0].end_byte]
    whole = all(child.type in {"string", "comment"} for child in node.named_children)
    return whole and _TABLE.search(first) is not None and first.count(b"(") > first.count(b")")


def _filled(parts: Sequence[tree_sitter.Node], data: bytes, bound: Bound, at: int) -> tuple[Piece, ...] | None:
    """The pieces of a text with words in the places that the program fills: a type by what its name says, a constant of
    the file, what a round of a loop puts there; None where a place may hold anything."""
    pieces: list[Piece] = []
    for part in parts:
        if part.type == "string_content":
            pieces.append(Piece(part, part.start_byte, part.end_byte))
            continue
        before = content_of(pieces, data)[-_NEAR:]
        default = _DEFAULT.search(before)
        schema = _REFERENCED.search(before) and data[part.end_byte : part.end_byte + 1].isalpha()
        words = b"" if default or schema else _words(part, before, data, bound, at)
        if words is None:
            return None
        begin = part.start_byte - len(default[0]) if default else part.start_byte
        words = words or b" " * (part.end_byte - begin)
        pieces.append(Piece(part, begin, part.end_byte, words))
    return tuple(pieces)


def _words(hole: tree_sitter.Node, before: bytes, data: bytes, bound: Bound, at: int) -> bytes | None:
    """What stands in for a place: what a loop puts there, a constant of the file, what comes after a column's name
    (`id {serial_primary_key}`), or any name for an index, since none counts."""
    name = _name(hole)
    if name in bound:
        return written(bound[name])
    constant = re.search(rb"(?m)^" + re.escape(name) + rb"\s*(?::\s*\w+\s*)?=\s*[\"'](\w+)[\"']", data)
    if constant:
        return constant[1]
    if _INDEX_NAMED.search(before) or (_INDEX.search(before) and _ON.match(data, hole.end_byte)):
        return b"i%d_%d" % (hole.start_byte, at)
    if _AFTER_NAME.search(before):
        return next((words for said, words in _TYPES if said.search(name)), None)
    return None


def _name(hole: tree_sitter.Node) -> bytes:
    return (hole.text or b"")[1:-1].strip()
