"""Opens a SQLite database without leaving a trace: no file is written, made or removed beside it.

`mode=ro` alone is not enough: reading a closed WAL database that way makes `-wal` and `-shm` files. Three cases:

- no journal beside the file: nobody is in the middle of a write. It is opened `immutable`, which takes no lock and
  makes no file, and what was read is thrown away and read again when the file changed meanwhile;
- a `-wal` with its `-shm`, or a rollback journal: the database is in use; `mode=ro` reads beside the writers as any
  other reader does;
- a `-wal` without `-shm`: left by a crash or copied; a reader would have to make the `-shm`, so a private copy is read.

We never open the file ourselves while SQLite has it open: closing any descriptor of a file drops all the locks that
this process, perhaps the application itself, holds on it. Whether it changed is told by its size and times.
Source: https://www.sqlite.org/wal.html#readonly, https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

from dbarchitect.engines.base import ReadOptions
from dbarchitect.errors import TargetError

ATTEMPTS = 5
_HANDLER_STEPS = 20_000  # virtual machine instructions between two looks at the clock: well under a millisecond

_T = TypeVar("_T")
UNSAFE_JSON = re.compile(r"unsafe use of (?:json\w*|->>?)\(\)")
"""What SQLite says of a schema that calls its JSON functions, see `_read_with`."""
_CHECK = "Check it: sqlite3 DATABASE 'pragma integrity_check'."


def database_path(target: str) -> Path:
    """The file that a target names: a path, `sqlite:///path` (four slashes: absolute) or a `file:` URI.

    Raises `TargetError` for a database that is in memory only.
    """
    text = target
    url = re.match(r"sqlite3?(?:\+\w+)?:(?://)?", target, re.IGNORECASE)
    if url is not None:
        text = target[url.end() :]
        text = text[1:] if text.startswith("/") and target[url.end() - 2 : url.end()] == "//" else text
    elif target.lower().startswith("file:"):
        text = re.sub(r"\A//[^/]*", "", target[5:])
        url = re.match("file:", target, re.IGNORECASE)
    if url is not None and not Path(text).exists():
        text = unquote(text.split("?", maxsplit=1)[0])
    if not text or text.startswith(":memory:"):
        raise TargetError(
            "a SQLite database in memory cannot be read from outside", hint="Name the database's file: sqlite:///path."
        )
    return Path(text).expanduser()


def read_unharmed(target: str, options: ReadOptions, read: Callable[[sqlite3.Connection], _T]) -> _T:
    """What `read` makes of the database, read as of one moment.

    Raises `TargetError` in words for whatever is no readable database.
    """
    path = _existing_file(target)
    for attempt in range(ATTEMPTS):
        before = _state(path)
        with _opened(path, before, options) as connection:
            try:
                result = _read_with(connection, read)
            except sqlite3.DatabaseError as error:
                if before.unlocked and _state(path) != before and attempt < ATTEMPTS - 1:
                    continue
                raise _in_words(error, path, options) from error
            except UnicodeDecodeError as error:  # SQLite's own words, with a name in them that is none
                message = f"{path} is corrupted: a name in its schema is not UTF-8"
                raise TargetError(message, hint=_CHECK) from error
        if not before.unlocked or _state(path) == before:
            return result
        time.sleep(0.02 * 2**attempt)
    message = f"{path} is written to without pause: it changed during each of {ATTEMPTS} readings"
    raise TargetError(message, hint="Audit a copy: sqlite3 DATABASE '.backup COPY'.")


def _read_with(connection: sqlite3.Connection, read: Callable[[sqlite3.Connection], _T]) -> _T:
    """What `read` makes of the database, also where an index or a column is computed from JSON.

    Many releases of SQLite count their own JSON functions among the unsafe ones and then refuse the whole schema. They
    have no effects; nor has any other function of SQLite's that a connection without extensions offers.
    """
    try:
        return read(connection)
    except sqlite3.DatabaseError as error:
        if UNSAFE_JSON.search(str(error)) is None:
            raise
        connection.execute("pragma trusted_schema = on")
        return read(connection)


def _existing_file(target: str) -> Path:
    path = database_path(target)
    try:
        path = path.resolve(strict=True)
        about = path.stat()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be resolved"
        raise TargetError(f"{path}: {reason}", hint="Check the path of the SQLite database.") from error
    if stat.S_ISDIR(about.st_mode):
        raise TargetError(f"{path} is a directory, not a SQLite database", hint="Name the database's file in it.")
    if not stat.S_ISREG(about.st_mode):
        raise TargetError(f"{path} is not a regular file, so it is no SQLite database")
    if about.st_size == 0:
        message = f"{path} is empty: there is no schema in it"
        raise TargetError(message, hint="Create the schema first, or audit the models.")
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise TargetError(f"{path}: permission denied", hint="Run as a user who may read the file.")
    return path


@dataclass(frozen=True, slots=True)
class _State:
    """What can be seen of a database from outside: its size and times, and the bytes of the journals beside it."""

    signature: tuple[int, ...]
    wal: int
    journal: int
    has_shm: bool = field(compare=False)  # comes and goes with the connections of others

    @property
    def immutable(self) -> bool:
        """Whether nobody is in the middle of a write."""
        return not self.wal and not self.journal

    @property
    def abandoned(self) -> bool:
        """Whether a write-ahead log lies there that no connection has open (or one alone, in exclusive mode)."""
        return bool(self.wal) and not self.has_shm

    @property
    def unlocked(self) -> bool:
        """Whether it is read without locks, so that a writer may come in between."""
        return self.immutable or self.abandoned


def _state(path: Path) -> _State:
    try:
        about = path.stat()
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror}") from error
    signature = (about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    return _State(signature, _size(path, "-wal"), _size(path, "-journal"), path.with_name(path.name + "-shm").exists())


def _size(path: Path, suffix: str) -> int:
    try:
        return path.with_name(path.name + suffix).stat().st_size
    except OSError:
        return 0


@contextmanager
def _opened(path: Path, state: _State, options: ReadOptions) -> Iterator[sqlite3.Connection]:
    if state.abandoned:
        with _private_copy(path) as copy, _connected(copy, "mode=ro", options) as connection:
            yield connection
        return
    with _connected(path, "mode=ro&immutable=1" if state.immutable else "mode=ro", options) as connection:
        yield connection


@contextmanager
def _private_copy(path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dbarchitect-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            shutil.copyfile(path, copy)
            shutil.copyfile(path.with_name(path.name + "-wal"), copy.with_name("copy.db-wal"))
        except OSError as error:
            message = f"{path} has a write-ahead log left over, and there is no room to read a copy: {error.strerror}"
            raise TargetError(message, hint="Open and close the database once with its application.") from error
        yield copy


@contextmanager
def _connected(path: Path, mode: str, options: ReadOptions) -> Iterator[sqlite3.Connection]:
    uri = f"file:{quote(os.fsencode(path))}?{mode}"
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=options.lock_timeout, isolation_level=None)
    except sqlite3.DatabaseError as error:
        raise _in_words(error, path, options) from error
    try:
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        deadline = time.monotonic() + options.statement_timeout
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _HANDLER_STEPS)
        try:
            connection.execute("pragma trusted_schema = off")  # the schema is a stranger's: no functions with effects
            connection.execute("begin")
        except sqlite3.DatabaseError as error:
            raise _in_words(error, path, options) from error
        yield connection
    finally:
        connection.close()


def _in_words(error: sqlite3.Error, path: Path, options: ReadOptions) -> TargetError:
    text = str(error)
    if "not a database" in text:
        return TargetError(
            f"{path} is not a SQLite database, or it is encrypted", hint="Decrypt it first, or check the path."
        )
    if "locked" in text or "busy" in text:
        return TargetError(
            f"{path} is locked by a writer, also after {options.lock_timeout:g} seconds",
            hint="Try again when the writing transaction has ended.",
        )
    if "interrupted" in text:
        return TargetError(f"reading {path} took longer than {options.statement_timeout:g} seconds and was stopped")
    if "malformed" in text or "corrupt" in text:
        return TargetError(f"{path} is corrupted: {text}", hint=_CHECK)
    if "readonly" in text or "unable to open" in text:
        return TargetError(
            f"{path} cannot be opened without writing to it: {text}",
            hint="A write was cut off; open the database once with its application, which repairs it.",
        )
    return TargetError(f"{path} cannot be read: {text}")
