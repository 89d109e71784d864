"""The locks, rewrites and scans that `cost` tells are those that every server really takes and does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg
import pytest

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Policy,
    Trigger,
    UniqueKey,
)
from dbarchitect.catalog.objects import Catalog, Enum, Sequence, Table, View
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import parse_type
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
from dbarchitect.engines.postgresql import ENGINE, cost
from dbarchitect.engines.postgresql.connect import connect
from dbarchitect.shadow import Shadow

STRENGTH = (
    *("AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock"),
    *("ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"),
)
SPOKEN = {
    "AccessShareLock": cost.ACCESS_SHARE,
    "ShareUpdateExclusiveLock": cost.SHARE_UPDATE_EXCLUSIVE,
    "ShareLock": cost.SHARE,
    "ShareRowExclusiveLock": cost.SHARE_ROW_EXCLUSIVE,
    "AccessExclusiveLock": cost.ACCESS_EXCLUSIVE,
    None: None,
}
SCANS = ("rewriting table", "verifying table", "building index", "validating foreign key constraint")

SETUP = """
create type mood as enum ('good');
create domain positive as integer check (value > 0);
create domain plain as integer;
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create function dice() returns integer language plpgsql volatile as 'begin return 4; end';
create function fixed() returns integer language sql stable as 'select 4';
create table parent (id integer primary key, part integer);
create table t (
  id integer not null, a integer, v varchar(10), n numeric(10, 2), ts timestamptz(3), c cidr, txt text,
  known integer check (known is not null), g integer generated always as (1) stored, span int4range,
  constraint t_fk foreign key (a) references parent, constraint t_check check (a <> 77), constraint t_unique unique (v)
);
create index t_index on t (n);
create table keyed (id integer primary key);
create policy p on t;
create trigger tr before insert on t for each row execute function touch();
create table divided (id integer) partition by range (id);
create view seen as select id from t;
create materialized view stored as select id from t;
create sequence s;
insert into parent values (1, 1);
insert into t (id, a, v, known) values (1, 1, 'x', 1);
insert into keyed values (1);
"""


@dataclass(frozen=True)
class Observed:
    lock: str | None
    rewrites: bool
    scans: bool


def observe(url: str, statements: tuple[str, ...]) -> Observed:
    """What the statements did to the tables that were there before; undone afterwards."""
    files = "select oid, relfilenode from pg_class where relkind in ('r', 'm', 'p') and relnamespace = 2200"  # public
    messages: list[str] = []
    with connect(url, ReadOptions()) as connection:
        connection.add_notice_handler(lambda notice: messages.append(notice.message_primary or ""))
        before = dict(connection.execute(files.encode()).fetchall())  # type: ignore[arg-type]  # pairs
        connection.execute("begin")
        connection.execute("set local client_min_messages = debug1")
        for statement in statements:
            connection.execute(statement.encode())
        connection.execute("reset client_min_messages")
        locks = connection.execute(
            "select l.mode from pg_locks as l where l.pid = pg_backend_pid() and l.relation = any (%s)", [list(before)]
        ).fetchall()
        after = dict(connection.execute(files.encode()).fetchall())  # type: ignore[arg-type]  # pairs
        connection.execute("rollback")
    modes = sorted({mode for (mode,) in locks}, key=STRENGTH.index)
    rewritten = any(message.startswith("rewriting table") for message in messages)
    moved = any(after[number] != filenode for number, filenode in before.items() if number in after)
    return Observed(
        SPOKEN[modes[-1] if modes else None],
        rewritten or moved,
        moved or any(message.startswith(SCANS) for message in messages),
    )


def changes(catalog: Catalog) -> Iterator[Change]:
    t = catalog.table(Ref.of_table("t"))
    assert t is not None
    keyed = catalog.table(Ref.of_table("keyed"))
    assert keyed is not None
    integer = parse_type("integer")
    new = Table("fresh", (Column("id", integer),))
    yield CreateTable(new)
    yield CreateTable(replace(new, foreign_keys=(ForeignKey(("id",), Ref.of_table("parent"), ("id",)),)))
    yield CreateTable(replace(new, inherits=(Ref.of_table("parent"),)))
    yield CreateTable(
        replace(new, partition_of=Ref.of_table("divided"), bound="for values from (0) to (1)", columns=())
    )
    yield DropTable(keyed)
    for column in (
        Column("x", integer),
        Column("x", integer, default=expression("5"), nullable=False),
        Column("x", integer, default=expression("dice()")),
        Column("x", integer, default=expression("fixed()")),
        Column("x", parse_type("timestamptz"), default=expression("now()"), nullable=False),
        Column("x", parse_type("double precision"), default=expression("random()")),
        Column("x", parse_type("timestamptz"), default=expression("clock_timestamp()")),
        Column("x", integer, identity=Identity.ALWAYS, nullable=False),
        Column("x", integer, identity=Identity.SERIAL, nullable=False),
        Column("x", integer, generated=expression("a * 2")),
        Column("x", parse_type("plain")),
        Column("x", parse_type("mood"), default=expression("'good'::mood")),
    ):
        yield AddColumn(t.ref, column)
    for name in ("v", "n", "txt"):
        found = t.column(name)
        assert found is not None
        yield DropColumn(t.ref, found)
    for name, type_, using in (
        ("v", "varchar(20)", None),
        ("v", "varchar(5)", None),
        ("v", "varchar", None),
        ("v", "text", None),
        ("txt", "varchar", None),
        ("txt", "varchar(10)", None),
        ("n", "numeric(12,2)", None),
        ("n", "numeric", None),
        ("n", "numeric(12,3)", None),
        ("n", "numeric(8,2)", None),
        ("ts", "timestamptz(6)", None),
        ("ts", "timestamptz", None),
        ("ts", "timestamptz(1)", None),
        ("c", "inet", None),
        ("a", "bigint", None),
        ("a", "plain", None),
        ("a", "positive", None),
        ("n", "bigint", "n + 1"),
    ):
        old = t.column(name)
        assert old is not None
        yield AlterColumn(t.ref, old, replace(old, type=parse_type(type_)), using)
    known, identifier, a, g = (t.column(name) for name in ("known", "id", "a", "g"))
    assert known and identifier and a and g
    yield AlterColumn(t.ref, known, replace(known, nullable=False))
    yield AlterColumn(t.ref, a, replace(a, nullable=False))
    yield AlterColumn(t.ref, identifier, replace(identifier, nullable=True))
    yield AlterColumn(t.ref, a, replace(a, default=expression("3")))
    yield AlterColumn(t.ref, a, replace(a, comment="said"))
    yield AlterColumn(t.ref, identifier, replace(identifier, identity=Identity.ALWAYS))
    yield AlterColumn(t.ref, g, replace(g, generated=None))
    yield SetPrimaryKey(t.ref, None, UniqueKey(("id",)))
    yield SetPrimaryKey(keyed.ref, keyed.primary_key, None)
    members = (
        UniqueKey(("id",)),
        ForeignKey(("id",), Ref.of_table("parent"), ("id",)),
        ForeignKey(("id",), Ref.of_table("parent"), ("id",), validated=False),
        Check(expression("id > 0")),
        Check(expression("id > 0"), validated=False),
        Exclusion((("span", "&&"),)),
        Index((IndexColumn("a"),)),
        Index((IndexColumn("a"),), unique=True),
        Policy("another"),
        Trigger("another", "before", ("insert",), function="touch"),
    )
    yield from (Add(t.ref, member) for member in members)
    for member in (*t.unique_keys, *t.foreign_keys, *t.checks, *t.indexes, *t.policies, *t.triggers):
        yield Drop(t.ref, member)
    yield SetTableOptions(t, replace(t, row_security=True))
    yield SetTableOptions(t, replace(t, force_row_security=True))
    yield SetTableOptions(t, replace(t, options=("fillfactor=80",)))
    yield SetTableOptions(t, replace(t, options=("autovacuum_enabled=false",)))
    yield SetTableOptions(t, replace(t, comment="said"))
    yield SetTableOptions(keyed, replace(keyed, unlogged=True))
    yield Create(View("w", "select id from t"))
    yield Create(Enum("e", ("a",)))
    yield Create(Sequence("another"))
    yield from (Remove(sequence) for sequence in catalog.sequences)
    yield from (Remove(view) for view in catalog.views if view.materialized)
    yield AddEnumValue(catalog.enums[0], "bad")


def test_costs_are_as_the_server_has_them(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    ENGINE.execute(url, [SETUP])
    catalog = ENGINE.read(url, ReadOptions()).catalog
    differences = []
    for change in changes(catalog):
        told = ENGINE.cost(change, catalog)
        assert told.source.startswith("https://www.postgresql.org/docs/")
        assert told.blocks
        try:
            seen = observe(url, ENGINE.render(change, catalog))
        except psycopg.Error as error:
            differences.append((str(error), change))
            continue
        if Observed(told.lock, told.rewrites, told.scans) != seen:
            differences.append((told, seen, change))
    assert differences == [], "\n".join(map(str, differences))


def test_what_is_not_modelled_is_not_known() -> None:
    told = ENGINE.cost(RunSql("postgresql", ("vacuum full",), None, "tidy"), Catalog())
    assert told.blocks.startswith("not known")


@pytest.mark.parametrize("version", ["17.0", "18.0"])
def test_a_new_expression_of_a_stored_column_rewrites(version: str) -> None:
    catalog = Catalog(replace(Catalog().engine, version=version))
    old = Column("a", parse_type("integer"), generated=expression("1"))
    told = ENGINE.cost(AlterColumn(Ref.of_table("t"), old, replace(old, generated=expression("2"))), catalog)
    assert (told.lock, told.rewrites) == ("ACCESS EXCLUSIVE", True)
