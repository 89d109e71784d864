"""What a function does in order, its own doing and that of the functions it calls: units of work as they run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from dbarchitect.catalog.queries import (
    BEFORE_FUNCTION,
    CallFact,
    Code,
    EventFact,
    EventKind,
    FunctionKind,
    HandlerFact,
    LoopFact,
    Place,
    QueryFact,
    SignKind,
)
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import Survey
from dbarchitect.often import made_often
from dbarchitect.rules._code.queries import WRITES, events_by_function, queries_by_function
from dbarchitect.rules._code.reach import callers, calls_of, is_backstage, kinds_behind

_DEEPEST = 3
"""Calls followed from a function: what lies deeper is a unit of its own."""
_MOST = 600
"""Happenings of one function that are looked at."""
_GENERIC = 3
"""Tables that one place writes or reads, from which on it is no place of any of them."""
_TESTS = re.compile(r"(?:^|/)(?:tests?/|test_|conftest\.|factories)|_tests?(?:/|\.py:)")
_BY_HAND = frozenset({FunctionKind.MIGRATION, FunctionKind.MODULE})


@made_often
@dataclass(frozen=True, slots=True)
class Happening:
    """A query or an event as a function comes to it. `way` are the calls that lead to it, none: the function's own.

    `branch` and `left` are those of every function on the way, each marked with its call, so that the same function
    called twice is not taken for one; `transaction` is the outermost that is open there; `handlers` are the `try`
    statements around it, innermost first.
    """

    what: QueryFact | EventFact
    way: tuple[CallFact, ...]
    branch: tuple[str, ...]
    left: tuple[str, ...]
    loops: tuple[LoopFact, ...]
    handlers: tuple[Origin, ...]
    transaction: Origin | None

    @property
    def query(self) -> QueryFact | None:
        """The query, where it is one."""
        return self.what if isinstance(self.what, QueryFact) else None

    @property
    def kind(self) -> EventKind | None:
        """The kind of event, where it is one."""
        return self.what.kind if isinstance(self.what, EventFact) else None

    @property
    def writes(self) -> bool:
        """Whether it writes a table that is known."""
        return isinstance(self.what, QueryFact) and self.what.verb in WRITES and self.what.table is not None

    @property
    def in_handler(self) -> bool:
        """Whether it stands in an `except` clause, and so happens only after a failure."""
        return any(".except" in label for label in self.branch)

    def excludes(self, later: Happening) -> bool:
        """Whether what comes later is never reached in the same run: other arms, an arm that has left, or another
        class's method where one call stands for the methods of several."""
        if self.way and later.way and _is_of_another_class(self.way, later.way):
            return True
        arms = dict(label.rsplit(".", 1) for label in later.branch)
        if any(arms.get(stem, arm) != arm for stem, arm in (label.rsplit(".", 1) for label in self.branch)):
            return True
        return not set(self.branch).isdisjoint(later.left)


def _is_of_another_class(way: tuple[CallFact, ...], later: tuple[CallFact, ...]) -> bool:
    """Whether two ways part at one call of a method that several classes have (`self.process()`): one runs."""
    for one, other in zip(way, later, strict=False):
        if one.callee != other.callee:
            named = one.callee.rpartition(".")[2] == other.callee.rpartition(".")[2]
            return named and one.origin == other.origin and one.caller.function == other.caller.function
    return False


_Part: TypeAlias = QueryFact | EventFact | CallFact
Numbered: TypeAlias = tuple[int, Happening]
"""What happens, with its number among all that a function does."""


@lru_cache(maxsize=4)
def generic_places(code: Code) -> frozenset[Origin]:
    """Places that stand for queries of many tables (a repository's `create` for every model): which of them runs is
    the caller's to know, and not known here."""
    tables: dict[Origin, set[str]] = {}
    for query in code.queries:
        tables.setdefault(query.origin, set()).add(str(query.table))
    return frozenset(origin for origin, names in tables.items() if len(names) >= _GENERIC)


@lru_cache(maxsize=4)
def _parts(code: Code) -> dict[str, list[_Part]]:
    """By function its queries, events and calls, in the order in which they run: inner expressions end first, and what
    is told of a call itself (the row that it hands in is added) goes before what the called function does besides."""
    found: dict[str, list[_Part]] = {}
    for key, queries in queries_by_function(code).items():
        found.setdefault(key, []).extend(queries)
    for key, events in events_by_function(code).items():
        found.setdefault(key, []).extend(events)
    for key, calls in calls_of(code).items():
        found.setdefault(key, []).extend(calls)
    for parts in found.values():
        if len(parts) > 1:
            parts.sort(key=lambda part: (part.origin.end or 0, isinstance(part, CallFact), _place(part).position))
    return found


def _place(part: _Part) -> Place:
    return part.caller if isinstance(part, CallFact) else part.place


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found out of one program, so that the rules that ask the same wait once."""

    code: Code
    happenings: dict[str, tuple[Happening, ...]] = field(default_factory=dict)
    changes: dict[str, tuple[Numbered, ...]] = field(default_factory=dict)
    covered: dict[str, bool] = field(default_factory=dict)


@lru_cache(maxsize=4)
def _known(code: Code) -> _Known:
    return _Known(code)


def happenings(code: Code, function: str) -> tuple[Happening, ...]:
    """What a function does, in order; of what it calls only what holds for every call of it."""
    known = _known(code).happenings
    if function not in known:
        found: list[Happening] = []
        _follow(code, found, function, (), (), (), (), (), None)
        known[function] = tuple(found)
    return known[function]


@lru_cache(maxsize=4)
def _leading_to_writes(code: Code) -> frozenset[str]:
    return _leading_to(code, {query.place.function for query in code.queries if query.verb in WRITES})


@lru_cache(maxsize=4)
def leading_outside(code: Code) -> frozenset[str]:
    """The functions that may call another system, by themselves or by what they call."""
    return _leading_to(code, {e.place.function for e in code.events if e.kind is EventKind.EXTERNAL_CALL})


def _leading_to(code: Code, functions: set[str]) -> frozenset[str]:
    """Some functions and those whose happenings may hold theirs: nobody need follow the others."""
    found, edge = set(functions), set(functions)
    for _ in range(_DEEPEST):
        edge = {call.caller.function for key in edge for call in callers(code).get(key, ())} - found
        found |= edge
    return frozenset(found)


def changes(code: Code, function: str) -> tuple[Numbered, ...]:
    """Those of a function's happenings that write a table that is known: most functions have none."""
    if function not in _leading_to_writes(code):
        return ()
    known = _known(code).changes
    if function not in known:
        known[function] = tuple((number, h) for number, h in enumerate(happenings(code, function)) if h.writes)
    return known[function]


def _follow(
    code: Code,
    found: list[Happening],
    function: str,
    way: tuple[CallFact, ...],
    branch: tuple[str, ...],
    left: tuple[str, ...],
    loops: tuple[LoopFact, ...],
    handlers: tuple[Origin, ...],
    transaction: Origin | None,
) -> None:
    parts = _parts(code).get(function, ())
    mark = "/".join(f"{call.caller.function}@{call.origin.start}" for call in way) if way and parts else ""
    for part in parts:
        if len(found) >= _MOST:
            return
        place = _place(part)
        opened = place.transaction or (_around(code, part) if isinstance(part, CallFact) else None)
        own = opened if place.transaction is None or is_own(code, place) else None
        around = (
            (*branch, *(f"{mark}:{label}" for label in place.branch)) if place.branch else branch,
            (*left, *(f"{mark}:{label}" for label in place.left)) if place.left else left,
            loops + place.loops,
            place.handlers + handlers,
            transaction or own,
        )
        if not isinstance(part, CallFact):
            if not (way and isinstance(part, QueryFact) and part.borrowed):
                found.append(Happening(part, way, *around))
        elif len(way) < _DEEPEST and part.callee != function and all(part.callee != c.callee for c in way):
            _follow(code, found, part.callee, (*way, part), *around)


@lru_cache(maxsize=4)
def _opened(code: Code) -> dict[str, tuple[Origin, ...]]:
    """The transactions that functions open around queries of their own."""
    found: dict[str, dict[Origin, None]] = {}
    for query in code.queries:
        opened = query.place.transaction
        if opened is not None and opened.start is not None and opened.end is not None:
            found.setdefault(query.place.function, {})[opened] = None
    return {function: tuple(each) for function, each in found.items()}


def _around(code: Code, call: CallFact) -> Origin | None:
    """The transaction in whose list a call stands: `$transaction([one, ...more(rows)])` runs what the call gives."""
    for opened in _opened(code).get(call.caller.function, ()):
        within = (opened.start or 0) < (call.origin.start or 0) < (opened.end or 0)
        if within and opened.path == call.origin.path:
            return opened
    return None


def is_own(code: Code, place: Place) -> bool:
    """Whether the transaction around a place was opened by its own function, not by one that happened to call it."""
    opened, fact = place.transaction, code.functions.get(place.function)
    if opened is None or fact is None or opened.path != fact.origin.path:
        return False
    start, end = fact.origin.start, fact.origin.end
    if opened.start is None or start is None or end is None:
        return True
    of_class = "." in fact.key.partition(":")[2]
    return opened.start <= end and (of_class or opened.start >= start - BEFORE_FUNCTION)


def is_called_in_transaction(code: Code, function: str) -> bool:
    """Whether every call of a function that is known stands in a transaction, its callers' callers' counted."""
    known = _known(code).covered
    if function not in known:
        known[function] = False  # while asking: a function that calls itself
        calls = callers(code).get(function, ())
        known[function] = bool(calls) and all(
            (call.caller.transaction is not None and is_own(code, call.caller))
            or is_called_in_transaction(code, call.caller.function)
            for call in calls
        )
    return known[function]


def requests_are_atomic(survey: Survey) -> bool:
    """Whether each request of a Django project is to run in one transaction (`ATOMIC_REQUESTS`). Where that is set so
    that it does nothing, `misplaced-atomic-requests` says it once, for all that the setting was to keep together."""
    if survey.code is not None and any(s.kind is SignKind.MISPLACED_ATOMIC_REQUESTS for s in survey.code.signs):
        return True
    found = survey.deployment.connections if survey.deployment is not None else ()
    said = [dict(c.written).get("ATOMIC_REQUESTS") for c in found]
    return any(value is not None and value.strip("'\"").lower() not in {"false", "0", "none", ""} for value in said)


@lru_cache(maxsize=4)
def working_functions(code: Code) -> tuple[str, ...]:
    """The functions in which something happens while the application works: no migrations, nothing run by hand."""
    found: list[str] = []
    for key in _parts(code):
        fact = code.functions.get(key)
        if (fact is None or fact.kind not in _BY_HAND) and not _TESTS.search(key) and not is_backstage(code, key):
            found.append(key)
    return tuple(found)


@lru_cache(maxsize=4)
def changing_functions(code: Code) -> tuple[str, ...]:
    """Those of them that write a table, by themselves or by what they call."""
    return tuple(function for function in working_functions(code) if changes(code, function))


def runs_for_requests_only(code: Code, function: str) -> bool:
    """Whether all that ends in a function are requests, or nothing that is known."""
    kinds = kinds_behind(code).get(function, frozenset())
    return not kinds & {FunctionKind.TASK, FunctionKind.COMMAND}


@lru_cache(maxsize=4)
def handlers_by_attempt(code: Code) -> dict[Origin, tuple[HandlerFact, ...]]:
    """The `except` clauses of each `try` statement."""
    found: dict[Origin, list[HandlerFact]] = {}
    for handler in code.handlers:
        found.setdefault(handler.attempt, []).append(handler)
    return {attempt: tuple(handlers) for attempt, handlers in found.items()}


@lru_cache(maxsize=4)
def handlers_of(code: Code) -> dict[str, tuple[HandlerFact, ...]]:
    """The `except` clauses of each function."""
    found: dict[str, list[HandlerFact]] = {}
    for handler in code.handlers:
        found.setdefault(handler.function, []).append(handler)
    return {function: tuple(handlers) for function, handlers in found.items()}
