"""Schemas that a program in JavaScript or TypeScript makes by itself: `CREATE TABLE` in the texts that it hands to a
driver, in a file that sets the database up or in migrations written as scripts; and what Kysely's or Knex's schema
builder makes.

As with `python`, a file is read as SQL with everything but those texts made blank.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import tree_sitter

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.embedded.builders import BUILDS, MOVES, built
from dbarchitect.sources.embedded.packages import are_apart, engines_of, parted
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
_OPTIONAL = re.compile(rb"\s*(?:create|drop)\s+(?:unique\s+)?(?:index|table)\s+", re.IGNORECASE)
"""What stands before a place that the program fills with IF NOT EXISTS, as an engine has it."""
_BECOMES = re.compile(rb"\brename\s+to\s+[\"`\[]?(?P<name>\w+)", re.IGNORECASE)
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
    """The application whose tables are made by texts in its scripts; empty where there are none. `dialect` is that of
    the texts where it is known. Several where the packages of a repository make databases of their own."""
    building = set(index.matching(BUILDS))
    if building:
        folders = {posixpath.dirname(path) for path in building}
        building.update(path for path in index.matching(MOVES, telling=False) if posixpath.dirname(path) in folders)
    wanted = building | set(index.matching(_WORD))
    files = [f for f in project.files if f.path in wanted and not SAMPLES.search(f.path)]
    files.sort(key=lambda f: _in_order(f.path))
    importing = {engine: index.matching(_imported(packages), telling=False) for engine, packages in _DRIVERS.items()}
    engines = [engine for engine, paths in importing.items() if paths]
    if dialect is None and len(engines) > 1:
        parts = parted(project, files)
        using = engines_of(parts, importing)
        each = [
            reading
            for folder, own in parts.items()
            for reading in made_of(
                _texts(own, building, using[folder]), using[folder], posixpath.basename(folder), folder or "."
            )
        ]
        if are_apart(each):
            return tuple(each)
    if dialect is None and (building or len(engines) == 1):
        dialect = (engines or ["postgresql"])[0]
    texts = _texts(files, building, dialect)
    if dialect is None:
        dialect = dialect_of_content(text.data for text in texts)
    return made_of(texts, dialect or (engines or ["sqlite"])[0], project.root.name or "scripts")


def _texts(files: Iterable[SourceFile], building: Collection[str], dialect: str | None) -> list[SqlText]:
    """What of some files makes tables."""
    read = (_sql_of(file, dialect if file.path in building else None) for file in files)
    return [text for text in read if text is not None]


def _imported(packages: str) -> re.Pattern[bytes]:
    return re.compile(rf"[\"'](?:{packages})[\"']".encode())


def _in_order(path: str) -> tuple[tuple[int, str], ...]:
    """`Version-1.0.10` after `Version-1.0.9`."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path))


def _sql_of(file: SourceFile, building: str | None) -> SqlText | None:
    """A script with nothing left in it but the texts that make or change tables, or, of one with a schema builder, what
    they and the builder make in a dialect (`building`); None where there are none."""
    try:
        text = read_text(file.path, file.read_bytes())
    except OSError:
        return None
    tree, _ = parse(text.data, grammar_of(file.path))
    rebuilt = {match["name"] for match in _BECOMES.finditer(text.data)}
    kept = [pieces for pieces in _literals(tree.root_node) if _changes(content_of(pieces, text.data), rebuilt)]
    undoing = _undoing_names(tree.root_node) if kept else frozenset()
    kept = [pieces for pieces in kept if _constant_of(pieces[0].node, tree.root_node) not in undoing]
    if building is not None:
        raw = {pieces[0].node.start_byte: content_of(pieces, text.data).decode("utf-8", "replace") for pieces in kept}
        return built(text, tree.root_node, building, raw, _undoes)
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


def _constant_of(text: tree_sitter.Node, root: tree_sitter.Node) -> bytes | None:
    """The constant of the file that a text is."""
    declared = text.parent
    name = declared.child_by_field_name("name") if declared is not None and declared.type in _NAMED else None
    if declared is None or name is None or declared.parent is None or declared.parent.parent != root:
        return None
    return name.text


def _undoing_names(root: tree_sitter.Node) -> frozenset[bytes]:
    """The names that a file asks for where it takes a migration back, and nowhere else but where it declares them."""
    forward: set[bytes] = set()
    back: set[bytes] = set()
    stack = [(root, False)]
    while stack:
        node, undone = stack.pop()
        undone = undone or _undoes(node)
        if node.type in {"identifier", "shorthand_property_identifier"}:
            above = node.parent
            if above is None or above.type not in _NAMED or above.child_by_field_name(_NAMED[above.type]) != node:
                (back if undone else forward).add(node.text or b"")
        stack.extend((child, undone) for child in node.named_children)
    return frozenset(back - forward)


def _pieces(node: tree_sitter.Node) -> tuple[Piece, ...] | None:
    """The pieces of a text; None for anything else, and for what is only known while the program runs."""
    if node.type in _LITERALS:
        own = Piece(node, node.start_byte + 1, node.end_byte - 1)
        filled = [part for part in node.named_children if part.type == "template_substitution"]
        if len(filled) == 1 and _is_optional(node, filled[0]):
            return replace(own, stop=filled[0].start_byte), replace(own, begin=filled[0].end_byte)
        return (own,) if not filled else None
    if node.type != "binary_expression" or not any(child.type == "+" for child in node.children):
        return None
    sides = [_pieces(child) for child in node.named_children if child.type != "comment"]
    return tuple(piece for side in sides if side is not None for piece in side) if None not in sides else None


def _is_optional(text: tree_sitter.Node, hole: tree_sitter.Node) -> bool:
    """Whether a place that the program fills holds words of the engine, before the name."""
    data, start = text.text or b"", text.start_byte
    after = data[hole.end_byte - start : hole.end_byte - start + 1]
    return after.isspace() and _OPTIONAL.fullmatch(data[1 : hole.start_byte - start]) is not None
