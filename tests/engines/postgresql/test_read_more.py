"""Reading while others work, and the corners of the catalog."""

from __future__ import annotations

import threading

import psycopg
import pytest

from dbarchitect.catalog.objects import Grant, Role
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.engines.base import Reading, ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.errors import TargetError
from dbarchitect.shadow import Shadow


def read(url: str) -> Reading:
    return ENGINE.read(url, ReadOptions())


def test_reading_while_tables_come_and_go(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(url, ["create table stays (id integer default 1 check (id > 0))"])
    stop = threading.Event()

    def change() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("create table comes (id integer default 7 check (id > 0), unique (id))")
                connection.execute("create index on comes (lower(id::text)) where id > 1")
                connection.execute("create view over as select id from comes")
                connection.execute("drop view over")
                connection.execute("drop table comes")

    thread = threading.Thread(target=change)
    thread.start()
    try:
        readings = [read(url) for _ in range(12)]
    finally:
        stop.set()
        thread.join()
    for reading in readings:
        assert reading.catalog.table(Ref.of_table("stays")) is not None


def test_grants_and_roles(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create role reader",
            "create role clerk login bypassrls in role reader",
            "create table t (id integer, secret text)",
            "create view v as select id from t",
            "create sequence s",
            "create function f() returns integer language sql as 'select 1'",
            "grant select, insert on t to reader",
            "grant update (secret) on t to clerk with grant option",
            "grant select on v to public",
            "grant usage on sequence s to clerk",
            "revoke execute on function f() from public",
            "grant execute on function f() to clerk",
        ],
    )
    catalog = read(url).catalog
    ENGINE.execute(url, ["drop owned by reader, clerk", "drop role clerk, reader"])
    t = Ref.of_table("t")
    for grant in (
        Grant("reader", t, ("insert", "select")),
        Grant("clerk", t.column("secret"), ("update",), grantable=True),
        Grant("public", Ref(Kind.VIEW, name="v"), ("select",)),
        Grant("clerk", Ref(Kind.SEQUENCE, name="s"), ("usage",)),
        Grant("clerk", Ref(Kind.FUNCTION, name="f"), ("execute",)),
    ):
        assert grant in catalog.grants
    assert not any(grant.role == "postgres" for grant in catalog.grants), "an owner's privileges go without saying"
    assert Role("clerk", login=True, bypass_row_security=True, member_of=("reader",)) in catalog.roles
    assert not any(role.name.startswith("pg_") for role in catalog.roles)


def test_defaults_and_names_lose_the_default_schema_only(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create schema other",
            "create type public.kind as enum ('public.a')",
            "create type other.kind as enum ('b')",
            "create function public.pick() returns public.kind language sql as 'select ''public.a''::public.kind'",
            "create table t (a kind default 'public.a', b other.kind default 'b', c kind default pick())",
        ],
    )
    columns = {column.name: column for column in read(url).catalog.tables[0].columns}
    assert str(columns["a"].default) == "'public.a'::kind"
    assert str(columns["b"].default) == "'b'::other.kind"
    assert str(columns["c"].default) == "pick()"


def test_an_operator_class_that_is_not_the_columns_own(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create table t (n name, v varchar(3), i integer[], e int4range)",
            "create index on t (n)",
            "create index on t (v)",
            "create index on t using gin (i)",
            "create index on t using gist (e)",
            "create index on t (v varchar_pattern_ops)",
        ],
    )
    classes = [index.columns[0].operator_class for index in read(url).catalog.tables[0].indexes]
    assert sorted(classes, key=str) == [None, None, None, None, "varchar_pattern_ops"]


def test_columns_that_were_dropped_leave_no_trace(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create table p (gone integer, id integer primary key)",
            "create table t (a integer, gone integer, b integer references p, unique (b) include (a))",
            "alter table p drop column gone",
            "alter table t drop column gone",
            "create index on t (b, (a + b))",
        ],
    )
    tables = {table.name: table for table in read(url).catalog.tables}
    assert [column.name for column in tables["t"].ordered_columns] == ["a", "b"]
    assert tables["t"].foreign_keys[0].referenced_columns == ("id",)
    assert tables["t"].unique_keys[0].include == ("a",)
    assert tables["t"].indexes[0].columns[0].name == "b"


def test_what_the_model_cannot_hold_is_said(postgresql: Shadow) -> None:
    if int(postgresql.version.split(".")[0]) < 18:
        pytest.skip("PostgreSQL 18 and later")
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create table p (a integer, b integer, primary key (a, b))",
            "create table t (a integer, b integer, foreign key (a, b) references p on delete set null (b))",
            "create table w (id int4range, at daterange, primary key (id, at without overlaps))",
            "create table n (a integer, constraint loose check (a > 0) not enforced)",
        ],
    )
    reading = read(url)
    assert sorted(diagnostic.text for diagnostic in reading.diagnostics) == [
        "t: constraint t_a_b_fkey is read without the columns that ON DELETE clears",
        "w: constraint w_pkey is read without WITHOUT OVERLAPS",
    ]
    loose = next(table for table in reading.catalog.tables if table.name == "n").checks[0]
    assert not loose.validated


def test_a_foreign_table_is_its_servers(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    ENGINE.execute(
        url,
        [
            "create foreign data wrapper far",
            "create server away foreign data wrapper far",
            "create foreign table f (id integer) server away",
        ],
    )
    assert [(table.name, table.owned_by) for table in read(url).catalog.tables] == [("f", "far")]


def test_a_catalog_that_is_forbidden_is_said_and_the_rest_is_read(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create table t (id integer primary key)",
            "create role curious login",
            "revoke select on pg_catalog.pg_policy, pg_catalog.pg_stats from public",
            "revoke execute on function pg_catalog.pg_stat_get_numscans from public",
        ],
    )
    curious = url.replace("postgres@", "curious@", 1)
    reading = read(curious)
    assert [table.name for table in reading.catalog.tables] == ["t"]
    grants = [unseen.grant for unseen in reading.unseen]
    assert grants[:4] == [
        "grant select on pg_catalog.pg_policy to curious",
        "grant execute on function pg_catalog.pg_stat_get_numscans to curious",
        "grant execute on function pg_catalog.pg_stat_get_numscans to curious",
        "grant select on pg_catalog.pg_stats to curious",
    ]
    ENGINE.execute(url, grants)
    assert read(curious).unseen == ()
    ENGINE.execute(url, ["revoke all on pg_catalog.pg_class from public"])
    with pytest.raises(TargetError, match="permission denied") as caught:
        read(curious)
    assert "role" in caught.value.hint
    ENGINE.execute(url, ["drop owned by curious", "drop role curious"])


def test_everything_is_read_in_a_handful_of_messages(postgresql: Shadow, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(self: psycopg.Cursor, query: object, *arguments: object, **options: object) -> object:
        sent.append(query)
        return execute(self, query, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    read(postgresql.database())
    assert len(sent) <= 5
