"""Functions that ask the database in every turn of a loop, by themselves or by what they call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.queries import Code, Fetch, Idiom, LoopFact, QueryFact, Verb
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.queries import (
    WRITES,
    by_function,
    distinct,
    events_by_function,
    general_lines,
    queries_by_function,
    queries_of,
)
from dbarchitect.rules._code.reach import calls_of, reached
from dbarchitect.rules.queries._turns import (
    Called,
    called_in_loops,
    is_chunked,
    is_dwarfed,
    is_one_of_a_batch,
    turns_of,
)

_OTHER_IDIOMS = frozenset({Idiom.LAZY_RELATION, Idiom.TEMPLATE, Idiom.SERIALIZER, Idiom.GET_OR_CREATE, Idiom.BULK,
                           Idiom.UPDATE_OR_CREATE, Idiom.ON_CONFLICT, Idiom.SAVE, Idiom.ADMIN, Idiom.DEFAULT_ORDER,
                           Idiom.FILTER_FIELDS})  # fmt: skip
_RUN = frozenset({Fetch.ALL, Fetch.ITERATED, Fetch.FIRST, Fetch.ONE, Fetch.SCALAR, Fetch.COUNT, Fetch.EXISTS})
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A function with queries in a loop; `called`: by a function that the loop calls, `general`: for many tables.
    `bare` tells that what it calls does nothing but ask: the loop might as well hold the query itself. `loops` are
    those that turn."""

    function: str
    queries: tuple[QueryFact, ...]
    over: str
    rows: bool
    dwarfed: bool
    called: Called | None = None
    general: bool = False
    bare: bool = False
    loops: tuple[LoopFact, ...] = ()


def directly(survey: Survey, code: Code) -> list[Asked]:
    """The functions whose loops hold a query, one for each table."""
    found = []
    for queries in by_function(query for query in queries_of(survey) if _is_repeated(query)):
        loops = [loop for query in queries if (loop := turns_of(query.place)) is not None]
        rows = [loop for loop in loops if loop.rows]
        dwarfed = all(is_dwarfed(code, query.place) for query in queries)
        found.append(
            Asked(queries[0].place.function, queries, (rows or loops)[0].over, bool(rows), dwarfed, loops=tuple(loops))
        )
    return found


def _is_repeated(query: QueryFact) -> bool:
    loop = turns_of(query.place)
    if loop is None or is_chunked(query.place) or is_one_of_a_batch(query, loop):
        return False
    return _is_plain_read(query) and not _is_kept(query, loop)


def _is_kept(query: QueryFact, loop: LoopFact) -> bool:
    """Whether it is a queryset that was made before the loop: it keeps its rows from the first turn on."""
    here, around = query.origin, loop.origin
    known = here.path == around.path and here.start is not None and around.start is not None and around.end is not None
    if query.library != "django" or query.fetch is not Fetch.ALL or not known:
        return False
    return not (around.start or 0) <= (here.start or 0) < (around.end or 0)


def _is_plain_read(query: QueryFact) -> bool:
    known = query.verb is Verb.SELECT and query.table is not None and query.fetch in _RUN
    return known and not query.locks and query.idiom not in _OTHER_IDIOMS


def by_calls(code: Code) -> Iterator[Asked]:
    """A call in a loop over rows whose function asks the database in every turn."""
    cases: dict[tuple[str, str], list[Called]] = {}
    for called in called_in_loops(code):
        if called.loop.rows and _is_plain_read(called.query):
            cases.setdefault((called.way[0].caller.function, called.way[0].callee), []).append(called)
    for (function, callee), each in cases.items():
        if any(query.verb in WRITES for query, way in reached(code, callee) if len(way) < _DEEPEST):
            continue  # what is done for each row is more than reading
        first = min(each, key=lambda c: len(c.way))
        queries = distinct(called.query for called in each)
        dwarfed = is_dwarfed(code, first.way[0].caller)
        ordered = (first.query, *(q for q in queries if q is not first.query))
        general = (first.query.origin.path, first.query.origin.start) in general_lines(code)
        bare = len(first.way) == 1 and not general and _does_nothing_but_ask(code, callee)
        yield Asked(function, ordered, first.loop.over, True, dwarfed, first, general, bare, (first.loop,))


def _does_nothing_but_ask(code: Code, function: str) -> bool:
    """Whether a function is one query, whatever it is called with: a method of a class of queries, a getter."""
    queries = queries_by_function(code).get(function, ())
    alone = len(queries) == 1 and not calls_of(code).get(function) and not events_by_function(code).get(function)
    return alone and not (queries[0].place.branch or queries[0].place.left or queries[0].place.loops)
