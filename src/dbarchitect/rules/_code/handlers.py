"""What `except` clauses stand around a query, and what they catch of a database's errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.queries import Code, HandlerFact
from dbarchitect.catalog.refs import Origin
from dbarchitect.rules._code.units import handlers_by_attempt

_EVERYTHING = frozenset({"Exception", "BaseException", "StandardError"})
_DATABASE = frozenset(
    {
        "SQLAlchemyError",
        "DBAPIError",
        "DatabaseError",
        "OperationalError",
        "InterfaceError",
        "PostgresError",
        "PrismaClientKnownRequestError",
        "PrismaClientUnknownRequestError",
        "DrizzleQueryError",
        "DrizzleError",
    }
)
_DRIVERS = frozenset(
    {"sqlite3", "psycopg", "psycopg2", "asyncpg", "aiosqlite", "pymysql", "MySQLdb", "aiomysql", "django"}
)
_CONFLICTS = frozenset(
    {"IntegrityError", "UniqueViolation", "UniqueViolationError", "ForeignKeyViolation", "ForeignKeyViolationError",
     "NotNullViolation", "NotNullViolationError", "CheckViolation", "CheckViolationError", "FlushError",
     "IntegrityConstraintViolationError", "ConstraintViolation", "DuplicateKeyError", "P2002", "P2003", "P2025",
     "23505", "23503", "ER_DUP_ENTRY", "SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_UNIQUE"}
)  # fmt: skip
_CODES = {"sqlite": "SQLITE_CONSTRAINT_UNIQUE", "mysql": "ER_DUP_ENTRY", "mariadb": "ER_DUP_ENTRY"}
_ASKS_FOR_CONFLICT = re.compile(r"^is\w*(?:[uU]nique|[dD]uplicate|[cC]onflict|[cC]onstraint)")
_ASKS_FOR_DATABASE = re.compile(r"^is(?:Prisma|Drizzle|Postgres|Database|Db|Sql)\w*Error$")
"""Functions of a program that tell one kind of error from others: `isUniqueConstraintError(error)`."""


def code_of_conflict(engine: str) -> str:
    """What a driver of JavaScript calls the violation of a unique key."""
    return _CODES.get(engine, "23505")


def handlers_around(code: Code, attempts: Iterable[Origin]) -> Iterator[HandlerFact]:
    """The `except` clauses of `try` statements."""
    known = handlers_by_attempt(code)
    for attempt in attempts:
        yield from known.get(attempt, ())


def is_broad(handler: HandlerFact) -> bool:
    """Whether a clause catches every error there is."""
    return not handler.catches or any(_last(name) in _EVERYTHING for name in handler.catches)


def catches_database(handler: HandlerFact) -> bool:
    """Whether a clause catches any error of the database, whatever it was."""
    if is_broad(handler):
        return True
    return any(
        _last(name) in _DATABASE
        or _ASKS_FOR_DATABASE.match(_last(name)) is not None
        or (_last(name) == "Error" and name.partition(".")[0] in _DRIVERS)
        for name in handler.catches
    )


def catches_conflict(handler: HandlerFact) -> bool:
    """Whether a clause is for violated constraints."""
    return any(
        _last(name) in _CONFLICTS or _ASKS_FOR_CONFLICT.match(_last(name)) is not None for name in handler.catches
    )


def caught(handler: HandlerFact) -> str:
    """What a clause catches, as a reader knows it."""
    return ", ".join(_last(name) for name in handler.catches) or "everything"


def clause(handler: HandlerFact) -> str:
    """A clause as its language writes it: `except IntegrityError`, `catch P2002`."""
    return f"{'except' if (handler.origin.path or '').endswith('.py') else 'catch'} {caught(handler)}"


def _last(name: str) -> str:
    return name.rpartition(".")[2]
