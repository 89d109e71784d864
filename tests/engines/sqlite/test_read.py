"""What a SQLite database tells is read whole, and its CREATE statements alone tell the same."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dbarchitect.catalog.engine import SQLITE
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Action, Check, ForeignKey, Identity, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.engines.base import Reading, ReadOptions
from dbarchitect.engines.sqlite import ENGINE
from dbarchitect.engines.sqlite.ddl import mark_shadow_tables, read_definition, resolve_references, spelled_as_in
from dbarchitect.engines.sqlite.definitions import IndexDefinition, Problem, TableDefinition, TriggerDefinition
from dbarchitect.engines.sqlite.lexer import fold, split

SCRIPTS = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "scripts").glob("*.sql"))}


def database(path: Path, script: str) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def read(path: Path, script: str) -> Reading:
    return ENGINE.read(str(database(path, script)), ReadOptions())


def from_text(script: str) -> tuple[Table, ...]:
    """The tables that the script alone describes, without SQLite."""
    tables: dict[str, Table] = {}
    for start, end in split(script):
        definition = read_definition(script[start:end])
        assert definition is not None
        assert not isinstance(definition, Problem), definition
        if isinstance(definition, TableDefinition):
            assert definition.problems == ()
            tables[definition.table.name.casefold()] = definition.table
        elif isinstance(definition, IndexDefinition):
            table = tables[definition.table.casefold()]
            index = spelled_as_in(definition.index, table)
            tables[definition.table.casefold()] = _with(table, indexes=(*table.indexes, index))
        elif isinstance(definition, TriggerDefinition):
            table = tables[definition.table.casefold()]
            tables[definition.table.casefold()] = _with(table, triggers=(*table.triggers, definition.trigger))
    return tuple(mark_shadow_tables(resolve_references(tables.values())))


def _with(table: Table, **changes: object) -> Table:
    from dataclasses import replace

    return replace(table, **changes)  # type: ignore[arg-type]  # fields of the table by name


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_text_alone_tells_what_the_database_tells(tmp_path: Path, name: str) -> None:
    reading = read(tmp_path / "app.db", SCRIPTS[name])
    assert reading.diagnostics == ()
    live = [t for t in reading.catalog.tables if not (t.owned_by or "").startswith("sqlite ") or name != "virtual"]
    text = [t for t in Catalog(SQLITE, from_text(SCRIPTS[name])).tables if t.owned_by is None or name != "virtual"]
    assert live
    assert text == live
    for one, other in zip(text, live, strict=True):
        assert [c.name for c in one.ordered_columns] == [c.name for c in other.ordered_columns]
        assert {k.name for k in one.unique_keys} == {k.name for k in other.unique_keys}
        assert {k.name for k in one.foreign_keys} == {k.name for k in other.foreign_keys}


def test_keys_and_how_the_rowid_is_named(tmp_path: Path) -> None:
    catalog = read(tmp_path / "app.db", SCRIPTS["keys"]).catalog
    identities = {t.name: t.column("id").identity for t in catalog.tables if t.column("id") is not None}  # type: ignore[union-attr]  # filtered
    assert identities["a"] is Identity.ROWID
    assert identities["b"] is Identity.AUTOINCREMENT
    assert identities["d"] is None
    assert identities["e"] is None
    assert identities["f"] is Identity.ROWID
    assert identities["j"] is Identity.ROWID
    table = catalog.table(Ref.of_table("c"))
    assert table is not None
    assert table.primary_key is not None
    assert (table.primary_key.name, table.primary_key.columns) == ("c_pk", ("x", "y"))
    assert table.unique_keys == (UniqueKey(("y",)),)
    assert {c.name for c in table.columns if c.nullable} == {"x", "y"}, "SQLite lets a key that is no rowid be NULL"
    strict = catalog.table(Ref.of_table("i"))
    assert strict is not None and strict.strict and strict.without_rowid
    nocase = catalog.table(Ref.of_table("l"))
    assert nocase is not None
    assert nocase.indexes == (Index((IndexColumn("b", collation="nocase"),), unique=True),)


def test_references_are_resolved(tmp_path: Path) -> None:
    table = read(tmp_path / "app.db", SCRIPTS["references"]).catalog.table(Ref.of_table("q"))
    assert table is not None
    keys = {(k.columns, k.referenced.table): k for k in table.foreign_keys}
    assert keys[("p",), "p"] == ForeignKey(("p",), Ref.of_table("p"), ("id",))
    assert not keys[("p",), "p"].on_delete_written
    assert keys[("p2",), "p"].referenced_columns == ("id",)
    assert keys[("p2",), "p"].on_delete is Action.CASCADE
    assert keys[("p2",), "p"].on_update is Action.SET_NULL
    assert keys[("c",), "p"].initially_deferred
    assert keys[("a", "b"), "p"].name == "ab"
    assert keys[("a",), "nowhere"].referenced_columns == ()


def test_checks_with_their_names(tmp_path: Path) -> None:
    table = read(tmp_path / "app.db", SCRIPTS["checks"]).catalog.tables[0]
    names = {c.name: c.expression.text for c in table.checks}
    assert names["named"] == "b in ('x', 'y,)', \"z\")"
    assert names["two"] == "a < 9"
    assert Check(expression("a > 0")) in table.checks
    assert len(table.checks) == 5


def test_virtual_tables_and_what_they_keep_their_data_in_belong_to_their_module(tmp_path: Path) -> None:
    catalog = read(tmp_path / "app.db", SCRIPTS["virtual"]).catalog
    owners = {t.name: t.owned_by for t in catalog.tables}
    assert {n for n, o in owners.items() if o is None} == {"notes_own"}
    assert owners["notes_data"] == owners["notes"] == "sqlite fts5"
    assert owners["box_node"] == "sqlite rtree"
    notes = catalog.table(Ref.of_table("notes"))
    assert notes is not None
    assert [c.name for c in notes.ordered_columns] == ["title", "body"]


def test_bookkeeping_tables_are_marked(tmp_path: Path) -> None:
    assert read(tmp_path / "app.db", SCRIPTS["bookkeeping"]).catalog.tables[0].owned_by == "django"


def test_an_unknown_module_does_not_hinder(tmp_path: Path) -> None:
    path = database(tmp_path / "app.db", "create table a (x); create table v (embedding);")
    connection = sqlite3.connect(path)
    connection.execute("pragma writable_schema = on")
    text = "CREATE VIRTUAL TABLE v USING vec0(embedding float[4], +note text)"
    connection.execute("update sqlite_master set sql = ?, rootpage = 0 where name = 'v'", (text,))
    connection.commit()
    connection.close()
    catalog = ENGINE.read(str(path), ReadOptions()).catalog
    assert [(t.name, t.owned_by) for t in catalog.tables] == [("a", None), ("v", "sqlite vec0")]


def test_views_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    script = """
        create table a (x int, y int);
        create view v as select x as one, y + 1 two -- why
            from a;
        create view broken as select z from gone;
        create trigger on_view instead of insert on v begin select 1; end;
    """
    reading = read(tmp_path / "app.db", script)
    views = {v.name: v for v in reading.catalog.views}
    assert views["v"].definition == "select x as one, y + 1 two from a"
    assert views["v"].columns == ("one", "two")
    assert "broken" in views
    texts = " | ".join(d.text for d in reading.diagnostics)
    assert "view broken does not work" in texts
    assert "trigger on_view is on the view v" in texts


def test_facts_are_those_that_analyze_left(tmp_path: Path) -> None:
    script = """
        create table a (id integer primary key, kind text); create index a_kind on a (kind);
        create index a_part on a (id) where kind = 'x'; create table b (x);
    """
    path = database(tmp_path / "app.db", script)
    connection = sqlite3.connect(path)
    connection.executemany("insert into a (kind) values (?)", [("xyzw"[n % 4],) for n in range(200)])
    connection.commit()
    connection.close()
    before = ENGINE.read(str(path), ReadOptions()).facts
    assert before is not None
    assert before.table(Ref.of_table("a")).rows is None, "rows are never counted by reading them"
    assert before.database_bytes == path.stat().st_size
    connection = sqlite3.connect(path)
    connection.execute("analyze")
    connection.close()
    facts = ENGINE.read(str(path), ReadOptions()).facts
    assert facts is not None
    assert facts.table(Ref.of_table("a")).rows == 200
    assert facts.column(Ref.of_table("a").column("kind")).distinct == 4
    sizes = facts.table(Ref.of_table("a"))
    index = facts.index(Ref.of_table("a").of(Kind.INDEX, "a_kind"))
    if sizes.table_bytes is not None:  # SQLite was built with dbstat
        assert index.bytes is not None
        assert sizes.total_bytes == sizes.table_bytes + (sizes.index_bytes or 0)
        assert 0 < index.bytes <= (sizes.index_bytes or 0)


def test_a_clause_that_is_not_understood_costs_only_itself() -> None:
    definition = read_definition(
        "create table t (id integer primary key, a int frobnicate with (x, y), b text not null, check b, unique (b))"
    )
    assert isinstance(definition, TableDefinition)
    assert [c.name for c in definition.table.ordered_columns] == ["id", "a", "b"]
    assert definition.table.unique_keys == (UniqueKey(("b",)),)
    assert len(definition.problems) == 2
    assert "expected ( " not in definition.problems[0].text
    unfinished = read_definition("create table t (id integer primary key, name text")
    assert isinstance(unfinished, TableDefinition)
    assert len(unfinished.table.columns) == 2
    assert "closing parenthesis" in unfinished.problems[0].text
    assert isinstance(read_definition("create table t (a text default 'x"), Problem)
    assert isinstance(read_definition("create table"), Problem)
    assert isinstance(read_definition("create index i on t"), Problem)
    assert read_definition("select 1") is None


def test_folding_and_splitting_mind_quotes_comments_and_triggers() -> None:
    assert fold("select  'a  b' -- x\n , \"c  d\"/* y */\n;") == "select 'a  b' , \"c  d\" ;"
    script = SCRIPTS["triggers"] + "; ; select 'a;b' -- ;\n; select 2"
    parts = [script[a:b] for a, b in split(script)]
    assert len(parts) == 7
    assert parts[3].startswith("create trigger t2")
    assert parts[3].endswith("end")
    assert [fold(part) for part in parts[-2:]] == ["select 'a;b'", "select 2"]


def test_a_list_of_migrations_that_cannot_be_read_is_told_and_no_row_of_it(tmp_path: Path) -> None:
    script = """
        create table django_migrations (id integer primary key, app text, applied datetime);
        insert into django_migrations (app) values ('k3pler');
        alter table django_migrations add column name text as (json(app)) virtual;
        create table alembic_version (version_num text);
        insert into alembic_version values ('4f1a');
    """
    reading = read(tmp_path / "shop.db", script)
    assert reading.facts is not None
    assert dict(reading.facts.applied) == {"alembic": ("4f1a",)}
    (problem,) = reading.diagnostics
    assert problem.text == "django's list of applied migrations could not be read"


def test_columns_and_indexes_that_are_computed_from_json(tmp_path: Path) -> None:
    script = """
        create table events (body text, kind text as (json_extract(body, '$.kind')));
        create index events_at on events (json_extract(body, '$.at'));
    """
    (events,) = read(tmp_path / "shop.db", script).catalog.tables
    assert [column.name for column in events.columns] == ["body", "kind"]
    assert [index.name for index in events.indexes] == ["events_at"]


def test_views_that_are_computed_from_json(tmp_path: Path) -> None:
    script = """
        create table events (body text);
        create view kinds as select json_extract(body, '$.kind') as kind from events;
    """
    reading = read(tmp_path / "shop.db", script)
    assert [(view.name, view.columns) for view in reading.catalog.views] == [("kinds", ("kind",))]
    assert not reading.diagnostics
