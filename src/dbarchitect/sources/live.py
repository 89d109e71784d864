"""A running database as a source: recognises what names one, and makes a Survey of what its engine reads."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from dbarchitect.catalog.survey import Application, Need, Survey
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.errors import UsageError

_SCHEMES = {"postgresql": "postgresql", "postgres": "postgresql", "sqlite": "sqlite", "file": "sqlite"}
_UNREADABLE = {"mysql", "mariadb", "oracle", "mssql", "sqlserver", "mongodb", "mongodb+srv", "cockroachdb"}
_LIBPQ = re.compile(
    r"\s*(service|host|hostaddr|port|dbname|user|password|passfile|ssl\w+|options|connect_timeout|application_name)\s*=",
    re.IGNORECASE,
)
_SQLITE_SUFFIXES = {".db", ".sqlite", ".sqlite3", ".db3", ".s3db"}
_SQLITE_MAGIC = b"SQLite format 3\x00"


def engine_of(target: str) -> str | None:
    """The engine whose database a target names, None where it is no database.

    Raises `UsageError` for a database that dbarchitect cannot read yet.
    """
    scheme = urlsplit(target).scheme.lower() if "://" in target else target.partition(":")[0].lower()
    head = scheme.partition("+")[0]
    if "://" in target or head in {"sqlite", "file"}:
        if head in _SCHEMES and ":" in target:
            return _SCHEMES[head]
        known = "PostgreSQL and SQLite"
        what = head if head in _UNREADABLE else "unknown scheme"
        raise UsageError(f"cannot read this database ({what})", hint=f"dbarchitect reads {known} databases.")
    if _LIBPQ.match(target):
        return "postgresql"
    path = Path(target)
    try:
        return "sqlite" if path.is_file() and _is_sqlite(path) else None
    except (OSError, ValueError):  # too long, or with a NUL: the name of no file
        return None


def _is_sqlite(path: Path) -> bool:
    if path.suffix.lower() in _SQLITE_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
    except OSError:
        return False


def named(target: str) -> str:
    """A target as messages and reports name it: of a server's address, which may hold a password, nothing."""
    return "database" if "://" in target or _LIBPQ.match(target) else target


def has_password(target: str) -> bool:
    """True where the target carries a password in clear."""
    if "://" in target:
        try:
            return bool(urlsplit(target).password)
        except ValueError:
            return False
    return bool(re.search(r"\bpassword\s*=", target, re.IGNORECASE))


def read_live(target: str, options: ReadOptions) -> Survey:
    """Read a live database without harm. Raises `TargetError` and its kin."""
    name = engine_of(target)
    if name is None:
        raise UsageError("this is not a database")
    reading = engine(name).read(target, options)
    needs = {Need.CATALOG}
    if reading.facts is not None:
        needs.add(Need.STATISTICS)
    if reading.catalog.settings:
        needs.add(Need.SETTINGS)
    return Survey(
        Application(reading.name, targets=(("database", reading.name),)),
        reading.catalog,
        reading.facts,
        needs=frozenset(needs),
        diagnostics=reading.diagnostics,
        unseen=reading.unseen,
    )
