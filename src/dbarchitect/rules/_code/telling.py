"""How a finding points at the code: its address, the names of functions, the lines that show it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, Idiom, QueryFact
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.finding import Evidence, EvidenceKind
from dbarchitect.rules._code.queries import distinct
from dbarchitect.rules._code.reach import route_of
from dbarchitect.rules._code.routes import readable

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


def tables_of(queries: Iterable[QueryFact]) -> str:
    """The tables that queries are about, as a sentence names them: `orders`, `orders and 7 more tables`."""
    names = list(dict.fromkeys(str(query.table) for query in queries))
    if len(names) < 3:
        return " and ".join(names)
    return f"{names[0]} and {len(names) - 1} more tables"
