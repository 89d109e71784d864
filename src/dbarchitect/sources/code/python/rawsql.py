"""Raw SQL in a program: the text that a call is given, read and noted as queries of the place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import EventFact, Fetch, Operand, Verb
from dbarchitect.sources.code.alternatives import ways_through
from dbarchitect.sources.code.python.givers import giver, handing, place_in
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Site
from dbarchitect.sources.code.quoting import LONGEST, shortened
from dbarchitect.sources.code.rawsql import ENDS, Parts, Texts, drafted, is_pasted
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sql import Hole, SqlQuery, StatementKind, Unreadable, looks_like_sql
from dbarchitect.sources.code.values import (
    Entries,
    Items,
    Member,
    Opaque,
    Text,
    Value,
    is_raw,
)

_SAYS_SQL = re.compile(r"\b(?:select|insert|update|delete|with|from|where|set|into|values|call)\s", re.IGNORECASE)
_STATEMENT = 130
"""Characters that are shown of a statement that is written elsewhere than it is run."""


def _harmless(value: Value) -> frozenset[str]:
    """What is put into a text and is a number, or a text that the program itself holds, as written."""
    if not isinstance(value, Text):
        return frozenset()
    return frozenset(
        source
        for way in ways_through(value)
        for part, source in zip((part for part in way.parts if not isinstance(part, str)), way.sources, strict=False)
        if _is_harmless(part)
    )


def _is_harmless(value: Value) -> bool:
    """Whether a value is a number or a key, as far as can be told: converted, or the `id` of some row; or the program's
    own."""
    if isinstance(value, Opaque):
        return value.number or value.own or (value.cell is not None and value.cell.columns[-1:] == ("id",))
    return isinstance(value, Member) and value.name in {"id", "pk"}


def sql_ways(value: Value) -> tuple[Parts, ...]:
    """A value as pieces of SQL, once for each text that it may come to; nothing where it is no text or does not look
    like SQL."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return ((value.value,),) if looks_like_sql(value.value) else ()
    if not isinstance(value, Text) or not value.parts:
        return ()
    ways: list[Parts] = []
    for way in ways_through(value):
        names = iter(way.sources)
        parts = tuple(part if isinstance(part, str) else Hole(next(names, "…")) for part in way.parts)
        if looks_like_sql(parts):
            ways.append(parts)
    return tuple(ways)


class SqlRunner:
    """Notes the queries of texts of SQL, read once for each text and catalog."""

    def __init__(self, catalog_of: Callable[[str], Catalog]) -> None:
        self.catalog_of = catalog_of
        self._texts = Texts()

    def run(self, value: Value, given: Value | None, site: Site, library: str, fetch: Fetch) -> Record | None:
        """Note what a text of SQL asks; None where the value is no SQL. `given` are its parameters.

        The record is that of its last statement that asks something.
        """
        ways = sql_ways(value)
        if not ways:
            return None
        record: Record | None = None
        catalog = self.catalog_of(site.frame.module.path)
        for query in self._texts.told(ways, catalog, site.origin, site.interpreter.diagnostics):
            if query.kind is StatementKind.QUERY:
                record = self._note(query, value, given, site, library, fetch)
            else:
                self._event(query, site)
        return record

    def asks(self, value: Value | None, site: Site) -> bool:
        """Whether a value is the text of a statement about a known table: whatever is called with it runs it."""
        ways = sql_ways(value)
        if not ways:
            return False
        catalog = self.catalog_of(site.frame.module.path)
        try:
            told = self._texts.read(ways[0], catalog)
        except Unreadable:
            return False
        return any(query.table is not None and catalog.table(query.table) is not None for query in told)

    def _note(
        self, query: SqlQuery, value: Value, given: Value | None, site: Site, library: str, fetch: Fetch
    ) -> Record:
        harmless = _harmless(value)
        frame = giver(site, lambda given: given is value or (isinstance(given, Items) and value in given.items))
        said = handing(frame, site)
        draft = replace(
            drafted(query, library, said.origin),
            interpolated=tuple(hole.text for hole in query.holes),
            pasted=tuple(h.text for h in query.holes if h.text not in harmless and is_pasted(h, query.text)),
            raw_input=is_raw(value),
        )
        if given is not None and is_raw(given):
            raw = tuple(replace(a, raw_input=a.operand is Operand.PARAMETER) for a in draft.assignments)
            draft = draft.but(assignments=raw)
        fetch = Fetch.NONE if query.verb is not Verb.SELECT and fetch is Fetch.ALL else fetch
        interpreter = site.interpreter
        direct = interpreter.recorder.direct if said is site else said.frame.depth == 0
        place = place_in(said.frame, site)
        text = _shown(query, interpreter.text(said))
        return interpreter.recorder.query(draft, place, said.origin, fetch, text, direct=direct)

    def _event(self, query: SqlQuery, site: Site) -> None:
        if query.kind is StatementKind.BEGIN:
            site.frame.transaction = site.origin
        kind = ENDS.get(query.kind)
        if kind is not None:
            place = site.interpreter.place(site.frame)
            site.interpreter.recorder.event(EventFact(kind, place, site.origin, site.interpreter.text(site)))
            site.frame.transaction = None


def _shown(query: SqlQuery, call: str) -> str:
    """The call that runs a statement; with the statement where that is written elsewhere (`run(query, values)`)."""
    if _SAYS_SQL.search(call):
        return call
    return f"{shortened(' '.join(query.text.split()), _STATEMENT)} … {shortened(call, LONGEST - _STATEMENT - 3)}"


def parameters_of(value: Value | None) -> Value | None:
    """The parameters of a statement as one value."""
    if isinstance(value, Entries):
        return Items(list(value.entries.values()))
    return value if not isinstance(value, Opaque) or value.raw else None
