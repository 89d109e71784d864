"""Which migrations a database has run, by what each tool writes down; on real databases too."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dbarchitect.catalog.migrations import History, Migration
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.shadow.base import Shadow
from dbarchitect.sources.applied import with_applied


def history(tool: str, *names: str, chain: bool = False) -> History:
    parents = [(), *((name,) for name in names)] if chain else [()] * len(names)
    made = (Migration(name, f"{name}.x", parents=before) for name, before in zip(names, parents, strict=False))
    return History(tool, tuple(made))


def marks(found: History) -> list[bool | None]:
    return [migration.applied for migration in found.migrations]


@pytest.mark.parametrize(
    ("tool", "names", "lists", "expected", "unknown"),
    [
        ("django", ("shop.0001_a", "shop.0002_b"), {"django": ("shop.0001_a", "auth.0001_initial", "shop.0009_x")},
         [True, False], ("shop.0009_x",)),
        ("prisma", ("20260101_a", "20260102_b"), {"prisma": ("20260101_a",)}, [True, False], ()),
        ("goose", ("20260101_a", "20260102_b"), {"goose": ("20260101", "20270101")}, [True, False], ("20270101",)),
        ("dbmate", ("20260101_a",), {"rails": ("20260101",)}, [True], ()),
        ("flyway", ("V1.2__a", "V1_10__b"), {"flyway": ("1.2",)}, [True, False], ()),
        ("golang-migrate", ("000001_a", "000002_b", "000003_c"), {"golang-migrate": ("2",)}, [True, True, False], ()),
        ("drizzle", ("0000_a", "0001_b"), {"drizzle": ("some-hash",)}, [True, False], ()),
        ("diesel", ("2026-01-01-000000_a",), {"diesel": ("20260101000000",)}, [True], ()),
        ("django", ("shop.0001_a",), {}, [None], ()),
        ("django", ("shop.0001_a",), {"prisma": ("x",)}, [None], ()),
    ],
)  # fmt: skip
def test_each_tool_s_list(
    tool: str,
    names: tuple[str, ...],
    lists: dict[str, tuple[str, ...]],
    expected: list[bool | None],
    unknown: tuple[str, ...],
) -> None:
    found = with_applied(history(tool, *names), lists)
    assert marks(found) == expected
    assert found.unknown == unknown


def test_alembic_writes_down_its_heads_only() -> None:
    made = history("alembic", "r1", "r2", "r3", chain=True)
    assert marks(with_applied(made, {"alembic": ("r2",)})) == [True, True, False]
    assert with_applied(made, {"alembic": ("gone",)}).unknown == ("gone",)
    assert marks(with_applied(made, {"alembic": ()})) == [False, False, False]


def test_a_circle_of_parents_ends() -> None:
    circle = History("alembic", (Migration("a", "a", parents=("b",)), Migration("b", "b", parents=("a",))))
    assert marks(with_applied(circle, {"alembic": ("a",)})) == [True, True]


def test_a_squash_has_run_when_all_that_it_replaces_have() -> None:
    squash = Migration("shop.0001_squashed", "s", replaces=("shop.0001_a", "shop.0002_b"))
    found = with_applied(History("django", (squash,)), {"django": ("shop.0001_a", "shop.0002_b")})
    assert marks(found) == [True]
    assert found.unknown == ()
    assert marks(with_applied(History("django", (squash,)), {"django": ("shop.0001_a",)})) == [False]


def test_sqlite_s_list_is_read_and_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "create table django_migrations (id integer primary key, app text, name text, applied datetime);"
            "insert into django_migrations (app, name) values ('shop', '0001_initial');"
        )
    connection.close()
    before = path.read_bytes()
    facts = engine("sqlite").read(str(path), ReadOptions()).facts
    assert facts is not None
    assert facts.applied == {"django": ("shop.0001_initial",)}
    assert path.read_bytes() == before


@pytest.mark.server
def test_postgresql_s_lists_are_read_wherever_they_lie(postgresql: Shadow) -> None:
    url = postgresql.database()
    writer = engine("postgresql")
    columns = "finished_at timestamptz, logs text, rolled_back_at timestamptz, started_at timestamptz"
    rows = "('1', now(), 'done', null), ('2', null, 'half', null), ('3', now(), 'back', now())"
    list_ = '"odd ""one"._prisma_migrations'
    statements = [
        "create table alembic_version (version_num varchar(32) primary key)",
        "insert into alembic_version values ('abc')",
        'create schema "odd ""one"',
        f"create table {list_} (id text, checksum text, migration_name text, applied_steps_count integer, {columns})",
        f"insert into {list_} (id, finished_at, migration_name, rolled_back_at) values {rows}",
        "create table schema_migrations (version text, mine text)",  # an application's own table of that name
    ]
    writer.execute(url, statements)
    facts = writer.read(url, ReadOptions()).facts
    assert facts is not None
    assert facts.applied == {"alembic": ("abc",), "prisma": ("done",)}
