"""What is read from a schema equals the database that `prisma migrate` makes of it.

Beside each schema stands the SQL that Prisma writes for it; it is run on a real server and read back by our engines.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.diff import diff
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.shadow import Shadow
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.prisma import PrismaReader

CASES = Path(__file__).parent / "cases"


def read(case: str) -> SourceReading:
    (reading,) = PrismaReader().read(open_project(CASES / case))
    assert reading.diagnostics == ()
    return reading


def compare(live: Catalog, declared: Catalog) -> None:
    live = replace(live, engine=declared.engine, extensions=declared.extensions)
    assert diff(live, declared) == ()
    assert live == declared
    for table in declared.tables:
        there = live.table(table.ref)
        assert there is not None
        assert [c.name for c in table.ordered_columns] == [c.name for c in there.ordered_columns]
        names = {
            member.name for member in (*there.indexes, *there.foreign_keys, there.primary_key) if member is not None
        }
        ours = {
            member.name for member in (*table.indexes, *table.foreign_keys, table.primary_key) if member is not None
        }
        if live.engine.name == "postgresql":
            assert ours == names


@pytest.mark.server
@pytest.mark.parametrize("case", ["shop", "network"])
def test_postgresql(case: str, postgresql: Shadow) -> None:
    url = postgresql.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((CASES / case / "expected.sql").read_text())
    compare(engine("postgresql").read(url, ReadOptions()).catalog, read(case).catalog)


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    connection = sqlite3.connect(path)
    connection.executescript((CASES / "notes" / "expected.sql").read_text())
    connection.close()
    compare(engine("sqlite").read(str(path), ReadOptions()).catalog, read("notes").catalog)
