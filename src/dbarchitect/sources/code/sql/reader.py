"""Reads the SQL that application code holds in its strings into the parts of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.sql.lexing import Marks, Sort, Token, joined, statements, tokens
from dbarchitect.sources.code.sql.shapes import LONGEST_TEXT, Hole, SqlQuery, StatementKind, Unreadable
from dbarchitect.sources.code.sql.weaving import weave

_QUERIES = frozenset({"select", "with", "insert", "update", "delete", "merge", "replace", "values", "table", "("})
_KINDS = {
    "begin": StatementKind.BEGIN,
    "start": StatementKind.BEGIN,
    "commit": StatementKind.COMMIT,
    "end": StatementKind.COMMIT,
    "rollback": StatementKind.ROLLBACK,
    "abort": StatementKind.ROLLBACK,
    "savepoint": StatementKind.SAVEPOINT,
    "release": StatementKind.RELEASE,
    "lock": StatementKind.LOCK,
    "set": StatementKind.SET,
    "reset": StatementKind.SET,
    "pragma": StatementKind.PRAGMA,
    "copy": StatementKind.COPY,
    "truncate": StatementKind.TRUNCATE,
    "create": StatementKind.SCHEMA,
    "alter": StatementKind.SCHEMA,
    "drop": StatementKind.SCHEMA,
    "comment": StatementKind.SCHEMA,
    "grant": StatementKind.SCHEMA,
    "revoke": StatementKind.SCHEMA,
}
_OTHERS = frozenset(
    {
        "explain",
        "vacuum",
        "analyze",
        "call",
        "do",
        "exec",
        "execute",
        "prepare",
        "deallocate",
        "declare",
        "fetch",
        "close",
    }
    | {
        "move",
        "notify",
        "listen",
        "unlisten",
        "show",
        "use",
        "describe",
        "desc",
        "discard",
        "refresh",
        "reindex",
        "cluster",
    }
    | {"attach", "detach", "unlock", "optimize", "checkpoint", "load", "handler", "kill", "flush", "security", "import"}
)
_ABOUT_TABLES = {StatementKind.LOCK, StatementKind.COPY, StatementKind.TRUNCATE}
_SKIPPED = frozenset({"table", "tables", "only", "if", "exists"})


def read_sql(parts: str | Sequence[str | Hole], catalog: Catalog) -> tuple[SqlQuery, ...]:
    """The statements of a text, in order; a text that code puts together is given as its pieces and the `Hole`s.

    A change of rows inside a WITH clause comes as a statement of its own, before the one around it. Raises `Unreadable`
    where a statement about rows cannot be parsed, and for texts longer than `LONGEST_TEXT`.
    """
    text, marks, holes = joined(parts)
    if len(text) > LONGEST_TEXT:
        raise Unreadable(f"it has {len(text)} characters: that is data, or generated")
    found: list[SqlQuery] = []
    for number, listed in enumerate(statements(tokens(text, catalog.engine.name, marks))):
        written = text[listed[0].start : listed[-1].end]
        own = tuple(holes[number] for number in marks.numbers(written))
        shown = _shown(written, marks, holes)
        found.extend(
            replace(query, holes=own, text=shown) for query in _read(listed, catalog, marks, first=number == 0)
        )
    return tuple(found)


def _read(listed: list[Token], catalog: Catalog, marks: Marks, *, first: bool) -> tuple[SqlQuery, ...]:
    head = next((token for token in listed if not marks.has_hole(token.text)), listed[0])
    if (head.word or head.text) in _QUERIES:
        from dbarchitect.sources.code.sql.statements import read_statement

        return read_statement(weave(listed, marks, catalog.engine.name), catalog, marks)
    if head.word not in _KINDS and head.word not in _OTHERS and first:
        raise Unreadable("it does not begin like a statement")
    kind = _KINDS.get(head.word, StatementKind.OTHER)
    words = {token.word for token in listed}
    if kind is StatementKind.ROLLBACK and "to" in words:
        kind = StatementKind.ROLLBACK_TO
    tables = _tables(listed, catalog) if kind in _ABOUT_TABLES else ()
    verb = _copied(listed) if kind is StatementKind.COPY else Verb.OTHER
    return (SqlQuery(verb, tables[0] if tables else None, kind, tables=tables, locks=kind is StatementKind.LOCK),)


def _copied(listed: list[Token]) -> Verb:
    """COPY … FROM writes, COPY … TO reads."""
    direction = next((token.word for token in listed if token.word in {"from", "to"}), "")
    return Verb.INSERT if direction == "from" else Verb.SELECT


def _tables(listed: list[Token], catalog: Catalog) -> tuple[Ref, ...]:
    """The tables that LOCK, TRUNCATE or COPY name: the names after the keyword, as far as the catalog has them."""
    from dbarchitect.sources.code.sql.names import find_table

    found: list[Ref] = []
    schema: str | None = None
    previous = ""
    for token in listed[1:]:
        bare = token.text.strip('"`') if token.sort in {Sort.WORD, Sort.OPERAND} else token.text
        if token.text == "(":
            break
        if token.sort is Sort.WORD and token.word in _SKIPPED:
            continue
        if token.text == ".":
            schema, previous = previous, ""
            if found and found[-1].table == schema:
                found.pop()
            continue
        if token.sort not in {Sort.WORD, Sort.OPERAND} and token.text != ",":
            break
        table = find_table(catalog, bare, schema) if token.text != "," else None
        if table is not None:
            found.append(table.ref)
        schema, previous = None, bare
    return tuple(dict.fromkeys(found))


def _shown(text: str, marks: Marks, holes: tuple[Hole, ...]) -> str:
    for number, hole in enumerate(holes):
        text = text.replace(marks.hole(number), "{" + hole.text + "}")
    return text
