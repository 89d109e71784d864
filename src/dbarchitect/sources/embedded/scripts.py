"""Schemas that a program in JavaScript or TypeScript makes by itself: `CREATE TABLE` in the texts that it hands to a
driver, in a file that sets the database up or in migrations written as scripts.

As with `python`, a file is read as SQL with everything but those texts made blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.embedded.texts import SAMPLES, Piece, content_of, is_schema, made_of, only
from dbarchitect.sources.sqlfiles.dialects import dialect_of_content
from dbarchitect.sources.sqlfiles.text import SqlText, read_text
from dbarchitect.sources.typescript.grammar import grammar_of, parse
from dbarchitect.sources.typescript.index import TypeScriptIndex

_WORD = re.compile(
    rb"(?:create|alter)(?i:\s+table)|(?:CREATE|ALTER)(?i:\s+TABLE)"
    rb"|create(?i:(?:\s+unique)?\s+index)|CREATE(?i:(?:\s+UNIQUE)?\s+INDEX)"
)
_ALTERS = re.compile(rb"\s*alter\s+table\s+(?:only\s+|if\s+exists\s+)*\S+\s+(?!rename\s+to\b)\w", re.IGNORECASE)
_DROPS = re.compile(rb"\s*drop\s+index\b", re.IGNORECASE)
_DROPS_TABLE = re.compile(rb"\s*drop\s+table\s+(?:if\s+exists\s+)?[\"`\[]?(?P<name>\w+)", re.IGNORECASE)
_BECOMES = re.compile(rb"\brename\s+to\s+[\"`\[]?(?P<name>\w+)", re.IGNORECASE)
_BUILDER = re.compile(rb"\.createTable\(")
_UNDOING = frozenset({b"down", b"rollback", b"revert", b"undo"})
_NAMED = {
    "function_declaration": "name",
    "method_definition": "name",
    "variable_declarator": "name",
    "pair": "key",
    "assignment_expression": "left",
}
_DRIVERS = {
    "postgresql": r"pg|pg-pool|pg-promise|postgres|slonik|@neondatabase/serverless|@vercel/postgres",
    "sqlite": r"better-sqlite3|sqlite3?|bun:sqlite|node:sqlite|expo-sqlite|react-native-sqlite-storage|sql\.js|"
    r"@libsql/client|@op-engineering/op-sqlite|@capacitor-community/sqlite",
    "mysql": r"mysql2?(?:/promise)?|mariadb|@planetscale/database",
}
_LITERALS = {"string", "template_string"}


def read_embedded_scripts(
    project: Project, index: TypeScriptIndex, dialect: str | None = None
) -> tuple[SourceReading, ...]:
    """The one application whose tables are made by texts in its scripts; empty where there are none. `dialect` is that
    of the texts where it is known."""
    if index.matching(_BUILDER):  # the texts would be a part of the schema only
        return ()
    wanted = set(index.matching(_WORD))
    files = [f for f in project.files if f.path in wanted and not SAMPLES.search(f.path)]
    read = [_sql_of(file) for file in sorted(files, key=lambda f: _in_order(f.path))]
    texts = [text for text in read if text is not None]
    engines = [engine for engine, packages in _DRIVERS.items() if index.matching(_imported(packages), telling=False)]
    if dialect is None:
        dialect = engines[0] if len(engines) == 1 else dialect_of_content(text.data for text in texts)
    return made_of(texts, dialect or (engines or ["sqlite"])[0], project.root.name or "scripts")


def _imported(packages: str) -> re.Pattern[bytes]:
    return re.compile(rf"[\"'](?:{packages})[\"']".encode())


def _in_order(path: str) -> tuple[tuple[int, str], ...]:
    """`Version-1.0.10` after `Version-1.0.9`."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path))


def _sql_of(file: SourceFile) -> SqlText | None:
    """A script with nothing left in it but the texts that make or change tables; None where there are none."""
    try:
        text = read_text(file.path, file.read_bytes())
    except OSError:
        return None
    tree, _ = parse(text.data, grammar_of(file.path))
    rebuilt = {match["name"] for match in _BECOMES.finditer(text.data)}
    kept = [pieces for pieces in _literals(tree.root_node) if _changes(content_of(pieces, text.data), rebuilt)]
    return only(text, kept) if kept else None


def _changes(content: bytes, rebuilt: set[bytes]) -> bool:
    """Whether a text makes or changes tables and indexes, or drops a table that another one is renamed to."""
    if is_schema(content) or _ALTERS.match(content) is not None or _DROPS.match(content) is not None:
        return True
    dropped = _DROPS_TABLE.match(content)
    return dropped is not None and dropped["name"] in rebuilt


def _literals(root: tree_sitter.Node) -> Iterator[tuple[Piece, ...]]:
    """The texts of a file that are written out whole, of one that is put together with `+` all of its pieces."""
    stack = [root]
    while stack:
        node = stack.pop()
        if _undoes(node):
            continue
        pieces = _pieces(node)
        if pieces is not None:
            yield pieces
        else:
            stack.extend(reversed(node.named_children))


def _undoes(node: tree_sitter.Node) -> bool:
    """Whether a function takes a migration back: `down`."""
    name = node.child_by_field_name(_NAMED[node.type]) if node.type in _NAMED else None
    return name is not None and (name.text or b"").rpartition(b".")[2] in _UNDOING


def _pieces(node: tree_sitter.Node) -> tuple[Piece, ...] | None:
    """The pieces of a text; None for anything else, and for what is only known while the program runs."""
    if node.type in _LITERALS:
        own = Piece(node, node.start_byte + 1, node.end_byte - 1)
        return (own,) if all(part.type != "template_substitution" for part in node.named_children) else None
    if node.type != "binary_expression" or not any(child.type == "+" for child in node.children):
        return None
    sides = [_pieces(child) for child in node.named_children if child.type != "comment"]
    return tuple(piece for side in sides if side is not None for piece in side) if None not in sides else None
