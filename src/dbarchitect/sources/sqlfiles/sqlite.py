"""Replays a script of SQLite's dialect into a schema, statement by statement."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.engines.sqlite import ddl
from dbarchitect.engines.sqlite.cursor import Cursor, UnexpectedToken
from dbarchitect.engines.sqlite.definitions import (
    IndexDefinition,
    Locate,
    Problem,
    TableDefinition,
    TriggerDefinition,
    ViewDefinition,
)
from dbarchitect.engines.sqlite.lexer import split
from dbarchitect.sources.sqlfiles.columns import without_column
from dbarchitect.sources.sqlfiles.masking import masked
from dbarchitect.sources.sqlfiles.record import Record
from dbarchitect.sources.sqlfiles.schema import Key, Passed, Schema, Unreplayable, no_column
from dbarchitect.sources.sqlfiles.sections import forward_parts
from dbarchitect.sources.sqlfiles.sqlite_recording import Recorder
from dbarchitect.sources.sqlfiles.statements import LARGEST_STATEMENT
from dbarchitect.sources.sqlfiles.text import SqlText

_STAR = re.compile(r"""SELECT\s+\*\s+FROM\s+("(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\]|\w+)\s*\Z""", re.IGNORECASE)
_INSERT_HEAD = re.compile(r"""INSERT\s+INTO\s+(?:"(?:[^"]++|"")++"|`[^`]++`|[\w$.]++)++(?=[\s(])""", re.IGNORECASE)
_LEGACY = re.compile(r"PRAGMA\s+legacy_alter_table\s*[=(]\s*(\w+)", re.IGNORECASE)
_SCHEMA_VERBS = re.compile(r"(?:CREATE|ALTER|DROP|PRAGMA)\b", re.IGNORECASE)
_KNOWN_VERBS = re.compile(
    r"(?:INSERT|UPDATE|DELETE|REPLACE|SELECT|WITH|VALUES|BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|ANALYZE|VACUUM|REINDEX"
    r"|ATTACH|DETACH|EXPLAIN|\.)",
    re.IGNORECASE,
)


def replay(schema: Schema, file: SqlText, record: Record | None = None) -> Iterator[Diagnostic]:
    """Replay a file; what cannot be followed is yielded, the rest is done. What is done goes to the record."""
    # Latin-1 makes one character of each byte: offsets stay those of the file. Statements are decoded one by one.
    script = file.data.decode("latin-1")
    legacy, head = False, ""
    for start, stop in forward_parts(file.data):
        for first, last in split(script, start, stop, inserts=record is not None):
            recorder = None
            if record is not None:
                begins = _INSERT_HEAD.match(script, first)
                if begins is not None and begins[0] == head:
                    continue  # of INSERTs into one table that follow one another the first is recorded
                head = begins[0] if begins is not None else ""
                recorder = Recorder(record, file, first, last)
            if not _SCHEMA_VERBS.match(script, first):
                if not _KNOWN_VERBS.match(script, first):
                    beginning = file.data[first : min(last, first + 60)].decode("utf-8", "ignore")
                    words = " ".join(masked(beginning).split())
                    yield Diagnostic(file.origin(first, last), f"not understood: {words}")
                continue
            if last - first > LARGEST_STATEMENT:
                text = f"a statement of {(last - first) / 1e6:.1f} MB was not read"
                yield Diagnostic(file.origin(first, last), text)
                continue
            switch = _LEGACY.match(script, first)
            if switch is not None:
                legacy = switch[1].lower() in {"on", "1", "true", "yes"}
                continue
            problems = list(_Statement(schema, file, first, last, legacy=legacy).replay())
            if recorder is not None:
                recorder.finish(failed=bool(problems))
            yield from problems


def replay_statement(schema: Schema, file: SqlText, first: int, last: int) -> Iterator[Diagnostic]:
    """Replay the one statement that these bytes are."""
    return _Statement(schema, file, first, last, legacy=False).replay()


class _Statement:
    """One statement, from byte `first` to `last` of its file."""

    def __init__(self, schema: Schema, file: SqlText, first: int, last: int, *, legacy: bool) -> None:
        self.schema = schema
        self.file = file
        self.first = first
        self.sql = file.data[first:last].decode("utf-8", "replace")
        self.legacy = legacy

    def locate(self, start: int, end: int) -> Origin:
        """Where a span of characters of the statement stands in the file."""
        return self.file.origin(self._byte(start), self._byte(end))

    def _byte(self, offset: int) -> int:
        return self.first + (offset if self.sql.isascii() else len(self.sql[:offset].encode()))

    def replay(self) -> Iterator[Diagnostic]:
        """Replay it; its problems are yielded."""
        try:
            yield from self._replay()
        except Passed:
            return
        except (Unreplayable, UnexpectedToken) as error:
            start = 0 if isinstance(error, Unreplayable) else error.start
            yield Diagnostic(self.locate(start, len(self.sql)), f"{error}: {self._shown()}")

    def _shown(self) -> str:
        words = " ".join(masked(self.sql[:400]).split())
        return words if len(words) <= 80 else words[:77] + "…"

    def _replay(self) -> Iterator[Diagnostic]:
        cursor = Cursor(self.sql)
        if cursor.accept("ALTER", "TABLE"):
            yield from self._alter(cursor)
        elif cursor.accept("DROP"):
            self._drop(cursor)
        elif cursor.looks_at("CREATE"):
            definition = ddl.read_definition(self.sql, self.locate)
            if isinstance(definition, Problem) or definition is None:
                problem = definition or Problem(0, f"not understood: {self._shown()}")
                yield Diagnostic(self.locate(problem.start, len(self.sql)), problem.text)
            elif isinstance(definition, TableDefinition):
                yield from self._create_table(definition)
            elif isinstance(definition, IndexDefinition):
                self._create_index(definition)
            elif isinstance(definition, TriggerDefinition):
                self._create_trigger(definition)
            else:
                self._create_view(definition)

    def _key(self, name: str) -> Key | None:
        """The key of a table, whatever case its name is written in."""
        return find_key(self.schema.tables, name)

    def _table(self, name: str) -> Table:
        key = self._key(name)
        if key is None:
            if name.casefold() in self.schema.temporary:
                raise Passed
            raise Unreplayable(f"there is no table {name} in the statements before")
        return self.schema.tables[key]

    def _create_table(self, definition: TableDefinition) -> Iterator[Diagnostic]:
        table = definition.table
        if definition.temporary:
            self.schema.temporary.add(table.name.casefold())
            return
        if table.name.lower().startswith("sqlite_"):
            return
        if self._key(table.name) is not None:
            if definition.if_not_exists:
                return
            raise Unreplayable(f"there is a table {table.name} already")
        for problem in definition.problems:
            yield Diagnostic(self.locate(problem.start, problem.start), problem.text)
        if definition.query:
            columns = self._copied(definition)
            if columns is None:
                yield Diagnostic(table.origin, f"the columns of {table.name} come from a query that is not followed")
            table = replace(table, columns=columns or ())
        self.schema.put(table)

    def _copied(self, definition: TableDefinition) -> tuple[Column, ...] | None:
        found = _STAR.search(self.sql)
        key = self._key(found[1].strip('"`[]')) if found is not None else None
        if key is None or key[1] == definition.table.name:
            return None
        source = self.schema.tables[key].ordered_columns
        return tuple(Column(c.name, c.type, position=c.position) for c in source)

    def _create_index(self, definition: IndexDefinition) -> None:
        name = definition.index.name or ""
        if find_key(self.schema.indexes, name) is not None:
            if definition.if_not_exists:
                return
            raise Unreplayable(f"there is an index {name} already")
        table = self._table(definition.table)
        index = ddl.spelled_as_in(definition.index, table)
        self.schema.put(replace(table, indexes=(*table.indexes, index)))

    def _create_trigger(self, definition: TriggerDefinition) -> None:
        if definition.temporary or find_key(self.schema.views, definition.table) is not None:
            return
        table = self._table(definition.table)
        if any(t.name.casefold() == definition.trigger.name.casefold() for t in table.triggers):
            if definition.if_not_exists:
                return
            raise Unreplayable(f"there is a trigger {definition.trigger.name} already")
        self.schema.put(replace(table, triggers=(*table.triggers, definition.trigger)))

    def _create_view(self, definition: ViewDefinition) -> None:
        view = definition.view
        if definition.temporary:
            return
        if find_key(self.schema.views, view.name) is not None:
            if definition.if_not_exists:
                return
            raise Unreplayable(f"there is a view {view.name} already")
        self.schema.views[None, view.name] = view

    def _alter(self, cursor: Cursor) -> Iterator[Diagnostic]:
        _, name = cursor.qualified_name()
        table = self._table(name)
        if cursor.accept("RENAME", "TO"):
            new = cursor.name()
            self._settle()
            self.schema.move_table(self._table(name), (None, new), references=not self.legacy)
        elif cursor.accept("RENAME"):
            cursor.accept("COLUMN")
            old = _spelled(table, cursor.name())
            cursor.expect("TO")
            self._settle()
            self.schema.rename_column(self._table(name), old, cursor.name())
        elif cursor.accept("DROP"):
            cursor.accept("COLUMN")
            column = _spelled(table, cursor.name())
            if table.column(column) is None:
                raise no_column(table, column)
            self.schema.put(without_column(table, column))
        elif cursor.accept("ADD"):
            cursor.accept("COLUMN")
            start = cursor.start
            offset = start

            def locate(first: int, last: int) -> Origin:
                return self.locate(offset + first, offset + last)

            yield from self._add(table, self.sql[start:], locate)
        elif cursor.accept("ALTER"):
            yield from self._alter_column(cursor, table)
        else:
            raise cursor.unexpected("RENAME, ADD or DROP")

    def _alter_column(self, cursor: Cursor, table: Table) -> Iterator[Diagnostic]:
        """libSQL's `ALTER COLUMN a TO a text NOT NULL`, which gives a column its type and constraints anew.

        Source: https://docs.turso.tech/libsql#altering-tables
        """
        cursor.accept("COLUMN")
        column = table.column(_spelled(table, cursor.name()))
        if column is None:
            raise no_column(table, cursor.tokens[cursor.at - 1].name)
        cursor.expect("TO")
        start = cursor.start
        offset = start
        if _spelled(table, cursor.name()) != column.name:
            raise cursor.unexpected("the same column again")
        others = replace(
            table,
            columns=tuple(c for c in table.columns if c is not column),
            foreign_keys=tuple(key for key in table.foreign_keys if key.columns != (column.name,)),
        )

        def locate(first: int, last: int) -> Origin:
            return self.locate(offset + first, offset + last)

        changed = ddl.add_column(self.sql[start:], others, locate)
        if isinstance(changed, Problem):
            yield Diagnostic(locate(changed.start, changed.start), changed.text)
            return
        columns = (
            replace(c, position=column.position, identity=column.identity) if c.name == column.name else c
            for c in changed.table.columns
        )
        self.schema.put(replace(changed.table, columns=tuple(columns)))

    def _add(self, table: Table, definition: str, locate: Locate) -> Iterator[Diagnostic]:
        added = ddl.add_column(definition, table, locate)
        if isinstance(added, Problem):
            yield Diagnostic(locate(added.start, added.start), added.text)
            return
        if len(added.table.columns) == len(table.columns):
            raise Unreplayable(f"{table.name} has such a column already")
        names = [c.name.casefold() for c in added.table.columns]
        if len(set(names)) < len(names):
            raise Unreplayable(f"{table.name} has such a column already")
        self.schema.put(added.table)

    def _settle(self) -> None:
        """Spell the references as the tables are: what is renamed is then found."""
        for table in ddl.resolve_references(tuple(self.schema.tables.values())):
            self.schema.put(table)

    def _drop(self, cursor: Cursor) -> None:
        kind = cursor.take().upper
        if_exists = cursor.accept("IF", "EXISTS")
        _, name = cursor.qualified_name()
        if kind == "TABLE":
            key = self._key(name)
            if key is None:
                self._missing(name, if_exists=if_exists)
            else:
                self.schema.drop_table(key, references_too=False)
        elif kind == "INDEX":
            index = find_key(self.schema.indexes, name)
            if index is None:
                self._missing(name, if_exists=if_exists)
            else:
                table = self.schema.tables[self.schema.indexes[index]]
                self.schema.put(replace(table, indexes=tuple(i for i in table.indexes if i.name != index[1])))
        elif kind == "VIEW":
            view = find_key(self.schema.views, name)
            if view is None:
                self._missing(name, if_exists=if_exists)
            else:
                del self.schema.views[view]
        elif kind == "TRIGGER":
            for table in list(self.schema.tables.values()):
                kept = tuple(t for t in table.triggers if t.name.casefold() != name.casefold())
                if kept != table.triggers:
                    self.schema.put(replace(table, triggers=kept))

    def _missing(self, name: str, *, if_exists: bool) -> None:
        if name.casefold() in self.schema.temporary:
            self.schema.temporary.discard(name.casefold())
        elif not if_exists:
            raise Unreplayable(f"there is no {name} in the statements before")


def _spelled(table: Table, name: str) -> str:
    return next((c.name for c in table.columns if c.name.casefold() == name.casefold()), name)


def find_key(kind: Collection[Key], name: str) -> Key | None:
    """The key of a name, found whatever its case; names in SQLite differ by more than case."""
    if (None, name) in kind:
        return None, name
    folded = name.casefold()
    return next((key for key in kind if key[1].casefold() == folded), None)


def finished(tables: tuple[Table, ...]) -> tuple[Table, ...]:
    """The tables with references resolved and the modules' own tables marked."""
    return ddl.mark_shadow_tables(ddl.resolve_references(tables))
