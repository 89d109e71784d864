"""Reads a SQLite database: the rows of its catalog, completed by the texts of its CREATE statements.

The pragmas are right about what they tell; CHECK constraints, names of constraints, collations, expressions, what is
deferrable and AUTOINCREMENT stand only in the text. No row of a user's table is read: row counts are those that
ANALYZE left in `sqlite_stat1`, and are missing where it never ran.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dbarchitect.catalog.engine import SQLITE
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from dbarchitect.catalog.frameworks import framework_of
from dbarchitect.catalog.members import Action, Column, ForeignKey, Identity, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table, View
from dbarchitect.catalog.refs import Diagnostic, Kind, Origin, Ref
from dbarchitect.catalog.types import parse_type
from dbarchitect.engines.base import Reading, ReadOptions
from dbarchitect.engines.bookkeeping import questions
from dbarchitect.engines.sqlite.connect import database_path, read_unharmed
from dbarchitect.engines.sqlite.ddl import mark_shadow_tables, read_definition, resolve_references, spelled_as_in
from dbarchitect.engines.sqlite.definitions import (
    IndexDefinition,
    Problem,
    TableDefinition,
    TriggerDefinition,
    ViewDefinition,
)
from dbarchitect.engines.sqlite.rows import CatalogRows, Row, fetch
from dbarchitect.engines.sqlite.spelling import quote
from dbarchitect.errors import TargetError

if TYPE_CHECKING:
    import sqlite3

_VIRTUAL = 2  # what `hidden` says of a virtual generated column

_D = TypeVar("_D", TableDefinition, IndexDefinition, TriggerDefinition, ViewDefinition)


def read(target: str, options: ReadOptions) -> Reading:
    """Read a SQLite database without harm. Raises `TargetError`."""
    rows = read_unharmed(target, options, fetch)
    catalog, diagnostics = assemble(rows)
    known = facts(rows, catalog)
    applied, problems = _applied(target, options, catalog)
    known = replace(known, applied=applied) if applied else known
    return Reading(catalog, known, database_path(target).name, (*diagnostics, *problems))


def _applied(
    target: str, options: ReadOptions, catalog: Catalog
) -> tuple[dict[str, tuple[str, ...]], tuple[Diagnostic, ...]]:
    """The migrations that each tool has written down as run, and whose list could not be read."""
    applied: dict[str, tuple[str, ...]] = {}
    problems: list[Diagnostic] = []
    for tool, query in questions(catalog, quote, "main"):
        try:
            applied[tool] = read_unharmed(target, options, partial(_names, query=query))
        except TargetError:  # SQLite's words may quote the row: they are not handed on
            problems.append(Diagnostic(Origin(), f"{tool}'s list of applied migrations could not be read"))
    return applied, tuple(problems)


def _names(connection: sqlite3.Connection, *, query: str) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in connection.execute(query))


def assemble(rows: CatalogRows) -> tuple[Catalog, tuple[Diagnostic, ...]]:
    """The catalog that the rows describe, and what could not be understood of it."""
    builder = _Builder(rows)
    return builder.catalog(), tuple(Diagnostic(Origin(), text) for text in builder.problems)


class _Builder:
    """Puts the rows together, one table after the other."""

    def __init__(self, rows: CatalogRows) -> None:
        self.rows = rows
        self.problems: list[str] = []
        self.columns = _by_table(rows.columns)
        self.index_keys = _by_table(rows.index_keys)
        self.foreign_keys = _by_table(rows.foreign_keys)
        self.texts: dict[tuple[str, str], str] = {}
        for kind, name, _table, sql in rows.objects:
            if sql is not None:
                self.texts[str(kind), str(name)] = str(sql)

    def catalog(self) -> Catalog:
        """The whole catalog."""
        tables = {}
        for kind, name, _table, _sql in self.rows.objects:
            if kind == "table" and not str(name).startswith("sqlite_"):
                tables[str(name)] = self._table(str(name))
        views: list[View] = []
        for kind, name, on, _sql in self.rows.objects:
            if kind == "view":
                views += self._view(str(name))
            elif kind == "trigger":
                trigger = self._definition("trigger", str(name), TriggerDefinition)
                if trigger is not None and str(on) in tables:
                    table = tables[str(on)]
                    tables[str(on)] = replace(table, triggers=(*table.triggers, trigger.trigger))
                elif trigger is not None:
                    self.problems.append(f"trigger {name} is on the view {on}: triggers of views are not in the model")
        owned = (_marked(table) for table in mark_shadow_tables(resolve_references(tables.values())))
        return Catalog(SQLITE, tuple(owned), tuple(views))

    def _view(self, name: str) -> Iterator[View]:
        definition = self._definition("view", name, ViewDefinition)
        if definition is not None:
            columns = tuple(self.rows.view_columns.get(name, definition.view.columns))
            yield replace(definition.view, name=name, columns=columns)
        if name in self.rows.broken_views:
            self.problems.append(f"view {name} does not work: {self.rows.broken_views[name]}")

    def _definition(self, kind: str, name: str, wanted: type[_D]) -> _D | None:
        """The object's CREATE statement read; None, and a problem noted, where that failed."""
        sql = self.texts.get((kind, name))
        definition = read_definition(sql) if sql is not None else None
        if isinstance(definition, wanted):
            return definition
        reason = definition.text if isinstance(definition, Problem) else "its CREATE statement is not understood"
        self.problems.append(f"{kind} {name}: {reason}")
        return None

    def _table(self, name: str) -> Table:
        definition = self._definition("table", name, TableDefinition)
        if definition is not None:
            self.problems += [p.text for p in definition.problems]
            declared = replace(definition.table, name=name)
            if definition.module is not None:
                return declared
        else:
            declared = Table(name, ())
        keys = self.index_keys.get(name, [])
        key = tuple(str(row[1]) for row in sorted(self.columns.get(name, []), key=lambda r: int(r[5] or 0)) if row[5])
        primary = replace(declared.primary_key or UniqueKey(key), columns=key) if key else None
        has_index = any(row[3] == "pk" for row in keys)
        columns = tuple(
            _column(row, declared, position, is_rowid=bool(row[5]) and len(key) == 1 and not has_index)
            for position, row in enumerate(self.columns.get(name, []), start=1)
        )
        table = replace(
            declared,
            columns=columns,
            primary_key=primary,
            foreign_keys=tuple(_foreign_keys(self.foreign_keys.get(name, []), declared)),
            unique_keys=(),
            indexes=(),
        )
        unique, indexes = self._indexes(keys, declared, table)
        return replace(table, unique_keys=unique, indexes=indexes)

    def _indexes(
        self, rows: list[Row], declared: Table, table: Table
    ) -> tuple[tuple[UniqueKey, ...], tuple[Index, ...]]:
        """The UNIQUE constraints, and the indexes of the table."""
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            groups[str(row[1])].append(row)
        unique: list[UniqueKey] = []
        indexes: list[Index] = []
        for name, keys in groups.items():
            if keys[0][3] == "pk":
                continue
            definition = self._definition("index", name, IndexDefinition) if keys[0][3] == "c" else None
            if definition is not None:
                indexes.append(spelled_as_in(definition.index, table))
                continue
            index = spelled_as_in(Index(tuple(_index_column(k) for k in keys), unique=bool(keys[0][2])), table)
            if keys[0][3] == "u" and not any(k.collation for k in index.columns):
                columns = tuple(str(k.name) for k in index.columns)
                named = next((k for k in declared.unique_keys if k.columns == columns), UniqueKey(columns))
                unique.append(named)
            else:
                indexes.append(replace(index, name=name if keys[0][3] == "c" else None))
        return tuple(unique), tuple(indexes)


def _marked(table: Table) -> Table:
    """The table, with the framework named whose bookkeeping it is."""
    return replace(table, owned_by=table.owned_by or framework_of(table.name, (c.name for c in table.columns)))


def _by_table(rows: list[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[str(row[0])].append(row)
    return grouped


def _column(row: Row, declared: Table, position: int, *, is_rowid: bool) -> Column:
    _table, name, type_text, not_null, default_text, _pk, hidden = row
    column = declared.column(str(name)) or Column(str(name), parse_type(str(type_text or "")))
    default = column.default
    if default_text is None:
        default = None
    elif default is None:
        default = expression(str(default_text))
    identity = None
    if is_rowid and column.type.name == "integer":
        identity = column.identity or Identity.ROWID
    return replace(
        column,
        nullable=not not_null and identity is None,
        default=default,
        identity=identity,
        generated_stored=hidden != _VIRTUAL,
        position=position,
    )


def _index_column(row: Row) -> IndexColumn:
    collation = str(row[7]) if row[7] is not None else None
    return IndexColumn(
        None if row[5] is None else str(row[5]),
        expression("?") if row[5] is None else None,
        collation=collation,
        descending=bool(row[6]),
    )


def _foreign_keys(rows: list[Row], declared: Table) -> Iterator[ForeignKey]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[int(row[1] or 0)].append(row)
    for parts in groups.values():
        columns = tuple(str(p[3]) for p in parts)
        referenced = Ref.of_table(str(parts[0][2]))
        key = ForeignKey(
            columns,
            referenced,
            tuple(str(p[4]) for p in parts if p[4] is not None),
            on_update=Action(str(parts[0][5]).lower()),
            on_delete=Action(str(parts[0][6]).lower()),
        )
        written = next(
            (k for k in declared.foreign_keys if k.columns == columns and k.referenced.key == referenced.key), None
        )
        if written is not None:
            key = replace(
                key,
                deferrable=written.deferrable,
                initially_deferred=written.initially_deferred,
                name=written.name,
                on_delete_written=written.on_delete_written,
            )
        yield key


def facts(rows: CatalogRows, catalog: Catalog) -> Facts:
    """What the file itself knows of sizes, and ANALYZE of rows and distinct values."""
    bytes_of = {str(name): int(size or 0) for name, size in rows.sizes}
    tables: dict[tuple[str, ...], TableFacts] = {}
    columns: dict[tuple[str, ...], ColumnFacts] = {}
    indexes: dict[tuple[str, ...], IndexFacts] = {}
    counted: dict[str, int] = {}
    for table_name, index_name, stat in rows.statistics:
        numbers = [int(n) for n in str(stat).split() if n.isdigit()]
        if not numbers:
            continue
        table = catalog.table(Ref.of_table(str(table_name)))
        index = next((i for i in table.indexes if i.name == index_name), None) if table else None
        if index is None or index.predicate is None:
            counted[str(table_name)] = max(counted.get(str(table_name), 0), numbers[0])
        first = index.column_names[:1] if index is not None and index.predicate is None else ()
        if table is not None and first and len(numbers) > 1 and numbers[1]:
            columns[table.ref.column(first[0]).key] = ColumnFacts(distinct=max(1.0, numbers[0] / numbers[1]))
    owners = {str(o[1]): str(o[2]) for o in rows.objects if o[0] == "index"}
    index_bytes: dict[str, int] = defaultdict(int)
    for name, owner in owners.items():
        if name in bytes_of:
            index_bytes[owner] += bytes_of[name]
            indexes[Ref.of_table(owner).of(Kind.INDEX, name).key] = IndexFacts(bytes=bytes_of[name])
    for table in catalog.tables:
        own = bytes_of.get(table.name)
        tables[table.ref.key] = TableFacts(
            rows=counted.get(table.name),
            total_bytes=None if own is None else own + index_bytes[table.name],
            table_bytes=own,
            index_bytes=None if own is None else index_bytes[table.name],
        )
    size = int(rows.pages[0] or 0) * int(rows.pages[1] or 0)
    return Facts(datetime.now(UTC), tables=tables, indexes=indexes, columns=columns, database_bytes=size)
