"""A file replayed without a server gives the catalog that PostgreSQL reports after running it, names included."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import fields, replace
from pathlib import Path

import psycopg
import pytest

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.objects import Catalog, Table, View
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.engines.postgresql.server import find_binaries
from dbarchitect.shadow import Shadow
from dbarchitect.sources.sqlfiles import statements
from dbarchitect.sources.sqlfiles.reading import replay
from dbarchitect.sources.sqlfiles.text import SqlText, read_text

OLDEST = 17  # partitions have the identity of their parent since then
CASES = sorted((Path(__file__).parent / "postgresql").glob("*.sql"))


def static(text: str) -> tuple[Catalog, tuple[Diagnostic, ...]]:
    replayed = replay([read_text("schema.sql", text.encode())], "postgresql", ordered=True)
    return replayed.catalog, replayed.diagnostics


def live(url: str, text: str) -> Catalog:
    file: SqlText = read_text("schema.sql", text.encode())
    with psycopg.connect(url, autocommit=True) as connection:
        for span in statements.split(file.data):
            connection.execute(file.data[span.start : span.end])
    return ENGINE.read(url, ReadOptions()).catalog


def names(table: Table) -> dict[str, set[str | None]]:
    """The names of what hangs on a table, which do not count in comparisons."""
    members = ("unique_keys", "foreign_keys", "checks", "exclusions", "indexes")
    found = {member: {item.name for item in getattr(table, member)} for member in members}
    return found | {"primary_key": {table.primary_key.name if table.primary_key else None}}


def comparable(view: View) -> View:
    """A view but for its query, which the server prints in its own words."""
    return replace(view, definition="")


def assert_same(found: Catalog, expected: Catalog) -> None:
    assert [t.ref for t in found.tables] == [t.ref for t in expected.tables]
    for one, other in zip(found.tables, expected.tables, strict=True):
        for field in fields(Table):
            if field.compare:
                assert getattr(one, field.name) == getattr(other, field.name), f"{one.name}.{field.name}"
        assert [c.name for c in one.ordered_columns] == [c.name for c in other.ordered_columns]
        assert [c.comment for c in one.columns] == [c.comment for c in other.columns]
        assert names(one) == names(other)
        assert one.comment == other.comment
    assert [comparable(v) for v in found.views] == [comparable(v) for v in expected.views]
    assert found.enums == expected.enums
    assert found.domains == expected.domains
    assert found.sequences == expected.sequences
    assert found.schemas == expected.schemas
    signatures = [
        [
            (f.schema, f.name, f.arguments, f.returns, f.language, f.security_definer, f.settings, f.volatility)
            for f in c
        ]
        for c in (found.functions, expected.functions)
    ]
    assert signatures[0] == signatures[1]


@pytest.fixture
def recent(postgresql: Shadow) -> Shadow:
    """A server that knows the syntax of the cases."""
    if int(postgresql.version.split(".", maxsplit=1)[0]) < OLDEST:
        pytest.skip(f"the cases are written for PostgreSQL {OLDEST} and later")
    return postgresql


@pytest.mark.server
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_file_says_what_the_server_says(case: Path, recent: Shadow) -> None:
    text = case.read_text()
    catalog, diagnostics = static(text)
    assert diagnostics == ()
    assert_same(catalog, live(recent.database(), text))


@pytest.mark.server
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_dump_says_what_the_server_says(case: Path, recent: Shadow) -> None:
    dump = next((b.bindir / "pg_dump" for b in find_binaries() if b.full_version == recent.version), None)
    if dump is None or not dump.is_file():
        pytest.skip("pg_dump is not beside this server")
    url = recent.database()
    expected = live(url, case.read_text() + "CREATE TABLE with_rows (a text); ")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO with_rows VALUES (E'a;\\nCREATE TABLE not_a_table (x int);\\n\\\\.'), ('''')")
    for arguments in ((), ("--inserts",)):
        written = subprocess.run([dump, *arguments, url], capture_output=True, text=True, check=True).stdout
        catalog, diagnostics = static(written)
        assert diagnostics == ()
        assert_same(catalog, expected)


def test_every_object_knows_its_place() -> None:
    text = "-- é\nCREATE TABLE a (\n  id int PRIMARY KEY,\n  é text UNIQUE\n);\nCREATE INDEX i ON a (é);\n"
    catalog, _ = static(text)
    table = catalog.tables[0]
    assert (table.origin.path, table.origin.line, table.origin.end_line) == ("schema.sql", 2, 5)
    column = table.column("é")
    assert column is not None
    raw = text.encode()
    assert raw[column.origin.start : column.origin.end].decode() == "é text UNIQUE"
    assert (column.origin.line, column.origin.column, column.origin.end_column) == (4, 3, 16)
    assert table.indexes[0].origin.line == 6
    assert table.origin.digest == read_text("x", raw).digest


def test_an_error_costs_one_statement_only() -> None:
    text = (
        "CREATE TABLE a (id int PRIMARY KEY, b text oops oops, c int);\n"
        "CREATE TABLE b (id int PRIMARY KEY);\nALTER TABLE nowhere ADD x int;\nFROBNICATE everything;\n"
        "CREATE TABLE c (id int REFERENCES b);\n"
    )
    catalog, diagnostics = static(text)
    assert [t.name for t in catalog.tables] == ["a", "b", "c"]
    assert [c.name for c in catalog.tables[0].ordered_columns] == ["id", "b", "c"]
    assert [d.origin.line for d in diagnostics] == [1, 3, 4]
    assert "there is no table nowhere" in diagnostics[1].text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CREATE TABLE a (id int); CREATE TABLE b (x text DEFAULT 'open); CREATE TABLE c (y int);\n", "does not end"),
        ('CREATE TABLE a (id int); CREATE TABLE "open (x int); CREATE TABLE c (y int);\n', "does not end"),
        ("CREATE TABLE a (id int); DO $$ open; CREATE TABLE c (y int);\n", "does not end"),
        ("CREATE TABLE a (id int); CREATE TABLE b (" + "x int, " * 200_000 + "y int);", "was not read"),
    ],
)
def test_hopeless_text_is_reported_and_passed_over(text: str, words: str) -> None:
    catalog, diagnostics = static(text + "\nCREATE TABLE after (z int);")
    assert [t.name for t in catalog.tables] == ["a", "after"]
    assert any(words in d.text for d in diagnostics)


def test_what_is_not_text_is_read_as_far_as_it_goes() -> None:
    file = read_text("latin.sql", "CREATE TABLE a (id int); -- Grüße\nCREATE TABLE b (x\0 int);".encode("latin-1"))
    assert [d.text.partition(" ")[0] for d in file.diagnostics] == ["line", "line"]
    assert len(replay([file], "postgresql", ordered=True).catalog.tables) == 2
    wide = read_text("wide.sql", "CREATE TABLE a (id int);".encode("utf-16"))
    assert len(replay([wide], "postgresql", ordered=True).catalog.tables) == 1


def test_a_mark_at_the_beginning_moves_nothing() -> None:
    raw = b"\xef\xbb\xbfCREATE TABLE a (id int);"
    file = read_text("marked.sql", raw)
    table = replay([file], "postgresql", ordered=True).catalog.tables[0]
    assert table.origin.start == 3
    assert table.origin.digest == hashlib.sha256(raw).hexdigest()


def test_grants_and_revocations_are_summed_up() -> None:
    text = """
        CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE VIEW v AS SELECT 1 AS one; CREATE SCHEMA s;
        CREATE TABLE s.c (id int);
        GRANT SELECT, INSERT (id) ON TABLE a, v TO "App", PUBLIC;
        GRANT ALL ON ALL TABLES IN SCHEMA public TO boss WITH GRANT OPTION;
        REVOKE ALL ON b FROM boss; REVOKE DELETE, TRUNCATE ON a FROM boss; REVOKE INSERT ON a FROM PUBLIC;
        GRANT UPDATE ON a TO "App"; GRANT USAGE ON SCHEMA s TO boss; GRANT SELECT ON ALL TABLES IN SCHEMA s TO reader;
    """
    catalog, diagnostics = static(text)
    assert diagnostics == ()
    held = {(g.role, str(g.object)): g.privileges for g in catalog.grants}
    assert held["App", "a"] == ("insert", "select", "update")
    assert held["public", "a"] == ("select",)
    assert held["public", "view v"] == ("insert", "select")
    assert held["boss", "a"] == ("insert", "references", "select", "trigger", "update")
    assert held["boss", "b"] == ()  # taken away by name, which a hosting service's defaults do not survive
    assert held["reader", "s.c"] == ("select",)


def test_blocks_that_put_sql_together_are_reported() -> None:
    text = "DO $$ BEGIN\n FOR r IN SELECT 1 LOOP EXECUTE format('ALTER TABLE %I ADD x int', r); END LOOP; END $$;"
    _, diagnostics = static(text)
    assert len(diagnostics) == 1
    assert "puts together" in diagnostics[0].text
    assert diagnostics[0].origin.line == 2


def test_the_engine_is_postgresql() -> None:
    assert static("CREATE TABLE a (id int);")[0].engine == POSTGRESQL


def test_who_may_call_a_function_is_summed_up() -> None:
    text = """
        CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'select 1';
        CREATE FUNCTION f(a int, b text) RETURNS int LANGUAGE sql AS 'select 1';
        CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'select 1';
        REVOKE ALL ON FUNCTION public.f(int) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION f(int) TO "App", reader;
        CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'select 2';
        ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
        CREATE FUNCTION h() RETURNS int LANGUAGE sql AS 'select 1';
        ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
        CREATE FUNCTION i() RETURNS int LANGUAGE sql AS 'select 1';
        CREATE SCHEMA s; CREATE FUNCTION s.j() RETURNS int LANGUAGE sql AS 'select 1';
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA s TO reader; REVOKE USAGE ON SCHEMA s FROM reader;
    """
    catalog, diagnostics = static(text)
    assert diagnostics == ()
    assert {(f.name, f.arguments): f.executable_by for f in catalog.functions} == {
        ("f", "a integer"): ("App", "reader"),
        ("f", "a integer, b text"): ("public",),
        ("g", ""): ("public",),
        ("h", ""): ("public",),
        ("i", ""): (),
        ("j", ""): ("reader",),
    }


def test_a_schema_that_nothing_makes_is_the_one_that_connections_begin_in() -> None:
    texts = [
        read_text("1.sql", b"create table grants (id int primary key);\ncreate type kind as enum ('a');"),
        read_text(
            "2.sql",
            b'alter table "shop$1".grants add used boolean;\nalter type "shop$1".kind add value \'b\';\n'
            b'create index grants_used on "shop$1".grants (used);\ncreate table "shop$1".keys (id int);\n'
            b'drop index "shop$1".grants_used;',
        ),
    ]
    replayed = replay(texts, "postgresql", ordered=True)
    assert replayed.diagnostics == ()
    assert [(table.schema, table.name) for table in replayed.catalog.tables] == [(None, "grants"), (None, "keys")]
    assert [column.name for column in replayed.catalog.tables[0].columns] == ["id", "used"]


@pytest.mark.parametrize("first", ["create schema other;", ""])
def test_a_schema_of_its_own_is_none_of_that(first: str) -> None:
    made = f"{first}create table grants (id int);".encode()
    changed = b"alter table other.grants add used boolean; alter table other.keys add used boolean;"
    replayed = replay([read_text("1.sql", made), read_text("2.sql", changed)], "postgresql", ordered=True)
    assert [column.name for column in replayed.catalog.tables[0].columns] == ["id"]
    assert replayed.diagnostics
