"""The rows of SQLite's own catalog, fetched with few queries: the files in `sql/`, each run byte for byte."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import cache
from importlib import resources

from dbarchitect.engines.sqlite.connect import UNSAFE_JSON

Row = tuple[str | int | None, ...]

LARGEST_MEASURED = 256 * 1024 * 1024
"""Bytes. To tell the tables' sizes, every page of the file is looked at: not done for larger files."""


@dataclass(frozen=True, slots=True)
class CatalogRows:
    """One reading; each field holds the rows of the query of its name, in the order of its columns."""

    objects: list[Row]
    columns: list[Row]
    index_keys: list[Row]
    foreign_keys: list[Row]
    view_columns: dict[str, list[str]]
    broken_views: dict[str, str]
    statistics: list[Row]
    sizes: list[Row]
    pages: Row


@cache
def query(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return resources.files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def fetch(connection: sqlite3.Connection) -> CatalogRows:
    """Everything that the catalog tells. Raises `sqlite3.DatabaseError`."""

    def rows(name: str) -> list[Row]:
        return connection.execute(query(name)).fetchall()

    objects = rows("objects")
    view_columns: dict[str, list[str]] = {}
    broken: dict[str, str] = {}
    for kind, name, *_ in objects:
        if kind != "view":
            continue
        try:
            view_columns[str(name)] = [str(r[0]) for r in connection.execute(query("view_columns"), (name,))]
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error) or UNSAFE_JSON.search(str(error)) is not None:
                raise
            broken[str(name)] = str(error)
        except UnicodeDecodeError:  # in SQLite's own words about it
            broken[str(name)] = "it names something that is not UTF-8"
    pages = rows("pages")[0]
    return CatalogRows(
        objects,
        rows("columns"),
        rows("index_keys"),
        rows("foreign_keys"),
        view_columns,
        broken,
        rows("statistics") if ("table", "sqlite_stat1") in {(o[0], o[1]) for o in objects} else [],
        _sizes(connection) if int(pages[0] or 0) * int(pages[1] or 0) <= LARGEST_MEASURED else [],
        pages,
    )


def _sizes(connection: sqlite3.Connection) -> list[Row]:
    try:
        return connection.execute(query("sizes")).fetchall()
    except sqlite3.OperationalError as error:
        if "dbstat" in str(error):  # this build of SQLite lacks it
            return []
        raise
