"""What migrations make by hand is there, although the models are silent; what both say otherwise stays the models'."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.discover import SourceFile
from dbarchitect.sources.made import with_made
from dbarchitect.sources.sqlfiles import read_folder

MODELS = """
create table author (id bigint primary key, name text not null, email text unique);
create table book (id bigint primary key, author_id bigint not null, title text not null, price integer);
create index book_price on book (price);
"""


def catalog(tmp_path: Path, sql: str) -> Catalog:
    path = tmp_path / "schema.sql"
    path.write_text(sql)
    reading = read_folder([SourceFile("schema.sql", path.stat().st_size, path)], "postgresql")
    assert reading.diagnostics == ()
    return reading.catalog


def book(tmp_path: Path, by_hand: str) -> Table:
    declared = catalog(tmp_path, MODELS)
    found = with_made(declared, catalog(tmp_path, MODELS + by_hand)).table(Ref.of_table("book"))
    assert found is not None
    return found


def test_indexes_keys_and_checks_are_taken_over(tmp_path: Path) -> None:
    made = book(
        tmp_path,
        """
        create index book_author on book (author_id);
        alter table book add foreign key (author_id) references author (id) on delete cascade;
        alter table book add check (price > 0);
        alter table book add unique (author_id, title);
        """,
    )
    assert [index.name for index in made.indexes] == ["book_author", "book_price"]
    assert [key.columns for key in made.foreign_keys] == [("author_id",)]
    assert [str(check.expression.text) for check in made.checks] == ["price > 0"]
    assert [key.columns for key in made.unique_keys] == [("author_id", "title")]


@pytest.mark.parametrize(
    "by_hand",
    [
        "alter table book add column isbn text; create index book_isbn on book (isbn)",
        "drop index book_price; create index book_price on book (price, title)",
        "create unique index author_email on author (email)",
        "alter table book add column publisher_id bigint references author (id)",
        "alter table book alter column price set not null; alter table book alter column title drop not null",
    ],
)
def test_columns_types_and_what_the_models_have_are_theirs_to_say(tmp_path: Path, by_hand: str) -> None:
    declared = catalog(tmp_path, MODELS)
    assert with_made(declared, catalog(tmp_path, f"{MODELS}{by_hand};")) == declared


def test_nothing_was_migrated(tmp_path: Path) -> None:
    declared = catalog(tmp_path, MODELS)
    assert with_made(declared, None) is declared


def test_the_order_of_a_primary_key_is_that_of_the_migrations(tmp_path: Path) -> None:
    declared = catalog(tmp_path, "create table history (version int, id int, title text, primary key (version, id));")
    made = with_made(
        declared,
        catalog(tmp_path, "create table history (id int, version int, title text, primary key (id, version));"),
    )
    assert [table.primary_key.columns for table in made.tables if table.primary_key is not None] == [("id", "version")]
