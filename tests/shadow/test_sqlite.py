"""Throwaway SQLite files, and the connection for SQL that we did not write."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from dbarchitect.shadow import Shadow, open_shadow
from dbarchitect.shadow.sqlite import connect_restricted


def _path(url: str) -> Path:
    return Path(unquote(url.removeprefix("sqlite:///")))


def test_databases_are_apart_and_gone_after_dropping(sqlite_shadow: Shadow) -> None:
    first, second = (sqlite_shadow.database() for _ in range(2))
    assert sqlite_shadow.engine == "sqlite"
    assert sqlite_shadow.version == sqlite3.sqlite_version
    with sqlite3.connect(_path(first)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table only_here (id integer primary key)")
    with sqlite3.connect(_path(second)) as connection:
        assert connection.execute("select count(*) from sqlite_master").fetchone() == (0,)
    sqlite_shadow.drop(first)
    assert [path.name for path in _path(first).parent.iterdir() if path.stem.startswith(_path(first).stem)] == []
    assert _path(second).exists()
    with pytest.raises(ValueError, match="not a database of this folder"):
        sqlite_shadow.drop("sqlite:////etc/passwd")


def test_closing_removes_the_folder_and_closing_twice_is_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a place with #, % and ?"
    place.mkdir()
    monkeypatch.setenv("DBA_SHADOW_DIRECTORY", str(place))
    with open_shadow("sqlite", 3) as shadow:
        path = _path(shadow.database())
        assert path.is_file()
        assert path.is_relative_to(place)
    shadow.close()
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "attach database '{path}' as other",
        "vacuum into '{path}'",
        "select load_extension('{path}')",
        "pragma writable_schema = on",
        "pragma trusted_schema = on",
    ],
)
def test_hostile_sql_is_refused(sqlite_shadow: Shadow, tmp_path: Path, statement: str) -> None:
    connection = connect_restricted(sqlite_shadow.database(restricted=True))
    connection.execute("create table t (id integer primary key)")
    with pytest.raises(sqlite3.Error):
        connection.execute(statement.format(path=tmp_path / "stolen"))
    connection.close()
    assert list(tmp_path.iterdir()) == []


def test_a_statement_without_end_is_interrupted(sqlite_shadow: Shadow) -> None:
    connection = connect_restricted(sqlite_shadow.database(restricted=True), seconds=0.2)
    start = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        connection.execute("with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n")
    connection.close()
    assert time.monotonic() - start < 5
