"""Whole statements written as templates, and run: `db.execute(sql`…`)`."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Fetch, Verb
from dbarchitect.sources.code.rawsql import ENDS, drafted, is_pasted
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sql import SqlQuery, StatementKind, looks_like_sql
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Value


def run_text(templates: Templates, value: Value, site: Site, fetch: Fetch, library: str) -> Record | None:
    """Note what a text of SQL asks; None where it is none. The record is that of its last query."""
    piece = templates.rendered(value, site)
    parts = [part for part in piece.parts if part != ""]
    if not parts or not looks_like_sql(parts):
        return None
    record: Record | None = None
    for query in templates.statements(parts, site, told=True):
        if query.kind is StatementKind.QUERY:
            record = _noted(query, site, fetch, library, raw=piece.raw)
        elif query.kind in ENDS:
            site.interpreter.event(ENDS[query.kind], site)
    return record


def _noted(query: SqlQuery, site: Site, fetch: Fetch, library: str, *, raw: bool) -> Record:
    draft = replace(
        drafted(query, library, site.origin),
        interpolated=tuple(hole.text for hole in query.holes),
        pasted=tuple(hole.text for hole in query.holes if is_pasted(hole, query.text)),
        raw_input=raw,
    )
    fetch = Fetch.NONE if query.verb is not Verb.SELECT and fetch is Fetch.ALL else fetch
    interpreter = site.interpreter
    place = interpreter.place(site.frame)
    return interpreter.recorder.query(draft, place, site.origin, fetch, interpreter.text(site))
