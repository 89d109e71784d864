"""Notes the queries of texts of SQL as those of the place that runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import EventKind, Fetch, Operand, Verb
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sql import Hole, SqlQuery, StatementKind, Unreadable, read_sql
from dbarchitect.sources.code.typescript.drivers.texts import NAME, Read, Statement, any_raw, statement_of, text_of
from dbarchitect.sources.code.typescript.drizzle.statements import is_pasted
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Value

LIBRARY = "sql"
_ENDS = {StatementKind.COMMIT: EventKind.COMMIT, StatementKind.ROLLBACK: EventKind.ROLLBACK}


class SqlRunner:
    """Notes the queries of texts, each read once for each catalog."""

    def __init__(self, catalog_of: Callable[[str], Catalog]) -> None:
        self.catalog_of = catalog_of
        self._read: dict[tuple[int, tuple[str | Hole, ...]], tuple[SqlQuery, ...] | Unreadable] = {}

    def run(self, value: Value | None, given: tuple[Value, ...], site: Site, fetch: Fetch) -> Record | None:
        """Note what a text asks; None where the value is no SQL. `given` are its parameters.

        The record is that of its last statement that asks something.
        """
        read = self.read(value, site)
        if read is None:
            return None
        record: Record | None = None
        for query in self._statements(read.parts, site):
            if query.kind is StatementKind.QUERY:
                record = self._note(query, read, (*read.given, *given), site, fetch)
            else:
                self._event(query, site)
        return record

    def read(self, value: Value | None, site: Site) -> Read | None:
        """A value as a text of SQL; None for anything else."""
        if isinstance(value, Statement):
            numbered = self.catalog_of(site.frame.module.path).engine.name == "postgresql"
            return statement_of(value, "$" if numbered else "?")
        return text_of(value)

    def is_statement(self, value: Value | None, site: Site) -> bool:
        """Whether a value is a text of SQL."""
        return self.read(value, site) is not None

    def _statements(self, parts: tuple[str | Hole, ...], site: Site) -> tuple[SqlQuery, ...]:
        catalog = self.catalog_of(site.frame.module.path)
        key = (id(catalog), parts)
        if key not in self._read:
            try:
                self._read[key] = read_sql(parts, catalog)
            except Unreadable as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, Unreadable):
            site.interpreter.diagnostics.append(Diagnostic(site.origin, f"SQL that could not be read: {found}"))
            return ()
        return found

    def _note(self, query: SqlQuery, read: Read, given: tuple[Value, ...], site: Site, fetch: Fetch) -> Record:
        draft = replace(
            drafted(query, site),
            interpolated=tuple(hole.text for hole in query.holes if read.pasted and hole.text != NAME),
            pasted=tuple(
                hole.text
                for hole in query.holes
                if read.pasted and hole.text not in {NAME, *read.numbers} and is_pasted(hole, query.text)
            ),
            raw_input=read.is_raw,
        )
        if any_raw(given):
            raw = tuple(replace(a, raw_input=a.operand is Operand.PARAMETER) for a in draft.assignments)
            draft = replace(draft, assignments=raw)
        if query.verb is not Verb.SELECT and fetch is not Fetch.BUILT:
            fetch = Fetch.NONE
        elif query.verb is Verb.SELECT and query.aggregates and not query.grouping and not query.columns:
            fetch = Fetch.SCALAR
        interpreter = site.interpreter
        place = interpreter.place(site.frame)
        return interpreter.recorder.query(draft, place, site.origin, fetch, interpreter.text(site))

    def _event(self, query: SqlQuery, site: Site) -> None:
        if query.kind is StatementKind.BEGIN:
            site.frame.transaction = site.origin
        kind = _ENDS.get(query.kind)
        if kind is not None:
            site.interpreter.event(kind, site)
            site.frame.transaction = None


def drafted(query: SqlQuery, site: Site) -> Draft:
    """The draft that says what a read statement says."""
    return Draft(
        LIBRARY,
        site.origin,
        query.verb,
        table=query.table,
        joined=query.tables,
        predicates=query.predicates,
        joins=query.joins,
        grouping=query.grouping,
        ordering=query.ordering,
        limit=query.limit,
        offset=query.offset,
        columns=query.columns,
        aggregates=query.aggregates,
        assignments=query.assignments,
        key=query.key,
        distinct=query.distinct,
        locks=query.locks,
        idiom=query.idiom,
        dynamic=query.dynamic,
        as_text=True,
    )
