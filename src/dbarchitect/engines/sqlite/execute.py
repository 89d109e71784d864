"""Runs statements on a throwaway SQLite database, for tests and proofs."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from dbarchitect.engines.sqlite.connect import database_path
from dbarchitect.errors import ChangeRefused


def execute(target: str, statements: Sequence[str]) -> None:
    """Run the statements, each committed for itself unless they say BEGIN; the file is made when it is not there.

    Raises `ChangeRefused` with SQLite's words, also when `PRAGMA foreign_key_check` finds a row without its parent.
    """
    connection = sqlite3.connect(database_path(target), isolation_level=None)
    try:
        connection.execute("pragma synchronous = off")  # a throwaway database need not survive a power cut
        for statement in statements:
            try:
                rows = connection.execute(statement).fetchall()
            except sqlite3.Error as error:
                raise ChangeRefused(f"SQLite refuses it: {error}") from error
            if rows and statement.strip().lower().startswith("pragma foreign_key_check"):
                tables = ", ".join(sorted({str(row[0]) for row in rows}))
                raise ChangeRefused(f"rows of {tables} refer to rows that are not there")
    finally:
        connection.close()
