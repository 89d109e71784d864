"""The queries of an application: those at work, and which of them stand together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, EventFact, FunctionKind, Idiom, QueryFact, Verb
from dbarchitect.catalog.survey import Survey

WRITES = frozenset({Verb.INSERT, Verb.UPDATE, Verb.DELETE, Verb.UPSERT})


def queries_of(survey: Survey) -> tuple[QueryFact, ...]:
    """The queries of the application at work: those of migrations left out."""
    return queries_at_work(survey.code) if survey.code is not None else ()


@lru_cache(maxsize=4)
def queries_at_work(code: Code) -> tuple[QueryFact, ...]:
    """The same of a program."""
    migrating = {key for key, function in code.functions.items() if function.kind is FunctionKind.MIGRATION}
    return tuple(query for query in code.queries if query.place.function not in migrating)


@lru_cache(maxsize=4)
def queries_by_function(code: Code) -> Mapping[str, tuple[QueryFact, ...]]:
    """The queries that stand in each function, in the order of their running."""
    found: dict[str, list[QueryFact]] = {}
    for query in code.queries:
        found.setdefault(query.place.function, []).append(query)
    return {key: tuple(sorted(queries, key=lambda q: q.place.position)) for key, queries in found.items()}


@lru_cache(maxsize=4)
def events_by_function(code: Code) -> Mapping[str, tuple[EventFact, ...]]:
    """What happens besides queries in each function, in the order of files and lines."""
    found: dict[str, list[EventFact]] = {}
    for event in code.events:
        found.setdefault(event.place.function, []).append(event)
    return {key: tuple(events) for key, events in found.items()}


def table_of(query: QueryFact, survey: Survey) -> Table | None:
    """The table that a query is mainly about, None where it is not known."""
    return survey.catalog.table(query.table) if query.table is not None else None


def by_function(queries: Iterable[QueryFact]) -> tuple[tuple[QueryFact, ...], ...]:
    """Queries in groups, one for each function and table: what makes one finding.

    A line that asks several tables, as a general repository does for each of its heirs, counts for the first of them.
    """
    found: dict[tuple[str, str], list[QueryFact]] = {}
    tables: dict[tuple[str, str | None, int | None], str] = {}
    for query in queries:
        function = query.place.function
        table = tables.setdefault((function, query.origin.path, query.origin.start), str(query.table))
        found.setdefault((function, table), []).append(query)
    return tuple(tuple(group) for group in found.values())


def distinct(queries: Iterable[QueryFact]) -> tuple[QueryFact, ...]:
    """The queries, one of each line of the code."""
    return tuple({(query.origin.path, query.origin.start): query for query in reversed(tuple(queries))}.values())[::-1]


@lru_cache(maxsize=4)
def queries_by_place(code: Code) -> Mapping[tuple[str | None, int | None], tuple[QueryFact, ...]]:
    """The queries by where they stand (path, first byte)."""
    found: dict[tuple[str | None, int | None], list[QueryFact]] = {}
    for query in code.queries:
        found.setdefault((query.origin.path, query.origin.start), []).append(query)
    return {place: tuple(queries) for place, queries in found.items()}


@lru_cache(maxsize=4)
def general_lines(code: Code) -> frozenset[tuple[str | None, int | None]]:
    """The places (path, first byte) of queries that ask three tables or more: a general repository's.

    What one query loads along with its rows (`include`) is asked of other tables at the same place, and says nothing.
    """
    asked: dict[tuple[str | None, int | None], set[str]] = {}
    for query in code.queries:
        if query.idiom is not Idiom.LAZY_RELATION:
            asked.setdefault((query.origin.path, query.origin.start), set()).add(str(query.table))
    return frozenset(place for place, tables in asked.items() if len(tables) > 2)
