"""What drivers give to a program: connections, tags for templates, prepared statements, results."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.typescript.values import Const, Function
from dbarchitect.sources.code.values import Entries, Value


class Shape(StrEnum):
    """How a driver gives rows: as they are, under `rows`, or beside what it tells of the columns (mysql2).

    LOOSE: a function of the project gives them, in whatever way.
    """

    BARE = "bare"
    HELD = "held"
    PAIRED = "paired"
    LOOSE = "loose"


@dataclass(frozen=True, slots=True)
class Connection:
    """A pool, a client, a database, a transaction of one; called, or used as a tag, where the driver is such."""

    driver: str
    shape: Shape = Shape.HELD
    tag: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that was prepared: `db.prepare(text)`; `gives`: its `run` gives rows (PgTyped)."""

    text: Value
    given: tuple[Value, ...] = ()
    gives: bool = False


@dataclass(frozen=True, slots=True)
class Transacting:
    """A function that better-sqlite3 wraps into a transaction: it runs when it is called."""

    function: Function


@dataclass(eq=False, slots=True)
class Result:
    """What a statement gave."""

    record: Record | None
    shape: Shape = Shape.HELD


_MAKERS: dict[str, tuple[tuple[str, ...], Shape, bool]] = {
    "pg": (("Pool", "Client", "native.Pool", "native.Client"), Shape.HELD, False),
    "pg-pool": (("Pool", ""), Shape.HELD, False),
    "@neondatabase/serverless": (("Pool", "Client"), Shape.HELD, False),
    "@vercel/postgres": (("createPool", "createClient", "db"), Shape.HELD, True),
    "postgres": (("", "postgres"), Shape.BARE, True),
    "mysql2": (("createPool", "createConnection"), Shape.PAIRED, False),
    "mysql2/promise": (("createPool", "createConnection"), Shape.PAIRED, False),
    "mysql": (("createPool", "createConnection"), Shape.BARE, False),
    "mariadb": (("createPool", "createConnection"), Shape.BARE, False),
    "better-sqlite3": (("", "Database"), Shape.BARE, False),
    "bun:sqlite": (("Database", ""), Shape.BARE, False),
    "node:sqlite": (("DatabaseSync",), Shape.BARE, False),
    "sqlite3": (("Database", "verbose"), Shape.BARE, False),
    "sqlite": (("open",), Shape.BARE, False),
    "@libsql/client": (("createClient",), Shape.HELD, False),
    "@planetscale/database": (("connect", "Client"), Shape.HELD, False),
    "knex": (("", "knex"), Shape.HELD, False),
    "slonik": (("createPool",), Shape.HELD, False),
    "bun": (("SQL", "sql"), Shape.BARE, True),
}
_TAGS = {
    "@vercel/postgres": Shape.HELD,
    "bun": Shape.BARE,
    "slonik": Shape.HELD,
}
_TYPES = re.compile(
    r"^(?:[\w$]+\.)?(?:Pool|PoolClient|Client|ClientBase|PoolConnection|Connection|Sql|TransactionSql|Database|Knex|"
    r"DatabasePool|DatabaseTransactionConnection|NeonQueryFunction|VercelPool|DatabaseSync|ReservedSql)\s*(?:<.*>)?$",
    re.DOTALL,
)
_PLACE = re.compile(r"(?<![:\w]):(?!:)[A-Za-z_]\w*!?|\$[A-Za-z_]\w*!?(?:\([^()]*\))?")
"""A place that a value is bound to: `:id`, `:id!`; in templates `$id`, `$users(name, age)`."""
_PACKAGE = re.compile(r"^(?P<package>[^:]+|(?:bun|node):\w+):(?P<name>[^:]*)$")


@lru_cache(maxsize=20_000)
def split_of(library: str) -> tuple[str, str]:
    """`bun:sqlite` and `Database` of `bun:sqlite:Database`; the whole and the default export are named `""`."""
    found = _PACKAGE.match(library)
    if found is None:
        return "", library
    name = re.sub(r"^(?:default|\*)(?:\.|$)", "", found["name"])
    return found["package"], name


def connection_of(library: str) -> Connection | None:
    """What a function or class of a package makes a connection of; None for any other."""
    package, name = split_of(library)
    if package == "@neondatabase/serverless" and name == "neon":
        return Connection(package, Shape.BARE, tag=True)
    found = _MAKERS.get(package)
    if found is None or name not in found[0]:
        return None
    return Connection(package, found[1], found[2])


def tag_of(library: str) -> Connection | None:
    """What a package exports ready to be used as a tag: `sql` of `@vercel/postgres`."""
    package, name = split_of(library)
    shape = _TAGS.get(package) if name in {"sql", "db"} else None
    return Connection(package, shape, tag=True) if shape is not None else None


def named_statement(library: str, given: Value | None) -> Prepared | None:
    """PgTyped's statements: `new PreparedQuery({ statement: "select … where id = :id!" })`, `sql`…``.

    Source: https://pgtyped.dev/docs/sql-file
    """
    package, name = split_of(library)
    if not package.startswith("@pgtyped/"):
        return None
    if name in {"PreparedQuery", "PreparedStatement"} and isinstance(given, Entries):
        given = given.entries.get("statement")
    elif name not in {"sql", "TaggedQuery"}:
        return None
    if not isinstance(given, Const) or not isinstance(given.value, str):
        return None
    return Prepared(Const(_PLACE.sub(_placed, given.value)), gives=True)


def _placed(found: re.Match[str]) -> str:
    """A place of a statement as PostgreSQL knows it; one for a list, or for rows, is in brackets there."""
    before = found.string[: found.start()].rstrip()
    listed = before[-2:].upper() == "IN" or before[-6:].upper() == "VALUES"
    return "($1)" if listed else "$1"


def of_type(text: str, package: str) -> Connection | None:
    """A connection by its declared type; `package` is what the type's name was imported from."""
    if not _TYPES.match(text) or package not in _MAKERS:
        return None
    _, shape, tag = _MAKERS[package]
    return Connection(package, shape, tag or package == "@neondatabase/serverless")
