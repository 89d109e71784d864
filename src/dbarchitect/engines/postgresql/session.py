"""Run the queries in `sql/`, each as its file has it, so that one that fails takes no other with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from dbarchitect.catalog.facts import Unseen
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.engines.postgresql.connect import Connection
from dbarchitect.engines.postgresql.names import quote
from dbarchitect.engines.postgresql.tables import Row
from dbarchitect.errors import TargetError

# The versions at which the columns that a query reads came into being: before it, `name.before_N.sql` is run.
CHANGED_IN = {"constraints": 15, "indexes": 15, "index_statistics": 16}

# Without these there is nothing to judge, or what is judged would look worse than it is.
ESSENTIAL = frozenset(
    {
        *("server", "schemas", "relations", "inheritance", "columns", "constraints", "indexes", "operator_classes"),
        *("collations", "sequences"),
    }
)


# What the server answers when an object of the snapshot is gone by the time that it is to be printed.
_GONE = frozenset({"XX000", "42P01", "42703", "42704", "42883"})


class ChangedMeanwhile(TargetError):  # noqa: N818 - the fact, not the noun
    """The database was changed while it was read: reading again helps."""


@dataclass(frozen=True, slots=True)
class Server:
    """The row of `server.sql`."""

    version: str
    database: str
    role: str
    superuser: bool
    reads_all_settings: bool
    is_replica: bool
    captured_at: datetime
    statistics_reset: datetime | None
    database_bytes: int | None
    block_size: int
    encoding: str
    statements_version: str | None
    statements_schema: str | None


@cache
def sql(name: str) -> bytes:
    """The query of that name, byte for byte as its file has it."""
    return resources.files(__package__ or "").joinpath("sql", f"{name}.sql").read_bytes()


def file_name(name: str, major: int) -> str:
    """The file that answers to a query's name on a server of that major version."""
    changed = CHANGED_IN.get(name, 0)
    return f"{name}.before_{changed}" if major < changed else name


# Going back to a savepoint gives up the locks that printing a view takes on its tables.
_SAVE, _BACK = b"savepoint dbarchitect", b"rollback to savepoint dbarchitect;\nrelease savepoint dbarchitect"


def _apart(query: bytes) -> bytes:
    """The query, byte for byte, so that neither its failure nor its locks and settings outlive it."""
    return b";\n".join((_SAVE, query, _BACK))


class _LenientText(Loader):
    def load(self, data: Buffer) -> str:
        return bytes(data).decode(errors="replace")


class Session:
    """A transaction in which queries are run; what could not be read is kept in `diagnostics` and `unseen`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.diagnostics: list[Diagnostic] = []
        self.unseen: list[Unseen] = []
        self.role = ""

    def decode_leniently(self) -> None:
        """Read names of a database that has no encoding: the server sends them as they are, whatever they are."""
        self.connection.execute("set local client_encoding = 'SQL_ASCII'")
        for type_name in ("text", "name", "varchar", "bpchar"):
            self.connection.adapters.register_loader(type_name, _LenientText)
        words = "the database has no encoding: names that are not UTF-8 are shown with replacement characters"
        self.diagnostics.append(Diagnostic(Origin(), words))

    def run(self, name: str, major: int) -> list[Row]:
        """The rows of a query; none where it failed, which `diagnostics` or `unseen` then tell.

        Raises `TargetError` when an essential query fails.
        """
        return self._run(name, sql(file_name(name, major)))

    def run_all(self, names: Sequence[str], major: int) -> dict[str, Sequence[Row]]:
        """The rows of many queries, in one round trip unless one of them fails: then each is run for itself."""
        message = b";\n".join(_apart(sql(file_name(name, major))) for name in names)
        answers: list[list[Row]] = []
        try:
            answers = self._answers(message)
        except psycopg.Error:
            self._recover()
        if not answers:
            return {name: self.run(name, major) for name in names}
        return dict(zip(names, answers, strict=True))

    def run_statements(self, server: Server) -> list[Row]:
        """The rows of pg_stat_statements, wherever the extension lives and whichever its version is."""
        if server.statements_version is None or server.statements_schema is None:
            return []
        version = tuple(int(part) for part in server.statements_version.split(".") if part.isdigit())
        query = sql("statements" if version >= (1, 8) else "statements.before_1_8")
        path = b"set local search_path = " + quote(server.statements_schema).encode() + b";\n"
        return self._run("statements", path + query)

    def _run(self, name: str, query: bytes) -> list[Row]:
        try:
            return self._answers(_apart(query))[0]
        except psycopg.Error as error:
            failure: tuple[str | None, str] = (error.sqlstate, error.diag.message_primary or str(error))
        self._recover()
        self._report(name, *failure)
        return []

    def _answers(self, message: bytes) -> list[list[Row]]:
        with self.connection.cursor() as cursor:
            cursor.execute(message)
            answers = [cursor.fetchall()] if cursor.description is not None else []
            while cursor.nextset():
                if cursor.description is not None:
                    answers.append(cursor.fetchall())
            return answers

    def _recover(self) -> None:
        if self.connection.closed:
            raise TargetError("the server closed the connection while it was read", hint="Try again.")
        self.connection.execute(_BACK)

    def _report(self, name: str, state: str | None, words: str) -> None:
        reason = " ".join(words.split())
        thing = name.replace("_", " ")
        if state in _GONE and name != "statements":
            words = f"the {thing} of the database cannot be read: {reason}"
            raise ChangedMeanwhile(words, hint="The database was changed while it was read: try again.")
        if name in ESSENTIAL:
            hint = _ESSENTIAL_HINTS.get(state or "", "The catalog of this server is not PostgreSQL's own.")
            raise TargetError(f"the {thing} of the database cannot be read: {reason}", hint=hint)
        if state == "42501":
            self.unseen.append(Unseen(f"{thing} ({reason})", f"grant {_right_to(reason)} to {quote(self.role)}"))
        elif name == "statements" and state == "55000":
            preload = "alter system set shared_preload_libraries = 'pg_stat_statements'"
            self.unseen.append(Unseen("pg_stat_statements, which is installed but not loaded", preload))
        else:
            self.diagnostics.append(Diagnostic(Origin(), f"{thing} could not be read: {reason}"))


def _right_to(refusal: str) -> str:
    """What must be granted where a hardened server refuses a part of its own catalog, as its words tell."""
    found = re.search(r"for (table|view|relation|function) (\w+)$", refusal)
    if found is None:
        return "pg_monitor"
    if found[1] == "function":
        return f"execute on function pg_catalog.{quote(found[2])}"
    return f"select on pg_catalog.{quote(found[2])}"


_ESSENTIAL_HINTS = {
    "42501": "Ask for a role that may read the system catalogs, as every role may unless it was forbidden.",
    "55P03": "A table is locked by another session: try again when it is done.",
    "57014": "The server is busy: try again, or allow more time.",
}
