"""The exact second reading of PostgreSQL's SQL files: they are run on a throwaway server, and its catalog is read.

What a repository holds is hostile: it runs in a database and under a role of its own without superuser rights, each
statement with a time-out, all of them with a time box. Statements on rows are passed over, as in the static reading;
what the server refuses becomes a Diagnostic, and the rest goes on. Places in files come from the static reading, and
so do the tables that the server could not make, for want of an extension or of what a hosting service adds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.change.apply import identity
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql.server import find_binaries
from dbarchitect.errors import ShadowUnavailable, TargetError
from dbarchitect.shadow.opening import HOW_TO_GET_POSTGRESQL, open_shadow
from dbarchitect.sources.assemble import join
from dbarchitect.sources.live import read_live
from dbarchitect.sources.sqlfiles.sections import forward_parts
from dbarchitect.sources.sqlfiles.statements import split
from dbarchitect.sources.sqlfiles.text import SqlText, read_text

if TYPE_CHECKING:
    import psycopg

    from dbarchitect.catalog.objects import Function, Table
    from dbarchitect.catalog.survey import Survey

TIME_BOX = 120.0
"""Seconds that all statements of one application may take."""
_STATEMENT_TIMEOUT = 15
_ROUNDS = 5
_NOT_THERE = {"42P01", "42704", "42883", "3F000", "42703"}  # an undefined table, object, function, schema, column
_ROLE = "role "
_NO_EXTENSION = "is not available"


def can_load(survey: Survey) -> bool:
    """True for an application whose schema stands in SQL files of PostgreSQL's dialect."""
    return survey.application.framework == "sql" and survey.engine.name == "postgresql" and bool(survey.files)


def load(survey: Survey, root: Path) -> Survey:
    """The survey with the catalog that a server makes of its files; `root` is the folder that their paths start from.

    Where the first server lacks an extension that the files ask for, the next one at hand is tried.

    Raises `ShadowUnavailable` where there is no server to be had, `TargetError` where a file is gone.
    """
    texts = [_text(root, path) for path in survey.files if path.endswith((".sql", ".ddl"))]
    best: _Loaded | None = None
    for version in _versions(survey.engine.major):
        loaded = _load(survey, texts, version)
        if best is None or loaded.lacking < best.lacking:
            best = loaded
        if not best.lacking:
            break
    if best is None:
        raise ShadowUnavailable("no PostgreSQL on this machine to load the files into", hint=HOW_TO_GET_POSTGRESQL)
    exact, refused = best.survey, best.refused
    joined = join(survey, exact)
    kept = {table.ref.key for table in exact.catalog.tables}
    tables = (_with_refused_policies(table, survey) for table in joined.catalog.tables)
    catalog = replace(
        joined.catalog,
        tables=(*tables, *(t for t in survey.catalog.tables if t.ref.key not in kept)),
        functions=_functions(survey, joined),
        engine=survey.engine,
        settings=(),
        roles=(),
        grants=survey.catalog.grants,
        extensions=survey.catalog.extensions,
    )
    return replace(
        survey,
        catalog=catalog,
        diagnostics=(*refused, *(d for d in exact.diagnostics if d.origin.path is not None)),
    )


def _functions(survey: Survey, joined: Survey) -> tuple[Function, ...]:
    """The functions that the server made, and those that it refused; who may call them, as the files say."""
    written = {identity(f): f for f in survey.catalog.functions}
    made = {identity(f): f for f in joined.catalog.functions}
    known = (replace(f, executable_by=written[key].executable_by) for key, f in made.items() if key in written)
    return (
        *known,
        *(f for key, f in made.items() if key not in written),
        *(f for key, f in written.items() if key not in made and not _has_overload(f, made.values())),
    )


def _has_overload(function: Function, made: Iterable[Function]) -> bool:
    """True where the server has one of that name: the arguments may be spelled otherwise."""
    return any((f.schema, f.name) == (function.schema, function.name) for f in made)


def _with_refused_policies(table: Table, survey: Survey) -> Table:
    """The table with the policies that the throwaway server refused, for want of their roles or of functions that a
    hosting service adds: without them the table would look closed."""
    written = survey.catalog.table(table.ref)
    made = {policy.name for policy in table.policies}
    refused = tuple(p for p in written.policies if p.name not in made) if written is not None else ()
    return replace(table, policies=(*table.policies, *refused)) if refused else table


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What one server made of the files; `lacking` counts the extensions that it has not."""

    survey: Survey
    refused: tuple[Diagnostic, ...]
    lacking: int


def _versions(wanted: int | None) -> Iterator[int]:
    """The major versions to be had: the one that the project states first, then as they are preferred."""
    found = dict.fromkeys(binaries.version for binaries in find_binaries())
    yield from sorted(found, key=lambda version: version != wanted)


def _load(survey: Survey, texts: Sequence[SqlText], version: int) -> _Loaded:
    with open_shadow("postgresql", version) as shadow:
        url = shadow.database(restricted=True)
        ender = threading.Timer(TIME_BOX, shadow.drop, (url,))
        ender.start()
        try:
            refused = _run(url, texts, ordered=bool(survey.migrations))
            exact = read_live(url, ReadOptions())
        finally:
            ender.cancel()
    return _Loaded(exact, refused, sum(_NO_EXTENSION in diagnostic.text for diagnostic in refused))


def _text(root: Path, path: str) -> SqlText:
    try:
        return read_text(path, (root / path).read_bytes())
    except OSError as error:
        raise TargetError(f"cannot read {path!r} again: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class _Statement:
    text: SqlText
    start: int
    end: int

    @property
    def source(self) -> bytes:
        return self.text.data[self.start : self.end]

    @property
    def origin(self) -> Origin:
        return self.text.origin(self.start, self.end)


def _statements(texts: Sequence[SqlText]) -> Iterator[_Statement]:
    for text in texts:
        for first, last in forward_parts(text.data):
            for span in split(text.data, first, last):
                if span.problem is None:
                    yield _Statement(text, span.start, span.end)


def _run(url: str, texts: Sequence[SqlText], *, ordered: bool) -> tuple[Diagnostic, ...]:
    """Run every statement; where the files have no order, what named something not yet there is tried again."""
    import psycopg

    ends = time.monotonic() + TIME_BOX
    waiting = list(_statements(texts))
    refused: list[tuple[_Statement, str, str]] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"set statement_timeout = '{_STATEMENT_TIMEOUT}s'".encode())
        for _ in range(1 if ordered else _ROUNDS):
            path: str | None = None
            refused = []
            for statement in waiting:
                if statement.text.path != path:
                    path = statement.text.path
                    connection.execute(b"reset search_path")
                problem = _execute(connection, statement, ends)
                if problem is not None:
                    refused.append((statement, *problem))
            again = [statement for statement, state, _ in refused if state in _NOT_THERE]
            if not again or len(again) == len(waiting):
                break
            waiting = [statement for statement, _, _ in refused]
    return tuple(
        Diagnostic(statement.origin, f"the server refuses this: {words}")
        for statement, _, words in refused
        if not words.startswith(_ROLE)  # who owns an object and who may use it is no matter of the schema
    )


def _execute(connection: psycopg.Connection, statement: _Statement, ends: float) -> tuple[str, str] | None:
    """None where the server took the statement; else the SQLSTATE and the server's first line.

    Raises `TargetError` when the server is gone: the time box, over at `ends`, was too short, or a statement ended its
    own session.
    """
    import psycopg

    try:
        connection.execute(statement.source.decode("utf-8", "replace").encode(), prepare=False)
    except psycopg.Error as error:
        if connection.closed:
            in_time = time.monotonic() < ends
            why = "ended the session in which they ran" if in_time else f"took longer than {TIME_BOX:g} seconds"
            raise TargetError(
                f"the SQL files {why}, the last statement is {statement.origin}", hint="Audit without --load."
            ) from None
        return error.sqlstate or "", str(error).strip().split("\n", maxsplit=1)[0]
    return None
