"""What rules ask of an application's code: who runs a query, from where it is reached, how to point at it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import CallFact, Code, EventFact, FunctionFact, FunctionKind, Idiom, QueryFact, Verb
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Evidence, EvidenceKind
from dbarchitect.rules._names import words
from dbarchitect.rules._routes import readable

WRITES = frozenset({Verb.INSERT, Verb.UPDATE, Verb.DELETE, Verb.UPSERT})
_BACKSTAGE = frozenset({FunctionKind.COMMAND, FunctionKind.MIGRATION})
_INLINE = re.compile(r"(?:<anonymous>|\$?transaction|map|flatMap|forEach|then)(?:#\d+)?")
"""Functions in TypeScript that are written where they are handed over, to what says nothing of them."""
_NAMELESS = re.compile(
    r"^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|get|post|put|patch|delete|default|handler?|loader|action|run|main|execute)"
    r"(?:#\d+)?$"
)
"""Names that many functions have: of HTTP's methods, of what a framework looks for in each file of routes."""
_REGISTERED = re.compile(
    r"(?:\)|\.(?:get|post|put|patch|delete|all|route|query|mutation|subscription|action|handler))(?:#\d+)?$"
)
"""Functions in TypeScript that are named by the call that registers them: `router.post(/orders)`, `list.query`."""
_TYPESCRIPT = re.compile(r"\.[cm]?[jt]sx?$")
_CONSOLE = re.compile(r"(?:^|/)(?:commands|manage)\.py$")
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
    """A function's key as a reader knows it: `Orders.create` of `shop/orders.py:Orders.create`, `make.index` of a
    function within another one."""
    path, _, name = key.partition(":")
    return path if name == "<module>" else name.replace(".<locals>.", ".")


def shown_in(code: Code | None, key: str) -> str:
    """A function as a reader knows it: by its name, and where that says nothing (`GET` of a route's file, `handler`, a
    function that is written where it is handed over) by its route, or by the function that it stands in."""
    name, path = shown(key), key.partition(":")[0]
    typescript = _TYPESCRIPT.search(path) is not None
    common = _NAMELESS.search(name.partition(".")[0] if typescript else name) is not None
    outer = _outer(name) if typescript else name
    fact = code.functions.get(key) if code is not None else None
    route = fact.route if fact is not None else None
    if route is not None and (common or outer != name or (typescript and _REGISTERED.search(name))):
        return readable(route)
    if outer != name:
        return shown_in(code, f"{path}:{outer}") if outer else path
    return f"{name} of {path}" if common else name


def _outer(name: str) -> str:
    """The function that a function stands in which is written where it is handed over; '' where it is a module's."""
    parts = name.split(".")
    while parts and _INLINE.fullmatch(parts[-1]) and (len(parts) > 1 or name.startswith("<")):
        parts.pop()
    return ".".join(parts)


def with_route(code: Code | None, key: str) -> str:
    """A function and the route that ends in it: `create (POST /orders)`."""
    name, route = shown_in(code, key), route_of(code, key) if code is not None else None
    return f"{name} ({route})" if route is not None and name == shown(key) else name


def as_evidence(query: QueryFact, words: str = "") -> Evidence:
    """A query as evidence: the code, and what is to be seen in it."""
    text = f"{words}: {query.text}" if words else query.text
    return Evidence(EvidenceKind.CODE, text, query.origin)


def queries_of(survey: Survey) -> tuple[QueryFact, ...]:
    """The queries of the application at work: those of migrations left out."""
    return queries_at_work(survey.code) if survey.code is not None else ()


@lru_cache(maxsize=4)
def queries_at_work(code: Code) -> tuple[QueryFact, ...]:
    """The same of a program."""
    migrating = {key for key, function in code.functions.items() if function.kind is FunctionKind.MIGRATION}
    return tuple(query for query in code.queries if query.place.function not in migrating)


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


@lru_cache(maxsize=4)
def events_by_function(code: Code) -> Mapping[str, tuple[EventFact, ...]]:
    """What happens besides queries in each function, in the order of files and lines."""
    found: dict[str, list[EventFact]] = {}
    for event in code.events:
        found.setdefault(event.place.function, []).append(event)
    return {key: tuple(events) for key, events in found.items()}


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


@lru_cache(maxsize=8)
def reached_from(code: Code, kind: FunctionKind) -> frozenset[str]:
    """The functions of a kind, and all that they call."""
    found: set[str] = set()
    stack = [key for key, function in code.functions.items() if function.kind is kind]
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
            return readable(fact.route)
        stack.extend(call.caller.function for call in callers(code).get(key, ()))
    return None


def only_route_of(code: Code, function: str) -> str | None:
    """The function's own route, or the one that ends in it where there is just one: of a function that many share, none
    tells more than another."""
    found: set[str] = set()
    stack, seen = [function], set[str]()
    while stack and len(found) < 2:
        key = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        fact = code.functions.get(key)
        if fact is not None and fact.route is not None:
            if key == function:
                return readable(fact.route)
            found.add(readable(fact.route))
            continue
        stack.extend(call.caller.function for call in callers(code).get(key, ()))
    return found.pop() if len(found) == 1 else None


def first_few(queries: Iterable[QueryFact], most: int = 5) -> tuple[Evidence, ...]:
    """The first queries as evidence, and how many more there are."""
    every = distinct(queries)
    evidence = tuple(as_evidence(query, _declared(query)) for query in every[:most])
    if len(every) > most:
        rest = len(every) - most
        more = Evidence(EvidenceKind.CODE, f"and {rest} more like {'it' if rest == 1 else 'them'}", every[most].origin)
        evidence = (*evidence, more)
    return evidence


def _declared(query: QueryFact) -> str:
    """What a query is that no line of the code runs: a class declares it."""
    lists = {Idiom.ADMIN: "the list of the admin", Idiom.FILTER_FIELDS: "a list with filters"}
    return lists.get(query.idiom, "a list") if query.idiom is not None and query.text.startswith("class ") else ""


def built_at(queries: Iterable[QueryFact], most: int = 6) -> tuple[Evidence, ...]:
    """The other places where parts of queries stand, each once."""
    places = dict.fromkeys(origin for query in queries for origin in query.builders)
    return tuple(Evidence(EvidenceKind.CODE, "a part of the query", origin) for origin in list(places)[:most])


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


def tables_of(queries: Iterable[QueryFact]) -> str:
    """The tables that queries are about, as a sentence names them: `orders`, `orders and 7 more tables`."""
    names = list(dict.fromkeys(str(query.table) for query in queries))
    if len(names) < 3:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1} more tables"


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


_BY_HAND = frozenset(
    ["dummy", "fix", "fixes", "fixture", "fixtures", "seed", "seeds", "populate", "backfill", "demo", "sample",
     "samples", "script", "scripts", "migration", "migrations", "bootstrap", "cutover"]
)  # fmt: skip
_KEPT_ASIDE = frozenset({"tooling", "migrate", "migrating", "maintenance"})
"""Words of folders with what is run once; a function or a file may be called so for what the program does every day."""


@lru_cache(maxsize=65_536)
def is_by_hand(function: str) -> bool:
    """Whether a function is of a script, a seed, a repair of data: run a few times, by somebody who looks on."""
    path, _, name = function.partition(":")
    aside = bool(_KEPT_ASIDE & {*words(path.rpartition("/")[0])})
    return aside or bool(_BY_HAND & {*words(path.rpartition(".")[0]), *words(name)})


def is_unwatched(code: Code, function: str) -> bool:
    """Whether no visitor waits for a function: a command, a worker's task, a script, an action of Django's admin."""
    kinds = kinds_behind(code).get(function, frozenset())
    alone = FunctionKind.ROUTE not in kinds and bool(kinds & {FunctionKind.TASK, FunctionKind.MODULE})
    if alone or is_by_hand(function) or _is_typed(function) or is_backstage(code, function):
        return True
    return FunctionKind.ROUTE not in kinds and _CONSOLE.search(function.partition(":")[0]) is not None


@lru_cache(maxsize=65_536)
def _is_typed(function: str) -> bool:
    """Whether a function is one of a command line, or of Django's admin, by its name."""
    path, _, name = function.partition(":")
    of_admin = path.endswith("admin.py") and "admin" in words(name.partition(".")[0]) and "." in name
    return of_admin or "cli" in words(path)
