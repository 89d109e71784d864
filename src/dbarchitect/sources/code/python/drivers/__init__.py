"""Raw SQL run through a driver: psycopg, sqlite3, asyncpg, aiosqlite, PyMySQL, a framework's cursor."""

from __future__ import annotations

import re
from collections.abc import Sequence as Readings
from dataclasses import dataclass, field
from functools import lru_cache

from dbarchitect.catalog.queries import EventFact, EventKind, Fetch
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.needles import at_word
from dbarchitect.sources.code.python.rawsql import SqlRunner, parameters_of
from dbarchitect.sources.code.python.vocabulary import Arguments, Site, Vocabulary
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.speaking import of
from dbarchitect.sources.code.values import (
    Library,
    Member,
    Opaque,
    Sequence,
    Value,
)

_CONNECTS = frozenset(
    {"sqlite3.connect", "psycopg.connect", "psycopg.Connection.connect", "psycopg.AsyncConnection.connect",
     "psycopg2.connect", "asyncpg.connect", "asyncpg.create_pool", "aiosqlite.connect", "pymysql.connect",
     "MySQLdb.connect", "mysql.connector.connect", "aiomysql.connect", "pg8000.connect", "duckdb.connect"}
)  # fmt: skip
_CONNECTIONS = frozenset(
    {"sqlite3.Connection", "psycopg.Connection", "psycopg.AsyncConnection", "psycopg2.extensions.connection",
     "asyncpg.Connection", "asyncpg.Pool", "asyncpg.pool.Pool", "aiosqlite.Connection", "aiosqlite.core.Connection",
     "pymysql.connections.Connection", "psycopg_pool.ConnectionPool", "psycopg_pool.AsyncConnectionPool"}
)  # fmt: skip
_CURSORS = frozenset({"sqlite3.Cursor", "psycopg.Cursor", "psycopg.AsyncCursor", "aiosqlite.Cursor"})
_RUNS = {
    "execute": Fetch.ALL,
    "executemany": Fetch.NONE,
    "executescript": Fetch.NONE,
    "execute_fetchall": Fetch.ALL,
    "execute_insert": Fetch.NONE,
    "fetch": Fetch.ALL,
    "fetchrow": Fetch.FIRST,
    "fetchval": Fetch.SCALAR,
    "fetch_all": Fetch.ALL,
    "fetch_one": Fetch.FIRST,
    "fetch_val": Fetch.SCALAR,
    "read_sql": Fetch.ALL,
    "read_sql_query": Fetch.ALL,
    "exec_driver_sql": Fetch.ALL,
    "query": Fetch.ALL,
    "stream": Fetch.ITERATED,
}
_SAYS_RUN = frozenset({"run", "exec", "execute", "query", "select", "fetch", "sql", "insert", "update", "delete"})
_SAYS_HOW = {
    "one": Fetch.FIRST,
    "first": Fetch.FIRST,
    "row": Fetch.FIRST,
    "val": Fetch.SCALAR,
    "value": Fetch.SCALAR,
    "scalar": Fetch.SCALAR,
    "all": Fetch.ALL,
    "rows": Fetch.ALL,
    "many": Fetch.ALL,
}
"""Words of the methods of other drivers and of wrappers around them: `db.one("select …")`, `run_query(…)`."""
_ENDS = {"commit": EventKind.COMMIT, "rollback": EventKind.ROLLBACK}


@dataclass(eq=False, slots=True)
class Connection:
    """A connection or a pool of them; `last` is the query that its cursor ran last."""

    dotted: str


@dataclass(eq=False, slots=True)
class Cursor:
    """A cursor, or what running a statement gave."""

    connection: Connection | None = None
    last: list[Record] = field(default_factory=list)


class DriverVocabulary(Vocabulary):
    """Connections and cursors of drivers, and any call that is given a text of SQL."""

    name = "sql"
    needles = (
        rb"\.execute(?:many|script|_\w+)?\(",
        rb"\.fetch(?:one|all|val|row|many|_\w+)?\(",
        at_word(rb"read_sql\w*+\("),
        rb"\.commit\(",
        *(quote + rb"\s*+(?i:select|insert into|update|delete from|with)\b" for quote in (b'"', b"'")),
    )

    def __init__(self, readings: Readings[SourceReading]) -> None:
        self.readings = readings
        self.runner = SqlRunner(Catalogs(readings).near)

    def of_name(self, dotted: str, site: Site) -> Value | None:  # noqa: ARG002
        """Django's connection."""
        return Connection(dotted) if dotted == "django.db.connection" else None

    def instance_of(self, dotted: str, site: Site) -> Value | None:  # noqa: ARG002
        """`conn: sqlite3.Connection`."""
        if dotted in _CONNECTIONS:
            return Connection(dotted)
        return Cursor() if dotted in _CURSORS else None

    @of(Library, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Connecting, running a statement, fetching."""
        if isinstance(function, Library):
            if function.name in _CONNECTS:
                return Connection(function.name)
            last = function.name.rpartition(".")[2]
            return self._run(last, None, arguments, site) if last in {"read_sql", "read_sql_query"} else None
        if not isinstance(function, Member):
            return None
        owner, name = function.owner, function.name
        if name in _RUNS:
            found = self._run(name, owner, arguments, site)
            if found is not None:
                return found
        elif (fetch := _fetch_of(name)) is not None and self.runner.asks(arguments.get(0, "sql"), site):
            return self._run(name, owner, arguments, site, fetch)
        if isinstance(owner, Connection):
            return self._of_connection(owner, name, site)
        if isinstance(owner, Cursor):
            return self._of_cursor(owner, name, site)
        return None

    @of(Library)
    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:  # noqa: ARG002
        """`connections["default"]`."""
        if isinstance(owner, Library) and owner.name == "django.db.connections":
            return Connection(owner.name)
        return None

    @of(Cursor)
    def iterate(self, value: Value, site: Site) -> Sequence | None:  # noqa: ARG002
        """`for row in cursor`."""
        if not isinstance(value, Cursor):
            return None
        for record in value.last[-1:]:
            record.otherwise = record.escaped = True
        return Sequence(Opaque(), rows=True, record=value.last[-1] if value.last else None)

    @of(Connection, Cursor)
    def enter(self, value: Value, site: Site) -> tuple[Value, bool] | None:  # noqa: ARG002
        """`with connection:` is a transaction in sqlite3 and psycopg; a cursor or a pool's connection is none."""
        if isinstance(value, Connection):
            return value, value.dotted.partition(".")[0] in {"sqlite3", "psycopg", "psycopg2", "transaction"}
        return (value, False) if isinstance(value, Cursor) else None

    def _run(
        self, name: str, owner: Value | None, arguments: Arguments, site: Site, fetch: Fetch | None = None
    ) -> Value | None:
        text = arguments.get(0, "sql") or arguments.kwargs.get("query")
        if text is None:
            return None
        given = parameters_of(arguments.get(1, "params"))
        record = self.runner.run(text, given, site, self.name, fetch or _RUNS[name])
        if record is None:
            return Cursor() if isinstance(owner, Connection | Cursor) else None
        if isinstance(owner, Cursor):
            owner.last.append(record)
            return owner
        if name in {"execute", "exec_driver_sql"}:
            return Cursor(owner if isinstance(owner, Connection) else None, [record])
        record.escaped = record.otherwise = True
        if record.fetch in {Fetch.FIRST, Fetch.SCALAR}:
            return Opaque()
        return Sequence(Opaque(), rows=True, record=record)

    def _of_connection(self, owner: Connection, name: str, site: Site) -> Value | None:
        if name in {"cursor", "cursor_async"}:
            return Cursor(owner)
        if name in _ENDS:
            self._end(name, site)
            return Opaque()
        if name in {"transaction", "begin"}:
            return Connection("transaction")
        if name in {"acquire", "connection", "getconn", "get_connection"}:
            return Connection("pooled")
        return None

    def _end(self, name: str, site: Site) -> None:
        interpreter = site.interpreter
        place = interpreter.place(site.frame)
        interpreter.recorder.event(EventFact(_ENDS[name], place, site.origin, interpreter.text(site)))

    def _of_cursor(self, owner: Cursor, name: str, site: Site) -> Value | None:
        record = owner.last[-1] if owner.last else None
        if name in {"fetchone", "fetchall", "fetchmany", "first", "all", "one", "scalar", "mappings", "scalars"}:
            if record is not None and name in {"fetchone", "first", "one", "scalar"}:
                record.fetch = Fetch.SCALAR if name == "scalar" else Fetch.FIRST
            if record is not None:
                record.escaped = record.otherwise = True
            if name in {"mappings", "scalars"}:
                return owner
            single = name in {"fetchone", "first", "one", "scalar"}
            return Opaque() if single else Sequence(Opaque(), rows=True, record=record)
        if name in _ENDS:
            self._end(name, site)
            return Opaque()
        return None


@lru_cache(maxsize=4_096)
def _fetch_of(name: str) -> Fetch | None:
    """What a method takes of the result by its name, None where that does not say that it runs a statement."""
    said = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    how = next((_SAYS_HOW[word] for word in said if word in _SAYS_HOW), None)
    return how or (Fetch.ALL if _SAYS_RUN & set(said) else None)
