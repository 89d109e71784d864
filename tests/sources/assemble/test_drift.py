"""Two accounts of one schema: each difference, on the side where it lies; and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.drift import Side
from dbarchitect.catalog.objects import Catalog
from dbarchitect.sources.discover import SourceFile
from dbarchitect.sources.drift import compare
from dbarchitect.sources.sqlfiles import read_folder

BASE = """
create type mood as enum ('sad', 'glad');
create table author (id bigint primary key, name text not null, mood mood);
create table book (
    id bigint primary key,
    author_id bigint not null references author (id) on delete cascade,
    title varchar(100) not null default 'untitled',
    price numeric(10, 2) check (price > 0),
    isbn text unique
);
create index book_title on book (title);
"""


def catalog(tmp_path: Path, sql: str) -> Catalog:
    path = tmp_path / "schema.sql"
    path.write_text(sql)
    reading = read_folder([SourceFile("schema.sql", path.stat().st_size, path)], "postgresql")
    assert reading.diagnostics == ()
    return reading.catalog


def differences(tmp_path: Path, before: str, after: str, leading: Side = Side.MIGRATIONS) -> list[tuple[str, ...]]:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    lead, other = catalog(tmp_path / "a", before), catalog(tmp_path / "b", after)
    found = compare(lead, leading, other, Side.DATABASE)
    return [(str(d.object), d.present.value, d.aspect) for d in found]


def test_equal_accounts_have_no_difference(tmp_path: Path) -> None:
    assert differences(tmp_path, BASE, BASE) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "\ncreate table log (id bigint primary key);", [("log", "database", "missing")]),
        ("create index book_title on book (title);", "", [("book.title index book_title", "migrations", "missing")]),
        ("name text not null", "name text", [("author.name", "migrations", "nullability")]),
        ("name text not null", "name varchar(5) not null", [("author.name", "migrations", "type")]),
        (", mood mood", "", [("author.mood", "migrations", "missing")]),
        (", mood mood", ", mood mood, born date", [("author.born", "database", "missing")]),
        ("default 'untitled'", "default 'none'", [("book.title", "migrations", "default")]),
        ("on delete cascade", "", [("book.author_id", "migrations", "ON DELETE")]),
        (" references author (id) on delete cascade", "", [("book.author_id", "migrations", "missing")]),
        ("isbn text unique", "isbn text", [("book.isbn", "migrations", "missing")]),
        (" check (price > 0)", "", [("book constraint book_price_check", "migrations", "missing")]),
        ("'sad', 'glad'", "'sad'", [("enum mood", "migrations", "list of values")]),
    ],
)
def test_each_difference_is_told_once_with_its_direction(
    tmp_path: Path, old: str, new: str, expected: list[tuple[str, ...]]
) -> None:
    assert old in BASE
    changed = BASE.replace(old, new, 1) if old else BASE + new
    assert differences(tmp_path, BASE, changed) == expected


def test_another_primary_key(tmp_path: Path) -> None:
    before = "create table a (x int not null, y int not null, primary key (x));"
    assert differences(tmp_path, before, before.replace("(x))", "(x, y))")) == [("a", "migrations", "primary key")]


def test_a_unique_index_and_a_unique_key_are_the_same_and_names_do_not_count(tmp_path: Path) -> None:
    other = BASE.replace("isbn text unique", "isbn text") + "create unique index anything on book (isbn);"
    assert differences(tmp_path, BASE, other.replace("book_title", "another")) == []


def test_defaults_that_models_leave_to_themselves_are_no_difference(tmp_path: Path) -> None:
    assert differences(tmp_path, BASE.replace(" default 'untitled'", ""), BASE, Side.MODELS) == []


def test_a_length_that_the_model_leaves_open_is_no_difference(tmp_path: Path) -> None:
    assert differences(tmp_path, BASE.replace("varchar(100)", "varchar"), BASE, Side.MODELS) == []


def test_what_the_models_say_shorter_is_one(tmp_path: Path) -> None:
    shorter = BASE.replace("varchar(100)", "varchar(50)")
    assert differences(tmp_path, shorter, BASE, Side.MODELS) == [("book.title", "models", "type")]


def test_tables_of_frameworks_are_left_out(tmp_path: Path) -> None:
    bookkeeping = "create table alembic_version (version_num varchar(32) primary key);"
    assert differences(tmp_path, BASE, BASE + bookkeeping) == []
