"""What rules ask of an application's code: who runs a query, from where it is reached, how to point at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import CallFact, Code, FunctionFact, FunctionKind, QueryFact, Verb
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Evidence, EvidenceKind

WRITES = frozenset({Verb.INSERT, Verb.UPDATE, Verb.DELETE, Verb.UPSERT})
_BACKSTAGE = frozenset({FunctionKind.COMMAND, FunctionKind.MIGRATION})
_FARTHEST = 6
"""Calls followed from a function to the queries that it ends in."""


def query_ref(query: QueryFact) -> Ref:
    """The address of a query: its table and the function that it stands in, which stays when lines move."""
    table = query.table
    return Ref(Kind.QUERY, table.schema if table else None, table.table if table else None, (), query.place.function)


def function_ref(key: str) -> Ref:
    """The address of a function's queries taken together."""
    return Ref(Kind.QUERY, name=key)


def shown(key: str) -> str:
    """A function's key as a reader knows it: `Orders.create` of `shop/orders.py:Orders.create`."""
    path, _, name = key.partition(":")
    return path if name == "<module>" else name


def as_evidence(query: QueryFact, words: str = "") -> Evidence:
    """A query as evidence: the code, and what is to be seen in it."""
    text = f"{words}: {query.text}" if words else query.text
    return Evidence(EvidenceKind.CODE, text, query.origin)


def queries_of(survey: Survey) -> Iterator[QueryFact]:
    """The queries of the application at work: those of migrations left out."""
    code = survey.code
    if code is None:
        return
    for query in code.queries:
        function = code.functions.get(query.place.function)
        if function is None or function.kind is not FunctionKind.MIGRATION:
            yield query


def is_backstage(code: Code, function: str) -> bool:
    """Whether a function is run by hand only: a command, a script, a migration, and nothing of the application's."""
    fact = code.functions.get(function)
    if fact is None or fact.kind not in _BACKSTAGE:
        return False
    return not any(
        not is_backstage_kind(code.functions.get(c.caller.function)) for c in callers(code).get(function, ())
    )


def is_backstage_kind(function: FunctionFact | None) -> bool:
    """Whether a function by itself is a command, a script or a migration."""
    return function is not None and function.kind in _BACKSTAGE


@lru_cache(maxsize=4)
def callers(code: Code) -> Mapping[str, tuple[CallFact, ...]]:
    """The calls of each function."""
    found: dict[str, list[CallFact]] = {}
    for call in code.calls:
        found.setdefault(call.callee, []).append(call)
    return {callee: tuple(calls) for callee, calls in found.items()}


@lru_cache(maxsize=4)
def calls_of(code: Code) -> Mapping[str, tuple[CallFact, ...]]:
    """The calls that each function makes."""
    found: dict[str, list[CallFact]] = {}
    for call in code.calls:
        found.setdefault(call.caller.function, []).append(call)
    return {caller: tuple(calls) for caller, calls in found.items()}


@lru_cache(maxsize=4)
def queries_by_function(code: Code) -> Mapping[str, tuple[QueryFact, ...]]:
    """The queries that stand in each function, in the order of their running."""
    found: dict[str, list[QueryFact]] = {}
    for query in code.queries:
        found.setdefault(query.place.function, []).append(query)
    return {key: tuple(sorted(queries, key=lambda q: q.place.position)) for key, queries in found.items()}


def reached(code: Code, function: str) -> Iterator[tuple[QueryFact, tuple[CallFact, ...]]]:
    """The queries that calling a function ends in, each with the calls that lead to it (none: its own)."""
    stack: list[tuple[str, tuple[CallFact, ...]]] = [(function, ())]
    seen: set[str] = set()
    while stack:
        key, way = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        for query in queries_by_function(code).get(key, ()):
            yield query, way
        if len(way) < _FARTHEST:
            stack.extend((call.callee, (*way, call)) for call in calls_of(code).get(key, ()))


@lru_cache(maxsize=4)
def asked_by_requests(code: Code) -> frozenset[str]:
    """The functions that a request may end in: routes, and all that they call."""
    found: set[str] = set()
    stack = [key for key, function in code.functions.items() if function.kind is FunctionKind.ROUTE]
    while stack:
        key = stack.pop()
        if key not in found:
            found.add(key)
            stack.extend(call.callee for call in calls_of(code).get(key, ()))
    return frozenset(found)


def route_of(code: Code, function: str) -> str | None:
    """The route that ends in a function, the function's own before one that calls it; None where none is known."""
    stack, seen = [function], set[str]()
    while stack:
        key = stack.pop(0)
        if key in seen:
            continue
        seen.add(key)
        fact = code.functions.get(key)
        if fact is not None and fact.route is not None:
            return fact.route
        stack.extend(call.caller.function for call in callers(code).get(key, ()))
    return None


def first_few(queries: Iterable[QueryFact], most: int = 5) -> tuple[Evidence, ...]:
    """The first queries as evidence, and how many more there are."""
    every = list(queries)
    evidence = tuple(as_evidence(query) for query in every[:most])
    if len(every) > most:
        rest = len(every) - most
        more = Evidence(EvidenceKind.CODE, f"and {rest} more like {'it' if rest == 1 else 'them'}", every[most].origin)
        evidence = (*evidence, more)
    return evidence


@lru_cache(maxsize=4)
def kinds_behind(code: Code) -> Mapping[str, frozenset[FunctionKind]]:
    """By function the kinds of all that end in it: its own kind, and those of its callers and theirs."""
    found: dict[str, set[FunctionKind]] = {}
    for kind in FunctionKind:
        stack = [key for key, function in code.functions.items() if function.kind is kind]
        seen: set[str] = set()
        while stack:
            key = stack.pop()
            if key not in seen:
                seen.add(key)
                found.setdefault(key, set()).add(kind)
                stack.extend(call.callee for call in calls_of(code).get(key, ()))
    return {key: frozenset(kinds) for key, kinds in found.items()}


def table_of(query: QueryFact, survey: Survey) -> Table | None:
    """The table that a query is mainly about, None where it is not known."""
    return survey.catalog.table(query.table) if query.table is not None else None


def by_function(queries: Iterable[QueryFact]) -> tuple[tuple[QueryFact, ...], ...]:
    """Queries in groups, one for each function and table: what makes one finding."""
    found: dict[tuple[str, str], list[QueryFact]] = {}
    for query in queries:
        found.setdefault((query.place.function, str(query.table)), []).append(query)
    return tuple(tuple(group) for group in found.values())


def is_unwatched(code: Code, function: str) -> bool:
    """Whether nobody waits for a function: a command, a worker's task, a module's own statements."""
    fact = code.functions.get(function)
    alone = fact is not None and fact.kind in {FunctionKind.TASK, FunctionKind.MODULE}
    return is_backstage(code, function) or (alone and function not in asked_by_requests(code))
