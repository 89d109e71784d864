"""Notes the queries of texts of SQL as those of the place that runs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Fetch, Operand, Verb
from dbarchitect.sources.code.quoting import shortened
from dbarchitect.sources.code.rawsql import ENDS, Texts, drafted, is_pasted
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sql import SqlQuery, StatementKind
from dbarchitect.sources.code.typescript.drivers.relays import Relays
from dbarchitect.sources.code.typescript.drivers.texts import NAME, Read, Statement, any_raw, statement_of, text_of
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Value

LIBRARY = "sql"
_SAYS_SQL = re.compile(r"\b(?:select|insert|update|delete|with|from|where|set|into|values|call)\s", re.IGNORECASE)
"""What an expression that runs a statement holds where the statement stands in it."""


class SqlRunner:
    """Notes the queries of texts, each read once for each catalog."""

    def __init__(self, catalog_of: Callable[[str], Catalog]) -> None:
        self.catalog_of = catalog_of
        self.relays = Relays()
        self._texts = Texts()

    def run(self, value: Value | None, given: tuple[Value, ...], site: Site, fetch: Fetch) -> Record | None:
        """Note what a text asks; None where the value is no SQL. `given` are its parameters.

        The record is that of its last statement that asks something. A text that a function of the project was given is
        run where that one is called.
        """
        read = self.read(value, site)
        if read is None:
            return None
        relay = self.relays.of(value)
        at, direct = (relay.site, relay.direct) if relay is not None else (site, None)
        record: Record | None = None
        catalog = self.catalog_of(at.frame.module.path)
        for query in self._texts.told((read.parts, *read.others), catalog, at.origin, site.interpreter.diagnostics):
            if query.kind is StatementKind.QUERY:
                values = (*read.given, *(relay.given if relay is not None else given))
                record = self._note(query, read, values, at, fetch, direct)
                if relay is not None:
                    relay.records.append(record)
            else:
                self._event(query, at)
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

    def _note(
        self, query: SqlQuery, read: Read, given: tuple[Value, ...], site: Site, fetch: Fetch, direct: bool | None
    ) -> Record:
        draft = replace(
            drafted(query, LIBRARY, site.origin),
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
        elif query.verb is Verb.SELECT and (query.single or _is_aggregate(query)):
            fetch = Fetch.SCALAR
        interpreter = site.interpreter
        place = interpreter.place(site.frame)
        text = interpreter.text(site)
        if not _SAYS_SQL.search(text):  # `run(query, values)`: the statement is written elsewhere
            text = shortened(" ".join(query.text.split()))
        return interpreter.recorder.query(draft, place, site.origin, fetch, text, direct=direct)

    def _event(self, query: SqlQuery, site: Site) -> None:
        if query.kind is StatementKind.BEGIN:
            site.frame.transaction = site.origin
        kind = ENDS.get(query.kind)
        if kind is not None:
            site.interpreter.event(kind, site)
            site.frame.transaction = None


def _is_aggregate(query: SqlQuery) -> bool:
    """Whether a query asks for numbers about all rows together: they come in one row."""
    return bool(query.aggregates) and not query.grouping and not query.columns
