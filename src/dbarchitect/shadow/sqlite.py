"""Throwaway SQLite databases: files in a folder of their own."""

from __future__ import annotations

import itertools
import os
import sqlite3
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote

from dbarchitect.shadow.folder import Folder, new_folder, sweep

_URL = "sqlite:///"
_REFUSED = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}


class SqliteShadow:
    """A folder of databases numbered from one. The folder goes at the latest when our process ends.

    SQLite runs inside the process that opens the file, so a restricted database is an ordinary one: what hostile SQL
    may do is decided by the connection, and `connect_restricted` makes one.
    """

    engine = "sqlite"

    def __init__(self) -> None:
        """Make the folder. Raises `ShadowUnavailable`."""
        self.version = sqlite3.sqlite_version
        self._numbers = itertools.count(1)
        sweep()
        folder = new_folder(None)
        self._path = folder.path
        self._remove = weakref.finalize(self, _remove, folder, os.getpid())

    def database(self, *, restricted: bool = False) -> str:  # noqa: ARG002 - the connection restricts, see the class
        """The URL of a fresh, empty database; the file exists."""
        path = self._path / f"shadow_{next(self._numbers)}.sqlite3"
        path.touch(exist_ok=False)
        return _URL + quote(str(path))

    def drop(self, url: str) -> None:
        """Remove a database made by `database()` with its journals. Raises `ValueError` for any other."""
        path = _path(url)
        if path.parent != self._path:
            raise ValueError(f"not a database of this folder: {path.name}")
        for ending in ("", "-journal", "-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the folder."""
        self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _remove(folder: Folder, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked child that ends before its parent
        folder.remove()


def connect_restricted(url: str, *, seconds: float = 30.0) -> sqlite3.Connection:
    """Open a throwaway database for SQL that we did not write.

    It can open no other file (no ATTACH, no VACUUM INTO), load no extension and not write to the schema table; after
    `seconds` in all, whatever runs is interrupted.
    """
    connection = sqlite3.connect(_path(url), isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute("pragma trusted_schema = off")
    connection.set_authorizer(_authorise)
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    return connection


def _authorise(action: int, first: str | None, second: str | None, _database: str | None, _source: str | None) -> int:
    name = (first or "").lower()
    if action in _REFUSED:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and second is not None and name in {"writable_schema", "trusted_schema"}:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in {"load_extension", "fts3_tokenizer"}:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _path(url: str) -> Path:
    return Path(unquote(url.removeprefix(_URL)))
