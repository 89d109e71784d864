"""Which loops make what stands in them run again and again: not batches, pages, retries and handfuls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from dbarchitect.catalog.queries import CallFact, Code, Comparison, EventFact, EventKind, LoopFact, Place, QueryFact
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.queries import events_by_function, queries_by_function
from dbarchitect.rules._code.reach import calls_of
from dbarchitect.rules._names import words
from dbarchitect.rules._schema.growing import is_handful

_HANDFUL = 20
_DEEPEST = 3
_CARRYING = {("upload",), ("download",)}
_NO_TURNS = re.compile(
    r"retr(?:y|ies)|attempt|\btries\b|batch|chunk|pages?\b|paginat|sleep|itertools\.count|shards?\b|settings\.|"
    r"\brange\(|\bbuckets?\b|backoff|\bmodels?\b|__subclasses__|get_models|\bapps?\b",
    re.IGNORECASE,
)
"""What loops go through that are few, or of which each turn handles many: read from how the loop is written."""


def turns_of(place: Place) -> LoopFact | None:
    """The innermost loop that makes a place run many times, None where no loop does."""
    for loop in reversed(place.loops):
        few = loop.bound is not None and loop.bound <= _HANDFUL
        if loop.kind != "while" and not loop.batched and not few and not _names_no_turns(loop.over):
            return loop
    return None


def are_few(survey: Survey, loops: Iterable[LoopFact]) -> bool:
    """Whether loops go through tables of which one owner has a handful of rows, all of them."""
    tables = [survey.catalog.table(loop.table) if loop.table is not None else None for loop in loops]
    return bool(tables) and all(map(is_handful, tables))


@lru_cache(maxsize=16_384)
def _names_no_turns(over: str) -> bool:
    return _NO_TURNS.search(over) is not None


def is_chunked(place: Place) -> bool:
    """Whether some loop around a place hands it a slice of many."""
    return any(loop.batched or (loop.kind != "while" and _names_chunks(loop.over)) for loop in place.loops)


@lru_cache(maxsize=16_384)
def _names_chunks(over: str) -> bool:
    return re.search("batch|chunk", over, re.IGNORECASE) is not None


def is_one_of_a_batch(query: QueryFact, loop: LoopFact) -> bool:
    """Whether a query asks for many rows by a list, in a loop that is not seen to go through rows."""
    return not loop.rows and any(p.comparison is Comparison.IN for p in query.predicates)


def is_dwarfed(code: Code, place: Place) -> bool:
    """Whether each turn of the loop around a place waits for another system anyway, by itself or by what it calls."""
    if any(_within(event.place.loops, place.loops) for event in _calls_out(code).get(place.function, ())):
        return True
    waiting = _waiting(code)
    return any(
        call.callee in waiting and _within(call.caller.loops, place.loops)
        for call in calls_of(code).get(place.function, ())
    )


@lru_cache(maxsize=4)
def _calls_out(code: Code) -> dict[str, list[EventFact]]:
    """The calls of other systems by function."""
    found: dict[str, list[EventFact]] = {}
    for event in code.events:
        if event.kind is EventKind.EXTERNAL_CALL:
            found.setdefault(event.place.function, []).append(event)
    return found


@lru_cache(maxsize=4)
def _waiting(code: Code) -> frozenset[str]:
    """The functions that wait for another system, by themselves or by one or two calls."""
    found = {*_calls_out(code), *(call.callee for call in code.calls if _carries(call.callee))}
    for _ in range(_DEEPEST - 1):
        found |= {call.caller.function for call in code.calls if call.callee in found}
    return frozenset(found)


@lru_cache(maxsize=16_384)
def _carries(function: str) -> bool:
    """Whether a function says that it carries something to another system or from it: a client of the project's own."""
    return words(function.rpartition(":")[2].rpartition(".")[2])[:1] in _CARRYING


def commits_within(code: Code, place: Place) -> bool:
    """Whether each turn of the loop around a place ends a transaction."""
    return any(
        event.kind is EventKind.COMMIT and _within(event.place.loops, place.loops)
        for event in events_by_function(code).get(place.function, ())
    )


def _within(inner: tuple[LoopFact, ...], outer: tuple[LoopFact, ...]) -> bool:
    return bool(outer) and [loop.origin for loop in inner[: len(outer)]] == [loop.origin for loop in outer]


@dataclass(frozen=True, slots=True)
class Called:
    """A call in a loop, and a query that it ends in: `way` are the calls, the one in the loop first."""

    loop: LoopFact
    way: tuple[CallFact, ...]
    query: QueryFact


def called_in_loops(code: Code, deepest: int = _DEEPEST) -> Iterator[Called]:
    """The queries that calls in loops end in, at most `deepest` calls away."""
    for call in code.calls:
        loop = turns_of(call.caller)
        if loop is not None and not is_chunked(call.caller):
            yield from _behind(code, loop, (call,), deepest)


def _behind(code: Code, loop: LoopFact, way: tuple[CallFact, ...], deepest: int) -> Iterator[Called]:
    function = way[-1].callee
    if function == way[0].caller.function or any(call.callee == function for call in way[:-1]):
        return
    for query in queries_by_function(code).get(function, ()):
        yield Called(loop, way, query)
    if len(way) < deepest:
        for call in calls_of(code).get(function, ()):
            yield from _behind(code, loop, (*way, call), deepest)
