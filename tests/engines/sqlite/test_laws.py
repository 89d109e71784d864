"""For tables of all shapes and names: what is created reads back the same, and no text upsets the reader."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dbarchitect.catalog.engine import SQLITE
from dbarchitect.catalog.members import Column, Identity, Index, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.change.apply import apply
from dbarchitect.change.invert import invert
from dbarchitect.change.operations import Add, AlterColumn, Change, CreateTable, Drop
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.sqlite import ENGINE
from dbarchitect.engines.sqlite.ddl import read_definition
from dbarchitect.engines.sqlite.definitions import TableDefinition
from dbarchitect.engines.sqlite.lexer import fold, split, tokenize
from dbarchitect.testing import strategies

SLOW = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def plain_column(column: Column) -> Column:
    """The column without what SQLite lacks."""
    default = column.default
    if (
        default is not None
        and default.canonical not in {"now()", "true", "false", "0", "1"}
        and "'" not in default.text
    ):
        default = None
    type_ = replace(column.type, dimensions=0)
    return replace(column, type=type_, identity=None, default=default, generated=None, collation=None)


def plain_key(key: UniqueKey) -> UniqueKey:
    return replace(key, include=(), deferrable=False, initially_deferred=False, nulls_not_distinct=False)


def plain_index(index: Index) -> Index:
    keys = tuple(replace(k, operator_class=None, nulls_first=None, collation=None) for k in index.columns)
    return replace(
        index, columns=keys, method="btree", include=(), nulls_not_distinct=False, valid=True, predicate=None
    )


@st.composite
def sqlite_tables(draw: st.DrawFn) -> Table:
    """A table of the kind that SQLite can hold."""
    table = draw(strategies.tables("t"))
    columns = tuple(plain_column(c) for c in table.columns)
    key = plain_key(table.primary_key) if table.primary_key is not None else None
    if key is not None and draw(st.booleans()):
        numbered = columns[0].name
        first = replace(columns[0], type=strategies.parse_type("integer"), default=None, nullable=False)
        identity = draw(st.sampled_from([Identity.ROWID, Identity.AUTOINCREMENT]))
        columns = (replace(first, identity=identity), *columns[1:])
        key = replace(key, columns=(numbered,))
    unique = {k.columns: plain_key(k) for k in table.unique_keys}
    if key is not None and not any(c.identity for c in columns):
        unique.pop(key.columns, None)
    return Table(
        "t",
        columns,
        primary_key=key,
        unique_keys=tuple(unique.values()),
        checks=tuple(replace(c, validated=True, no_inherit=False) for c in table.checks),
        indexes=tuple(replace(plain_index(i), name=f"i{n}") for n, i in enumerate(table.indexes)),
    )


def read(path: str) -> Catalog:
    reading = ENGINE.read(path, ReadOptions())
    assert reading.diagnostics == ()
    return reading.catalog


def accepted(path: str, table: Table) -> bool:
    """Whether SQLite takes the table at all: some drawn conditions use functions that only a server has."""
    try:
        ENGINE.execute(path, ENGINE.render(CreateTable(table), Catalog(SQLITE)))
    except Exception as error:
        if any(words in str(error) for words in ("no such function", "near ", "unrecognized token", "no such column")):
            return False
        raise
    return True


@SLOW
@given(sqlite_tables())
def test_what_is_created_reads_back_the_same(table: Table) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/app.db"
        assume(accepted(path, table))
        found = read(path)
        assert found.tables == (table,)
        connection = sqlite3.connect(path)
        (text,) = connection.execute("select sql from sqlite_master where type = 'table' and name = 't'").fetchone()
        connection.close()
        definition = read_definition(text)
        assert isinstance(definition, TableDefinition)
        assert definition.problems == ()
        assert replace(definition.table, indexes=table.indexes) == table


@SLOW
@given(sqlite_tables(), st.data())
def test_a_change_and_its_way_back_end_where_they_began(table: Table, data: st.DataObject) -> None:
    columns = [c for c in table.columns if c.identity is None]
    assume(columns)
    column = data.draw(st.sampled_from(columns))
    altered = AlterColumn(table.ref, column, replace(column, nullable=not column.nullable))
    changes: list[Change] = [Drop(table.ref, m) for m in (*table.unique_keys, *table.checks, *table.indexes)]
    if table.primary_key is None or column.name not in table.primary_key.columns:
        changes.append(altered)
    if (column.name,) not in _keys(table):
        changes.append(Add(table.ref, UniqueKey((column.name,), "fresh")))
    assume(changes)
    change = data.draw(st.sampled_from(changes))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/app.db"
        assume(accepted(path, table))
        state = read(path)
        after = apply(change, state)
        ENGINE.execute(path, ENGINE.render(change, state))
        assert read(path).tables == after.tables
        back = invert(change, state)
        assert isinstance(back, tuple)
        for step in back:
            ENGINE.execute(path, ENGINE.render(step, after))
            after = apply(step, after)
        assert read(path).tables == (table,)


def _keys(table: Table) -> set[tuple[str, ...]]:
    own = {k.columns for k in table.unique_keys}
    return own | ({table.primary_key.columns} if table.primary_key is not None else set())


SCRIPTS = "\n".join(path.read_text() for path in sorted((Path(__file__).parent / "scripts").glob("*.sql")))
WORDS = sorted({*re.findall(r"\w+|[^\w\s]", SCRIPTS), "/*", "*/", "--"})
FRAGMENTS = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)


@given(st.one_of(FRAGMENTS, st.text(max_size=80)))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_no_text_upsets_the_reader(text: str) -> None:
    read_definition(text)
    read_definition("create table t (" + text)
    for start, end in split(text):
        assert 0 <= start < end <= len(text)
    assert [t.text for t in tokenize(fold(text))] == [t.text for t in tokenize(text)]


def test_the_path_of_a_throwaway_database_is_made(tmp_path: Path) -> None:
    ENGINE.execute(f"sqlite:///{tmp_path}/new.db", ["create table a (x)"])
    assert (tmp_path / "new.db").is_file()
