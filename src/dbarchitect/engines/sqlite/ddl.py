"""SQLite's CREATE statements as objects of the catalog. Pure: used for live databases and for SQL files alike.

An own reader, not a general SQL parser: SQLite keeps the text that it was given, and takes texts (any words as a type,
four kinds of quotes, constraints without commas) that general parsers refuse or report without places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Column, ForeignKey, Index, Trigger
from dbarchitect.catalog.objects import Table, View
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import SqlType
from dbarchitect.engines.sqlite.cursor import Cursor, UnexpectedToken
from dbarchitect.engines.sqlite.definitions import (
    Definition,
    IndexDefinition,
    Locate,
    Problem,
    TableDefinition,
    TriggerDefinition,
    ViewDefinition,
    nowhere,
)
from dbarchitect.engines.sqlite.lexer import Token, TokenKind, fold
from dbarchitect.engines.sqlite.table_ddl import read_column, read_indexed_columns, read_table

# The tables in which the virtual tables' modules that come with SQLite keep their data: suffixes of the table's name.
_SHADOWS: Mapping[str, tuple[str, ...]] = {
    "fts5": ("_data", "_idx", "_content", "_docsize", "_config"),
    "fts4": ("_content", "_segments", "_segdir", "_docsize", "_stat"),
    "fts3": ("_content", "_segments", "_segdir", "_docsize", "_stat"),
    "rtree": ("_node", "_parent", "_rowid"),
    "rtree_i32": ("_node", "_parent", "_rowid"),
    "geopoly": ("_node", "_parent", "_rowid"),
}


def read_definition(sql: str, locate: Locate = nowhere) -> Definition | Problem | None:
    """Read one CREATE statement; None for any other statement, a `Problem` where its outline cannot be made out."""
    cursor = Cursor(sql)
    broken = next((t for t in cursor.tokens if not t.complete), None)
    if broken is not None:
        return Problem(broken.start, f"the text in quotes that begins with {broken.text[:20]!r} does not end")
    if not cursor.accept("CREATE"):
        return None
    try:
        return _read_created(cursor, locate)
    except UnexpectedToken as error:
        return Problem(error.start, str(error))


def _read_created(cursor: Cursor, locate: Locate) -> Definition | None:
    temporary = cursor.accept("TEMP") or cursor.accept("TEMPORARY")
    if cursor.accept("TABLE"):
        return read_table(cursor, locate, temporary=temporary)
    if cursor.accept("VIRTUAL", "TABLE"):
        return _read_virtual_table(cursor, locate)
    if cursor.accept("UNIQUE", "INDEX"):
        return _read_index(cursor, locate, unique=True)
    if cursor.accept("INDEX"):
        return _read_index(cursor, locate, unique=False)
    if cursor.accept("VIEW"):
        return _read_view(cursor, locate, temporary=temporary)
    if cursor.accept("TRIGGER"):
        return _read_trigger(cursor, locate, temporary=temporary)
    return None


def add_column(sql: str, table: Table, locate: Locate = nowhere) -> TableDefinition | Problem:
    """The table after the column definition `sql` (what follows ADD COLUMN) was added to it."""
    try:
        return read_column(Cursor(sql), locate, table)
    except UnexpectedToken as error:
        return Problem(error.start, str(error))


def _whole(cursor: Cursor) -> tuple[int, int]:
    return cursor.tokens[0].start, cursor.tokens[-1].end


def _read_virtual_table(cursor: Cursor, locate: Locate) -> TableDefinition:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    schema, name = cursor.qualified_name()
    cursor.expect("USING")
    module = cursor.name().lower()
    columns: list[Column] = []
    if cursor.peek() == "(":
        for argument in _arguments(cursor.parenthesised()):
            words = Cursor(argument)
            if words.is_name() and words.peek(1) != "=":
                columns.append(Column(words.name().lstrip("+"), SqlType(""), position=len(columns) + 1))
    table = Table(name, tuple(columns), schema, owned_by=f"sqlite {module}", origin=locate(*_whole(cursor)))
    return TableDefinition(table, if_not_exists=if_not_exists, module=module)


def _arguments(text: str) -> Iterable[str]:
    cursor = Cursor(text)
    while not cursor.done:
        start = cursor.start
        cursor.skip_until(",")
        yield text[start : cursor.last_end]
        if not cursor.accept(",") and not cursor.done:
            cursor.take()


def _read_index(cursor: Cursor, locate: Locate, *, unique: bool) -> IndexDefinition:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    _, name = cursor.qualified_name()
    cursor.expect("ON")
    table = cursor.name()
    keys, _ = read_indexed_columns(cursor)
    predicate = _rest(cursor) if cursor.accept("WHERE") else None
    index = Index(keys, unique, predicate=predicate, name=name, origin=locate(*_whole(cursor)))
    return IndexDefinition(table, index, if_not_exists)


def _rest(cursor: Cursor) -> Expression:
    return expression(fold(cursor.sql[cursor.start :]).rstrip("; "))


def _read_view(cursor: Cursor, locate: Locate, *, temporary: bool) -> ViewDefinition:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    schema, name = cursor.qualified_name()
    columns = cursor.names() if cursor.peek() == "(" else ()
    cursor.expect("AS")
    definition = fold(cursor.sql[cursor.start :]).rstrip("; ")
    view = View(name, definition, schema, columns=columns or selected_names(definition), origin=locate(*_whole(cursor)))
    return ViewDefinition(view, temporary or (schema or "").lower() == "temp", if_not_exists)


def selected_names(query: str) -> tuple[str, ...]:
    """The columns that a SELECT gives; empty where `*` or an expression without a name is among them, or WITH leads."""
    cursor = Cursor(query)
    if not cursor.accept("SELECT"):
        return ()
    _ = cursor.accept("DISTINCT") or cursor.accept("ALL")
    names: list[str] = []
    while True:
        start = cursor.at
        cursor.skip_until(",", "FROM", "WHERE", "UNION", "EXCEPT", "INTERSECT", "GROUP", "ORDER", "LIMIT")
        name = _label(cursor.tokens[start : cursor.at])
        if name is None:
            return ()
        names.append(name)
        if not cursor.accept(","):
            return tuple(names)


def _label(tokens: Sequence[Token]) -> str | None:
    """The name that a result column is given, or has from being a plain column."""
    if not tokens or tokens[-1].kind not in {TokenKind.WORD, TokenKind.QUOTED, TokenKind.STRING}:
        return None
    before = tokens[-2] if len(tokens) > 1 else None
    plain = before is None or before.text == "." or before.upper == "AS" or before.text == ")"
    implied = before is not None and before.kind is not TokenKind.OPERATOR and before.kind is not TokenKind.WORD
    return tokens[-1].name if plain or implied else None


def _read_trigger(cursor: Cursor, locate: Locate, *, temporary: bool) -> TriggerDefinition:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    schema, name = cursor.qualified_name()
    timing = "before"
    if cursor.accept("INSTEAD", "OF"):
        timing = "instead of"
    elif cursor.peek() in {"BEFORE", "AFTER"}:
        timing = cursor.take().upper.lower()
    if cursor.peek() not in {"DELETE", "INSERT", "UPDATE"}:
        raise cursor.unexpected("DELETE, INSERT or UPDATE")
    event = cursor.take().upper.lower()
    columns: list[str] = []
    if event == "update" and cursor.accept("OF"):
        columns.append(cursor.name())
        while cursor.accept(","):
            columns.append(cursor.name())
    cursor.expect("ON")
    table = cursor.name()
    cursor.accept("FOR", "EACH", "ROW")
    when = _condition(cursor) if cursor.accept("WHEN") else None
    cursor.expect("BEGIN")
    end = max((t.start for t in cursor.tokens if t.upper == "END"), default=len(cursor.sql))
    trigger = Trigger(
        name,
        timing,
        (event,),
        body=fold(cursor.sql[cursor.last_end : end]),
        columns=tuple(columns),
        when=when,
        origin=locate(*_whole(cursor)),
    )
    return TriggerDefinition(table, trigger, temporary or (schema or "").lower() == "temp", if_not_exists)


def _condition(cursor: Cursor) -> Expression:
    start = cursor.start
    cursor.skip_until("BEGIN")
    return expression(fold(cursor.sql[start : cursor.last_end]))


def resolve_references(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables with each foreign key spelled as the table it points at is, and its columns filled in.

    A key to a table that is not there keeps its name and, where it names no columns, has none.
    """
    known = {table.name.casefold(): table for table in tables}
    return tuple(
        replace(table, foreign_keys=tuple(_resolved(key, known) for key in table.foreign_keys))
        for table in known.values()
    )


def _resolved(key: ForeignKey, known: Mapping[str, Table]) -> ForeignKey:
    target = known.get((key.referenced.table or "").casefold())
    if target is None:
        return key
    spelled = {column.name.casefold(): column.name for column in target.columns}
    columns = tuple(spelled.get(name.casefold(), name) for name in key.referenced_columns)
    if not columns and target.primary_key is not None and len(target.primary_key.columns) == len(key.columns):
        columns = target.primary_key.columns
    return replace(key, referenced=Ref.of_table(target.name, target.schema), referenced_columns=columns)


def spelled_as_in(index: Index, table: Table) -> Index:
    """The index with its columns named as the table spells them, without the collations that are the columns' own."""
    columns = {column.name.casefold(): column for column in table.columns}
    keys = []
    for key in index.columns:
        column = columns.get((key.name or "").casefold()) if key.name is not None else None
        if column is not None:
            key = replace(key, name=column.name)  # noqa: PLW2901 - the same key, completed
            if (key.collation or "BINARY").upper() == (column.collation or "BINARY").upper() or key.collation is None:
                key = replace(key, collation=None)  # noqa: PLW2901
        elif (key.collation or "").upper() == "BINARY":
            key = replace(key, collation=None)  # noqa: PLW2901
        keys.append(key)
    return replace(index, columns=tuple(keys))


def mark_shadow_tables(tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables with those in which a virtual table keeps its data marked as the module's own."""
    tables = tuple(tables)
    owners = {
        (table.name + suffix).casefold(): table.owned_by
        for table in tables
        if table.owned_by and table.owned_by.startswith("sqlite ")
        for suffix in _SHADOWS.get(table.owned_by.removeprefix("sqlite "), ())
    }
    return tuple(
        replace(table, owned_by=owners[table.name.casefold()])
        if table.owned_by is None and table.name.casefold() in owners
        else table
        for table in tables
    )
