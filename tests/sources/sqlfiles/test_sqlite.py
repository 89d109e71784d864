"""A script replayed without SQLite gives the catalog that SQLite reports after running it."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.sqlite import ENGINE
from dbarchitect.sources.sqlfiles.reading import replay
from dbarchitect.sources.sqlfiles.text import read_text

HERE = Path(__file__).parent
CASES = sorted([*(HERE / "sqlite").glob("*.sql"), *(HERE.parents[1] / "engines" / "sqlite" / "scripts").glob("*.sql")])


def static(text: str) -> tuple[Catalog, tuple[Diagnostic, ...]]:
    replayed = replay([read_text("schema.sql", text.encode())], "sqlite", ordered=True)
    return replayed.catalog, replayed.diagnostics


def assert_same(found: Catalog, expected: Catalog) -> None:
    """All but what a module makes for itself when a script says CREATE VIRTUAL TABLE."""
    mine = [t for t in found.tables if not (t.owned_by or "").startswith("sqlite ")]
    theirs = [t for t in expected.tables if not (t.owned_by or "").startswith("sqlite ")]
    assert [t.name for t in mine] == [t.name for t in theirs]
    for one, other in zip(mine, theirs, strict=True):
        for field in fields(Table):
            if field.compare:
                assert getattr(one, field.name) == getattr(other, field.name), f"{one.name}.{field.name}"
        assert [c.name for c in one.ordered_columns] == [c.name for c in other.ordered_columns]
        assert {i.name for i in one.indexes} == {i.name for i in other.indexes}
        assert one.owned_by == other.owned_by
    assert found.views == expected.views


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_script_says_what_sqlite_says(case: Path, tmp_path: Path) -> None:
    text = case.read_text()
    connection = sqlite3.connect(tmp_path / "app.db")
    connection.executescript(text)
    dump = "\n".join(connection.iterdump())
    connection.close()
    live = ENGINE.read(str(tmp_path / "app.db"), ReadOptions()).catalog
    catalog, diagnostics = static(text)
    assert diagnostics == ()
    assert_same(catalog, live)
    if "VIRTUAL" not in text.upper().split():
        catalog, diagnostics = static(dump)
        assert diagnostics == ()
        assert_same(catalog, live)


def test_every_object_knows_its_place() -> None:
    text = "-- é\nCREATE TABLE a (\n  id INTEGER PRIMARY KEY,\n  é TEXT UNIQUE\n);\nALTER TABLE a ADD ü INT;\n"
    catalog, _ = static(text)
    table = catalog.tables[0]
    assert (table.origin.path, table.origin.line) == ("schema.sql", 2)
    raw = text.encode()
    for name, spelled in (("é", "é TEXT UNIQUE"), ("ü", "ü INT")):
        column = table.column(name)
        assert column is not None
        assert raw[column.origin.start : column.origin.end].decode() == spelled


def test_an_error_costs_one_statement_only() -> None:
    text = (
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b CHECK nonsense, c);\nALTER TABLE nowhere ADD x;\n"
        "FROBNICATE;\nCREATE TABLE a (again);\nCREATE INDEX i ON a (c);\nALTER TABLE a ADD c INT;\nDROP TABLE never;\n"
    )
    catalog, diagnostics = static(text)
    assert [c.name for c in catalog.tables[0].ordered_columns] == ["id", "b", "c"]
    assert len(catalog.tables[0].indexes) == 1
    assert [d.origin.line for d in diagnostics] == [1, 2, 3, 4, 6, 7]


@pytest.mark.parametrize(
    "text", ["CREATE TABLE a (x TEXT DEFAULT 'open); CREATE TABLE b (y);", "CREATE TABLE a (x, [open); SELECT 1;"]
)
def test_a_quote_that_does_not_end_is_reported(text: str) -> None:
    catalog, diagnostics = static("CREATE TABLE first (x);" + text)
    assert [t.name for t in catalog.tables] == ["first"]
    assert "does not end" in diagnostics[0].text


def test_a_statement_too_large_to_be_written_by_hand_is_reported() -> None:
    catalog, diagnostics = static("CREATE TABLE a (" + "x int, " * 200_000 + "y int); CREATE TABLE b (z);")
    assert [t.name for t in catalog.tables] == ["b"]
    assert "was not read" in diagnostics[0].text
