"""The queries of an application: those at work, and which of them stand together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, EventFact, FunctionKind, Idiom, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey

WRITES = frozenset({Verb.INSERT, Verb.UPDATE, Verb.DELETE, Verb.UPSERT})


def queries_of(survey: Survey) -> tuple[QueryFact, ...]:
    """The queries of the application at work: those of migrations left out."""
    return queries_at_work(survey.code) if survey.code is not None else ()


@lru_cache(maxsize=4)
def queries_at_work(code: Code) -> tuple[QueryFact, ...]:
    """The same of a program; of what was met on several ways through the code, and understood whole on one of them, no
    second account with conditions missing."""
    migrating = {key for key, function in code.functions.items() if function.kind is FunctionKind.MIGRATION}
    known = _known_whole(code)
    return tuple(
        query
        for query in code.queries
        if query.place.function not in migrating
        and not (
            "where" in query.dynamic and _is_told_better(query, known.get((query.origin.path, query.origin.start), ()))
        )
    )


def _known_whole(code: Code) -> dict[tuple[str | None, int | None], list[QueryFact]]:
    """The queries of which all conditions are known, by their places."""
    found: dict[tuple[str | None, int | None], list[QueryFact]] = {}
    for query in code.queries:
        if query.predicates and "where" not in query.dynamic:
            found.setdefault((query.origin.path, query.origin.start), []).append(query)
    return found


def _is_told_better(query: QueryFact, others: Iterable[QueryFact]) -> bool:
    """Whether all that is known of a query that is not known whole is known of another one at the same place: on one
    way to it more was understood than on another. What is put into its text is known of that one alone."""
    if "where" not in query.dynamic or query.interpolated or query.pasted or not query.predicates:
        return False
    for other in others:
        alike = (other.verb, other.table, other.place.function) == (query.verb, query.table, query.place.function)
        held = {(p.column, p.comparison) for p in other.predicates} if alike else set[tuple[Ref, Comparison]]()
        if alike and all((p.column, p.comparison) in held for p in query.predicates):
            return True
    return False


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
