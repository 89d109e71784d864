"""Where the code takes apart and puts together the JSON that a text column holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from dbarchitect.catalog.queries import CallFact, Code, EventFact, EventKind, QueryFact
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Evidence, EvidenceKind
from dbarchitect.rules._code.queries import WRITES, distinct, queries_at_work, queries_by_function
from dbarchitect.rules._code.reach import callers, is_backstage
from dbarchitect.rules._code.telling import as_evidence, shown_in
from dbarchitect.rules._names import words

_SHOWN = 6


def parsings(code: Code, column: Ref) -> tuple[EventFact, ...]:
    """The places that parse a column, those of scripts and migrations left out."""
    return tuple(e for e in _parsed(code).get(column.key, ()) if not is_backstage(code, e.place.function))


@lru_cache(maxsize=4)
def _parsed(code: Code) -> Mapping[tuple[str, ...], tuple[EventFact, ...]]:
    """The events that parse a column, by the column."""
    found: dict[tuple[str, ...], list[EventFact]] = {}
    for event in code.events:
        if event.kind is EventKind.JSON_PARSED and event.column is not None:
            found.setdefault(event.column.key, []).append(event)
    return {column: tuple(events) for column, events in found.items()}


def json_in_code(survey: Survey, column: Ref) -> tuple[Evidence, ...]:
    """Who parses a column and who writes it as JSON; of a function that parses what it is given, its callers."""
    code = survey.code
    if code is None:
        return ()
    read: dict[tuple[str | None, int | None], Evidence] = {}
    for event in parsings(code, column):
        for origin, text in _at(code, event):
            read.setdefault((origin.path, origin.start), Evidence(EvidenceKind.CODE, text, origin))
    return (*list(read.values())[:_SHOWN], *list(_writers(code, column))[:_SHOWN])


def _at(code: Code, event: EventFact) -> Iterator[tuple[Origin, str]]:
    function = event.place.function
    calls = [c for c in callers(code).get(function, ()) if _is_given(code, c, event)]
    if not calls:
        yield event.origin, f"parsed: {event.text}"
    for call in calls:
        yield call.origin, f"parsed by {shown_in(code, call.callee)}"


def _is_given(code: Code, call: CallFact, event: EventFact) -> bool:
    """Whether a call hands in the column: its function reads it, and does not parse it itself."""
    return event.column is not None and event.column.key in _read(code, call.caller.function)


@lru_cache(maxsize=4_096)
def _read(code: Code, function: str) -> frozenset[tuple[str, ...]]:
    """The columns of the fetched rows that a function goes on to use."""
    queries = queries_by_function(code).get(function, ())
    return frozenset(column.key for query in queries for column in query.attributes or ())


@lru_cache(maxsize=4)
def _writing(code: Code) -> Mapping[tuple[str, ...], tuple[QueryFact, ...]]:
    """The queries that write a column and name JSON, by the column; those of migrations left out."""
    found: dict[tuple[str, ...], list[QueryFact]] = {}
    for query in queries_at_work(code):
        if query.verb in WRITES and "json." in query.text.lower():
            for column in dict.fromkeys(assignment.column.key for assignment in query.assignments):
                found.setdefault(column, []).append(query)
    return {column: tuple(queries) for column, queries in found.items()}


def _writers(code: Code, column: Ref) -> Iterator[Evidence]:
    """The queries that write a column with what a function made JSON of."""
    name = "_?".join(re.escape(word) for word in words(column.columns[0]))
    put = re.compile(rf"\b{name}[\"']?\s*[:=]\s*(?:JSON\.stringify|json\.dumps)\(", re.IGNORECASE)
    for query in distinct(q for q in _writing(code).get(column.key, ()) if put.search(q.text)):
        yield as_evidence(query, "written as JSON")
