"""Each change, made by SQLite itself, gives the catalog that the algebra says, keeps the rows, and has its way back."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from dbarchitect.catalog.engine import SQLITE
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import (
    Action,
    Check,
    Column,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Policy,
    Trigger,
    UniqueKey,
)
from dbarchitect.catalog.objects import Catalog, Enum, Extension, Table, View
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.apply import apply
from dbarchitect.change.invert import Irreversible, invert
from dbarchitect.change.operations import (
    Add,
    AddColumn,
    AddEnumValue,
    AlterColumn,
    Change,
    Create,
    CreateTable,
    Drop,
    DropColumn,
    DropTable,
    Remove,
    RunSql,
    SetPrimaryKey,
    SetTableOptions,
)
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.sqlite import ENGINE
from dbarchitect.errors import ChangeRefused

INTEGER, TEXT = parse_type("integer"), parse_type("text")

PARENT = Table(
    "parent",
    (
        Column("id", INTEGER, nullable=False, identity=Identity.ROWID, position=1),
        Column("code", parse_type("varchar(20)"), nullable=False, position=2),
    ),
    primary_key=UniqueKey(("id",)),
    unique_keys=(UniqueKey(("code",), "parent_code"),),
)
CHILD = Table(
    'child "of" it',
    (
        Column("id", INTEGER, nullable=False, identity=Identity.AUTOINCREMENT, position=1),
        Column("parent_id", INTEGER, position=2),
        Column("order", parse_type("numeric(10,2)"), nullable=False, default=expression("0"), position=3),
        Column("note", TEXT, collation="NOCASE", default=expression("'it''s'"), position=4),
        Column("made", parse_type("timestamp"), nullable=False, default=expression("current_timestamp"), position=5),
        Column("twice", INTEGER, generated=expression('"order" * 2'), generated_stored=False, position=6),
        Column("state", TEXT, nullable=False, default=expression("lower('NEW')"), position=7),
        Column("spare", TEXT, position=8),
    ),
    primary_key=UniqueKey(("id",), "child_pk"),
    foreign_keys=(
        ForeignKey(
            ("parent_id",), Ref.of_table("parent"), ("id",), Action.SET_NULL, deferrable=True, initially_deferred=True
        ),
    ),
    checks=(Check(expression("state in ('new', 'old')"), name="child_state"),),
    indexes=(
        Index((IndexColumn("parent_id"), IndexColumn("made", descending=True)), name="child_made"),
        Index(
            (IndexColumn(expression=expression("lower(note)")),),
            predicate=expression("note is not null"),
            name="child_note",
        ),
        Index((IndexColumn("note", collation="BINARY"),), unique=True, name="child_u"),
    ),
    triggers=(
        Trigger(
            "child_touch",
            "after",
            ("update",),
            columns=("note",),
            when=expression("new.note = 'x'"),
            body="update parent set code = code || 1 where id = new.parent_id;",
        ),
    ),
)
SUMMARY = View(
    "summary", 'select parent_id, count(*) as n from "child ""of"" it" group by parent_id', columns=("parent_id", "n")
)
BASE = Catalog(SQLITE, (PARENT, CHILD), (SUMMARY,))
ROWS = [
    "insert into parent (code) values ('a'), ('b')",
    """insert into "child ""of"" it" (parent_id, "order", note) values (1, 1.5, 'n1'), (2, 2, 'n2'), (null, 3, null)""",
    """delete from "child ""of"" it" where id = 3""",
]


def column(table: Table, name: str) -> Column:
    found = table.column(name)
    assert found is not None
    return found


def read(path: Path) -> Catalog:
    reading = ENGINE.read(str(path), ReadOptions())
    assert reading.diagnostics == ()
    return reading.catalog


def create(path: Path, catalog: Catalog) -> Path:
    done = Catalog(SQLITE)
    for change in [*(CreateTable(t) for t in catalog.tables), *(Create(v) for v in catalog.views)]:
        ENGINE.execute(str(path), ENGINE.render(change, done))
        done = apply(change, done)
    return path


def rows(path: Path, table: str = CHILD.name) -> list[tuple[object, ...]]:
    quoted = ENGINE.quote(table)
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"select id, parent_id, note, state from {quoted} order by id").fetchall()
    finally:
        connection.close()


def test_what_is_created_reads_back_the_same(tmp_path: Path) -> None:
    assert read(create(tmp_path / "app.db", BASE)) == BASE


C = CHILD.ref
NOTE, SPARE, STATE = column(CHILD, "note"), column(CHILD, "spare"), column(CHILD, "state")
CHANGES: dict[str, Change] = {
    "add column": AddColumn(C, Column("extra", TEXT)),
    "add column not null": AddColumn(C, Column("extra", INTEGER, nullable=False, default=expression("7"))),
    "add column now": AddColumn(
        C, Column("extra", parse_type("datetime"), nullable=False, default=expression("current_timestamp"))
    ),
    "add column stored": AddColumn(C, Column("extra", INTEGER, generated=expression("id + 1"))),
    "add column virtual": AddColumn(
        C, Column("extra", INTEGER, generated=expression("id + 1"), generated_stored=False)
    ),
    "drop column": DropColumn(C, SPARE),
    "alter type": AlterColumn(C, SPARE, replace(SPARE, type=INTEGER)),
    "alter default": AlterColumn(C, STATE, replace(STATE, default=expression("'old'"))),
    "alter not null": AlterColumn(C, NOTE, replace(NOTE, nullable=False)),
    "alter collation": AlterColumn(C, SPARE, replace(SPARE, collation="RTRIM")),
    "no key": SetPrimaryKey(PARENT.ref, PARENT.primary_key, PARENT.primary_key),
    "add unique": Add(C, UniqueKey(("parent_id", "order"), "once")),
    "drop unique": Drop(PARENT.ref, PARENT.unique_keys[0]),
    "add check": Add(C, Check(expression('"order" >= 0'), name="positive")),
    "drop check": Drop(C, CHILD.checks[0]),
    "drop foreign key": Drop(C, CHILD.foreign_keys[0]),
    "add foreign key": Add(C, ForeignKey(("note",), Ref.of_table("parent"), ("code",), Action.CASCADE)),
    "add self reference": Add(C, ForeignKey(("spare",), C, ("id",))),
    "add index": Add(C, Index((IndexColumn("order", descending=True), IndexColumn("id")))),
    "add partial index": Add(
        C, Index((IndexColumn("parent_id"),), True, predicate=expression("state = 'old'"), name="one_old")
    ),
    "drop index": Drop(C, CHILD.indexes[0]),
    "drop trigger": Drop(C, CHILD.triggers[0]),
    "add trigger": Add(C, Trigger("t2", "before", ("delete",), body="select 1;")),
    "create table": CreateTable(Table("two", (Column("a", INTEGER), Column("b", TEXT)), strict=True)),
    "create keyed": CreateTable(
        Table(
            "two",
            (Column("a", TEXT, nullable=False), Column("b", INTEGER, nullable=False)),
            primary_key=UniqueKey(("a", "b"), "two_pk"),
            without_rowid=True,
        )
    ),
    "create integer key that is no rowid": CreateTable(
        Table("two", (Column("a", INTEGER, nullable=False),), primary_key=UniqueKey(("a",)))
    ),
    "drop table": DropTable(CHILD),
    "create view": Create(View("codes", "select code from parent", columns=("code",))),
    "drop view": Remove(SUMMARY),
    "run sql": RunSql("sqlite", ("update parent set code = 'z' where id = 1",), ("select 1",), "renames a code"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_does_what_the_algebra_says_and_leads_back(tmp_path: Path, name: str) -> None:
    change = CHANGES[name]
    before = replace(BASE, views=()) if isinstance(change, DropTable) else BASE
    path = create(tmp_path / "app.db", before)
    if name != "add foreign key":
        ENGINE.execute(str(path), ROWS)
    kept = rows(path)
    ENGINE.execute(str(path), ENGINE.render(change, before))
    after = apply(change, before)
    assert read(path) == after
    if not isinstance(change, DropTable):
        assert rows(path) == kept
    back = invert(change, before)
    assert not isinstance(back, Irreversible)
    state = after
    for step in back:
        ENGINE.execute(str(path), ENGINE.render(step, state))
        state = apply(step, state)
    assert state == before
    assert read(path) == before


def test_a_rebuild_keeps_numbering_where_it_was(tmp_path: Path) -> None:
    path = create(tmp_path / "app.db", BASE)
    ENGINE.execute(str(path), ROWS)
    ENGINE.execute(str(path), ENGINE.render(CHANGES["alter type"], BASE))
    ENGINE.execute(str(path), ['insert into "child ""of"" it" (parent_id) values (1)'])
    assert [r[0] for r in rows(path)] == [1, 2, 4], "3 was handed out before and must not come again"


def test_a_rebuild_keeps_positions_and_names(tmp_path: Path) -> None:
    path = create(tmp_path / "app.db", BASE)
    ENGINE.execute(str(path), ENGINE.render(CHANGES["alter default"], BASE))
    table = read(path).table(C)
    assert table is not None
    assert [c.name for c in table.ordered_columns] == [c.name for c in CHILD.ordered_columns]
    assert {i.name for i in table.indexes} == {i.name for i in CHILD.indexes}
    assert {c.name for c in table.checks} == {"child_state"}


def test_values_are_converted_as_asked(tmp_path: Path) -> None:
    path = create(tmp_path / "app.db", BASE)
    ENGINE.execute(str(path), ROWS)
    change = AlterColumn(C, NOTE, replace(NOTE, nullable=False), using="coalesce(note, '-') || '!'")
    ENGINE.execute(str(path), ENGINE.render(change, BASE))
    assert [r[2] for r in rows(path)] == ["n1!", "n2!"]


def test_rows_that_break_a_new_foreign_key_stop_the_rebuild(tmp_path: Path) -> None:
    path = create(tmp_path / "app.db", BASE)
    ENGINE.execute(str(path), ROWS)
    with pytest.raises(ChangeRefused, match="refer to rows that are not there"):
        ENGINE.execute(str(path), ENGINE.render(CHANGES["add foreign key"], BASE))
    assert read(path) == BASE, "the transaction that was cut off left nothing"


def test_rows_that_break_a_new_check_stop_the_rebuild(tmp_path: Path) -> None:
    path = create(tmp_path / "app.db", BASE)
    ENGINE.execute(str(path), ROWS)
    with pytest.raises(ChangeRefused, match="CHECK constraint failed"):
        ENGINE.execute(str(path), ENGINE.render(Add(C, Check(expression("id > 1"))), BASE))
    assert read(path) == BASE


@pytest.mark.parametrize(
    "change",
    [
        Add(C, Policy("p")),
        Create(Enum("e", ("a",))),
        Create(Extension("citext")),
        Create(View("m", "select 1", materialized=True)),
        AddEnumValue(Enum("e", ("a",)), "b"),
        SetTableOptions(CHILD, replace(CHILD, row_security=True)),
        CreateTable(Table("a", (Column("x", TEXT),), schema="other")),
        CreateTable(Table("sqlite_a", (Column("x", TEXT),))),
        CreateTable(Table("a", (Column("x", INTEGER, identity=Identity.ALWAYS),))),
        CreateTable(Table("a", (Column("x", TEXT),), unique_keys=(UniqueKey(("x",), nulls_not_distinct=True),))),
        Add(C, Index((IndexColumn("note"),), method="gin")),
        Add(C, Index((IndexColumn("note"),), include=("id",))),
        Add(Ref.of_table("gone"), Index((IndexColumn("note"),))),
        DropColumn(C, NOTE),
        RunSql("postgresql", ("select 1",), None, "is another dialect"),
    ],
)
def test_what_sqlite_lacks_is_refused_in_words(change: Change) -> None:
    with pytest.raises(ChangeRefused) as refusal:
        ENGINE.render(change, BASE)
    assert len(str(refusal.value)) > 15


def test_costs_tell_a_rebuild_from_a_change_in_place() -> None:
    assert ENGINE.cost(CHANGES["add column"], BASE).rewrites is False
    assert ENGINE.cost(CHANGES["add column stored"], BASE).rewrites is True
    assert ENGINE.cost(CHANGES["add check"], BASE).rewrites is True
    index = ENGINE.cost(CHANGES["add index"], BASE)
    assert index.scans and not index.rewrites
    for change in CHANGES.values():
        cost = ENGINE.cost(change, BASE)
        assert cost.source.startswith("https://www.sqlite.org/")
        assert bool(cost.lock) == bool(cost.blocks)


def test_names_are_quoted_where_they_must_be() -> None:
    assert ENGINE.quote("plain_1") == "plain_1"
    for name in ("Order", "order", 'a"b', "x y", "</script>", "1st", "é", "😀", ""):
        quoted = ENGINE.quote(name)
        connection = sqlite3.connect(":memory:")
        assert connection.execute(f"select 1 as {quoted}").description[0][0] == name
        connection.close()
