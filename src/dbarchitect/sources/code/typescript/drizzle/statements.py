"""Whole statements written as templates, and run: `db.execute(sql`…`)`."""

from __future__ import annotations

import re

from dbarchitect.catalog.queries import EventKind, Fetch, Verb
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sql import Hole, SqlQuery, StatementKind, looks_like_sql
from dbarchitect.sources.code.typescript.drizzle.templates import Templates
from dbarchitect.sources.code.typescript.drizzle.values import LIBRARY
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Value

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_KEY = re.compile(r"(?:^|[_.])id$|[a-z0-9]I[dD]$")
_ENDS = {StatementKind.COMMIT: EventKind.COMMIT, StatementKind.ROLLBACK: EventKind.ROLLBACK}


def run_text(templates: Templates, value: Value, site: Site, fetch: Fetch, library: str = LIBRARY) -> Record | None:
    """Note what a text of SQL asks; None where it is none. The record is that of its last query."""
    piece = templates.rendered(value, site)
    parts = [part for part in piece.parts if part != ""]
    if not parts or not looks_like_sql(parts):
        return None
    record: Record | None = None
    for query in templates.statements(parts, site, told=True):
        if query.kind is StatementKind.QUERY:
            record = _noted(query, site, fetch, library, raw=piece.raw)
        elif query.kind in _ENDS:
            site.interpreter.event(_ENDS[query.kind], site)
    return record


def _noted(query: SqlQuery, site: Site, fetch: Fetch, library: str, *, raw: bool) -> Record:
    draft = Draft(
        library,
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
        interpolated=tuple(hole.text for hole in query.holes),
        pasted=tuple(hole.text for hole in query.holes if is_pasted(hole, query.text)),
        raw_input=raw,
        as_text=True,
    )
    fetch = Fetch.NONE if query.verb is not Verb.SELECT and fetch is Fetch.ALL else fetch
    interpreter = site.interpreter
    place = interpreter.place(site.frame)
    return interpreter.recorder.query(draft, place, site.origin, fetch, interpreter.text(site))


def is_pasted(hole: Hole, text: str) -> bool:
    """Whether a hole stands where a value belongs: in quotes, or after a comparison; a key in no quotes is a number."""
    mark = "{" + hole.text + "}"
    if any(mark in literal[0] for literal in _LITERAL.finditer(text)):
        return True
    before = r"(?:[=<>]|\b(?:like|ilike|between|and|in\s*\(|values\s*\([^()]*))\s*"
    bare = re.search(rf"{before}{re.escape(mark)}(?![\w.\"]|\s*\()", text, re.IGNORECASE) is not None
    return bare and _KEY.search(hole.text) is None
