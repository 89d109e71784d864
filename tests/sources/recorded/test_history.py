"""What tool runs a folder of migrations, in transactions or not, with a way back or not, and faults of the order."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from dbarchitect.catalog.migrations import History
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.prisma import PrismaReader
from dbarchitect.sources.sqlfiles import SqlFilesReader

MADE = "create table t (id bigint primary key, a int);\n"
INDEX = "create index concurrently t_a on t (a);\n"


def written(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder


def read(folder: Path, files: dict[str, str]) -> SourceReading:
    (reading,) = SqlFilesReader().read(open_project(written(folder, files)))
    return reading


def history(folder: Path, files: dict[str, str]) -> History:
    found = read(folder, files).history
    assert found is not None
    return found


def journal(*tags: str) -> str:
    entries = [{"idx": index, "version": "7", "when": index, "tag": tag} for index, tag in enumerate(tags)]
    return json.dumps({"version": "7", "dialect": "postgresql", "entries": entries})


@pytest.mark.parametrize(
    ("tool", "files", "transactional", "reversible"),
    [
        ("sql", {"migrations/001_a.sql": MADE, "migrations/002_b.sql": INDEX}, [False, False], [None, None]),
        (
            "drizzle",
            {
                "drizzle/0000_a.sql": MADE,
                "drizzle/0001_b.sql": INDEX,
                "drizzle/meta/_journal.json": journal("0000_a", "0001_b"),
            },
            [True, True],
            [None, None],
        ),
        ("flyway", {"db/migration/V1__a.sql": MADE, "db/migration/V2__b.sql": INDEX}, [True, False], [None, None]),
        (
            "flyway",
            {
                "db/migration/V1__a.sql": MADE,
                "db/migration/V2__b.sql": "drop table t;",
                "db/migration/V2__b.sql.conf": "executeInTransaction=false\n",
            },
            [True, False],
            [None, None],
        ),
        (
            "goose",
            {
                "migrations/00001_a.sql": f"-- +goose Up\n{MADE}-- +goose Down\ndrop table t;\n",
                "migrations/00002_b.sql": f"-- +goose NO TRANSACTION\n-- +goose Up\n{INDEX}-- +goose Down\n-- no\n",
                "migrations/00003_c.sql": "-- +goose Up\ndrop table t;\n",
            },
            [True, False, True],
            [True, False, False],
        ),
        (
            "dbmate",
            {
                "db/migrations/20240101000000_a.sql": f"-- migrate:up\n{MADE}\n-- migrate:down\ndrop table t;\n",
                "db/migrations/20240102000000_b.sql": f"-- migrate:up transaction:false\n{INDEX}\n-- migrate:down\n",
            },
            [True, False],
            [True, False],
        ),
        (
            "golang-migrate",
            {
                "migrations/000001_a.up.sql": MADE + "create index on t (a);",
                "migrations/000001_a.down.sql": "drop table t;",
                "migrations/000002_b.up.sql": INDEX,
            },
            [True, False],
            [True, False],
        ),
        (
            "sqlx",
            {
                "Cargo.toml": "",
                "migrations/20240101000000_a.sql": MADE,
                "migrations/20240102000000_b.sql": "-- no-transaction\n" + INDEX,
            },
            [True, False],
            [None, None],
        ),
        (
            "drizzle",
            {
                "drizzle/20240101000000_a/migration.sql": MADE,
                "drizzle/20240101000000_a/snapshot.json": "{}",
                "drizzle/20240102000000_b/migration.sql": INDEX,
                "drizzle/20240102000000_b/snapshot.json": "{}",
            },
            [True, True],
            [None, None],
        ),
        (
            "hasura",
            {
                "hasura/config.yaml": "version: 3\n",
                "hasura/migrations/default/1700000000000_a/up.sql": MADE,
                "hasura/migrations/default/1700000000000_a/down.sql": "drop table t;",
            },
            [True],
            [True],
        ),
        (
            "diesel",
            {
                "Cargo.toml": "",
                "migrations/2024-01-01-000000_a/up.sql": MADE,
                "migrations/2024-01-01-000000_a/down.sql": "drop table t;",
                "migrations/2024-01-02-000000_b/up.sql": INDEX,
                "migrations/2024-01-02-000000_b/metadata.toml": "run_in_transaction = false\n",
            },
            [True, False],
            [True, False],
        ),
        (
            "supabase",
            {
                "supabase/config.toml": "",
                "supabase/migrations/20240101000000_a.sql": MADE,
                "supabase/migrations/20240102000000_b.sql": INDEX,
            },
            [True, True],
            [None, None],
        ),
    ],
)
def test_every_tool_has_its_own_ways(
    tmp_path: Path, tool: str, files: dict[str, str], transactional: list[bool], reversible: list[bool | None]
) -> None:
    found = history(tmp_path, files)
    assert found.tool == tool
    assert [migration.transactional for migration in found.migrations] == transactional
    assert [migration.reversible for migration in found.migrations] == reversible
    assert not found.problems
    for migration in found.migrations:
        assert all(operation.reversible is (migration.reversible is not False) for operation in migration.operations)


def test_supabase_takes_concurrent_indexes_out_of_its_transaction(tmp_path: Path) -> None:
    files = {"supabase/config.toml": "", "supabase/migrations/20240101000000_a.sql": MADE + INDEX}
    made, index = history(tmp_path, files).migrations[0].operations
    assert (made.in_transaction, index.in_transaction) == (True, False)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("drop table t", False),
        ("-- why;\ndrop table t; -- ; 'so'\n;", False),
        ("drop table t; drop table u;", True),
        ("insert into t values (1); insert into t values (2);", True),
        ("", False),
    ],
)
def test_of_several_statements_the_server_makes_one_transaction(tmp_path: Path, sql: str, expected: bool) -> None:
    files = {"migrations/000001_a.up.sql": MADE, "migrations/000002_a.up.sql": sql}
    assert history(tmp_path, files).migrations[1].transactional is expected


def test_after_a_commit_in_one_message_the_next_transaction_begins_by_itself(tmp_path: Path) -> None:
    files = {"migrations/000001_a.up.sql": f"begin; {MADE} commit; {INDEX}", "migrations/000001_a.down.sql": ""}
    operations = history(tmp_path, files).migrations[0].operations
    assert [(o.kind.value, o.in_transaction) for o in operations] == [
        ("begin", True),
        ("create table", True),
        ("commit", True),
        ("create index", True),
    ]


def test_migrations_follow_one_another(tmp_path: Path) -> None:
    reading = read(
        tmp_path, {"migrations/001_a.sql": MADE, "migrations/002_b.sql": INDEX, "migrations/010_c.sql": "--"}
    )
    found = reading.history
    assert found is not None
    assert [(m.name, m.parents) for m in found.migrations] == [
        ("001_a", ()),
        ("002_b", ("001_a",)),
        ("010_c", ("002_b",)),
    ]
    assert found.heads == ("010_c",)
    assert reading.migrated is None
    assert [m.path for m in found.migrations] == list(reading.migrations)


def test_a_schema_file_has_no_history(tmp_path: Path) -> None:
    assert read(tmp_path, {"schema.sql": MADE}).history is None


def test_a_schema_that_migrations_go_on_from_is_no_migration(tmp_path: Path) -> None:
    files = {
        "db/schema.sql": MADE + "create table u (id int); create table v (id int);",
        "db/migrations/001_a.sql": "create table w (id int); alter table t add column b int; alter table u add c int;",
        "db/migrations/002_b.sql": "create index on t (b);",
    }
    found = history(tmp_path, files)
    assert [migration.name for migration in found.migrations] == ["001_a", "002_b"]
    assert [str(o.object) for o in found.migrations[0].operations] == ["w", "t.b", "u.c"]


@pytest.mark.parametrize(
    ("names", "problems"),
    [
        (["0001_a", "0002_b", "0003_c"], []),
        (["0001_a", "0002_b", "0002_c"], ["2 migrations have the number 2: 0002_b, 0002_c"]),
        ([f"{n:04}_x" for n in range(1, 14) if n != 7], ["there is no migration with the number 7"]),
        (["0010_a", "0020_b", "0030_c"], []),
        (["20240101000000_a", "20240101000001_b", "20240105000000_c"], []),
        (["20240101_a", "20240101_b", "20240105_c"], []),
        (["V1__a", "V2__b", "V5__c"], []),
        (["V1_1__a", "V1_2__b", "V2_1__c"], []),
        (["1.0_a", "1.1_b", "2.0_c"], []),
    ],
)
def test_numbers_that_count_one_by_one(tmp_path: Path, names: list[str], problems: list[str]) -> None:
    files = {f"migrations/{name}.sql": "alter table t add column a int;" for name in names[1:]}
    found = history(tmp_path, {f"migrations/{names[0]}.sql": "create table t (id int);", **files})
    assert [problem.text for problem in found.problems] == problems


def test_what_a_journal_lists_and_what_is_there(tmp_path: Path) -> None:
    files = {
        "drizzle/0000_a.sql": MADE,
        "drizzle/0001_b.sql": INDEX,
        "drizzle/0002_c.sql": "drop table t;",
        "drizzle/meta/_journal.json": journal("0000_a", "0001_gone", "0002_c"),
    }
    found = history(tmp_path, files)
    assert [migration.name for migration in found.migrations] == ["0000_a", "0002_c"]
    assert [(p.fault.value, p.text) for p in found.problems] == [
        ("missing parent", "the journal lists 0001_gone, and there is no file of that name"),
        ("gap", "the journal does not list 0001_b: it will never run"),
    ]


def test_a_forsaken_journal_says_nothing(tmp_path: Path) -> None:
    files = {
        "drizzle/0000_a.sql": MADE,
        "drizzle/0001_b.sql": INDEX,
        "drizzle/meta/_journal.json": journal("0000_gone"),
    }
    assert not history(tmp_path, files).problems


@pytest.mark.parametrize(
    ("version", "expected"), [("^5.22.0", [True, False]), ("6.19.3", [True, False]), ("^7.4.0", [False, False])]
)
def test_prisma_sends_a_file_at_once_or_statement_by_statement(
    tmp_path: Path, version: str, expected: list[bool]
) -> None:
    files = {
        "package.json": json.dumps({"name": "shop", "dependencies": {"prisma": version}}),
        "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n  url = env("URL")\n}\n'
        "model t {\n  id BigInt @id\n  a Int?\n}\n",
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
        "prisma/migrations/20240101000000_a/migration.sql": MADE + "alter table t add check (a > 0);",
        "prisma/migrations/20240102000000_b/migration.sql": INDEX,
    }
    (reading,) = PrismaReader().read(open_project(written(tmp_path, files)))
    found = reading.history
    assert found is not None
    assert found.tool == "prisma"
    assert [migration.name for migration in found.migrations] == ["20240101000000_a", "20240102000000_b"]
    assert [migration.transactional for migration in found.migrations] == expected
    assert [migration.reversible for migration in found.migrations] == [None, None]
    assert reading.migrated is not None
    assert [index.name for index in reading.migrated.tables[0].indexes] == ["t_a"]
    assert [index.name for index in reading.catalog.tables[0].indexes] == []


def test_hostile_names_survive(tmp_path: Path) -> None:
    hostile = 'a"b\n</script>\N{PILE OF POO}'
    quoted = '"' + hostile.replace('"', '""') + '"'
    sql = f"create table {quoted} (id int); create index on {quoted} (id); insert into {quoted} values (1);"
    found = history(tmp_path, {"migrations/001_a.sql": sql, "migrations/002_b.sql": f"drop table {quoted};"})
    objects = [o.object.table for m in found.migrations for o in m.operations]
    assert objects == [hostile] * 4


def test_broken_files_have_a_history_too(tmp_path: Path) -> None:
    files = {
        "migrations/001_a.sql": MADE,
        "migrations/002_b.sql": "alter table t add; create index on; drop; update t; 'never ends",
        "migrations/003_c.sql": "\x00\xff alter table t drop column a",
        "migrations/004_d.sql": "",
    }
    assert len(history(tmp_path, files).migrations) == 4


def test_seven_hundred_migrations_take_no_time(tmp_path: Path) -> None:
    files = {
        "migrations/000000_a.sql": "".join(f"create table t{n} (id bigint primary key, a int);" for n in range(70))
    }
    for n in range(1, 700):
        name, table = f"c{n}", f"t{n % 70}"
        files[f"migrations/{n:06}_b.sql"] = (
            f"alter table {table} add column {name} int, add constraint k{n} check ({name} > 0) not valid;"
            f"create index on {table} ({name}); update {table} set {name} = 1 where id = 2;"
        )
    folder = written(tmp_path, files)
    start = time.process_time()
    (reading,) = SqlFilesReader().read(open_project(folder))
    assert time.process_time() - start < 3
    assert reading.history is not None
    assert sum(len(migration.operations) for migration in reading.history.migrations) == 70 + 699 * 4


def test_many_rows_are_one_operation_and_no_work(tmp_path: Path) -> None:
    rows = MADE + "insert into t (id, a) values (1, 2);\n" * 100_000
    start = time.process_time()
    (migration,) = history(tmp_path, {"migrations/001_a.sql": rows}).migrations
    assert time.process_time() - start < 3
    assert [operation.kind.value for operation in migration.operations] == ["create table", "insert"]
