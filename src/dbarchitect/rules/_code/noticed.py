"""Events that stand beside queries: of which kind, where, and what the functions around them end in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from dbarchitect.catalog.queries import Code, EventFact, EventKind, QueryFact, SignKind
from dbarchitect.finding import Evidence, EvidenceKind
from dbarchitect.rules._code.reach import callers, calls_of, is_by_hand
from dbarchitect.rules._code.written import is_of_tests

_FARTHEST = 3
"""Calls followed from a function: what lies deeper is somebody else's doing."""


@lru_cache(maxsize=4)
def _by_kind(code: Code) -> Mapping[EventKind, tuple[EventFact, ...]]:
    found: dict[EventKind, list[EventFact]] = {}
    for event in code.events:
        if not is_of_tests(event.origin.path) and not is_by_hand(event.place.function):
            found.setdefault(event.kind, []).append(event)
    return {kind: tuple(events) for kind, events in found.items()}


def events_of(code: Code, kind: EventKind) -> tuple[EventFact, ...]:
    """The events of a kind in what the application does at work, in the order of files and lines."""
    return _by_kind(code).get(kind, ())


def within(code: Code, function: str) -> frozenset[str]:
    """A function and those that it calls, a few calls deep."""
    found = {function}
    edge = [function]
    for _ in range(_FARTHEST):
        edge = [call.callee for key in edge for call in calls_of(code).get(key, ()) if call.callee not in found]
        found.update(edge)
    return frozenset(found)


def around(code: Code, function: str) -> frozenset[str]:
    """A function and those that it is called by, a few calls up."""
    found = {function}
    edge = [function]
    for _ in range(_FARTHEST):
        edge = [c.caller.function for key in edge for c in callers(code).get(key, ()) if c.caller.function not in found]
        found.update(edge)
    return frozenset(found)


def happens_in(code: Code, kind: EventKind, functions: Iterable[str]) -> bool:
    """Whether an event of a kind happens in one of some functions."""
    return not _functions_with(code, kind).isdisjoint(functions)


@lru_cache(maxsize=64)
def _functions_with(code: Code, kind: EventKind) -> frozenset[str]:
    return frozenset(event.place.function for event in code.events if event.kind is kind)


def queries_in(code: Code, functions: Iterable[str]) -> Iterator[QueryFact]:
    """The queries that stand in some functions."""
    held = _numbered(code)
    found = (numbered for function in frozenset(functions) for numbered in held.get(function, ()))
    return (query for _, query in sorted(found, key=lambda numbered: numbered[0]))


@lru_cache(maxsize=4)
def _numbered(code: Code) -> Mapping[str, tuple[tuple[int, QueryFact], ...]]:
    """The queries of each function, each with its number among all."""
    found: dict[str, list[tuple[int, QueryFact]]] = {}
    for numbered in enumerate(code.queries):
        found.setdefault(numbered[1].place.function, []).append(numbered)
    return {function: tuple(queries) for function, queries in found.items()}


def shows(code: Code, kind: SignKind) -> bool:
    """Whether the program has a sign of a kind."""
    return any(sign.kind is kind for sign in code.signs)


def first_events(events: Iterable[EventFact], words: str = "", most: int = 5) -> tuple[Evidence, ...]:
    """The first events as evidence, and how many more there are."""
    every = list({(e.origin.path, e.origin.start): e for e in events}.values())
    lead = f"{words}: " if words else ""
    evidence = tuple(Evidence(EvidenceKind.CODE, f"{lead}{event.text}", event.origin) for event in every[:most])
    if len(every) > most:
        more = f"and {len(every) - most} more like {'it' if len(every) == most + 1 else 'them'}"
        evidence = (*evidence, Evidence(EvidenceKind.CODE, more, every[most].origin))
    return evidence
