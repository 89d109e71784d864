"""Who runs a function: a request, a worker, somebody at a command line; and what a function ends in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from dbarchitect.catalog.queries import CallFact, Code, FunctionFact, FunctionKind, QueryFact
from dbarchitect.rules._code.queries import queries_by_function
from dbarchitect.rules._code.routes import readable
from dbarchitect.rules._names import words

_BACKSTAGE = frozenset({FunctionKind.COMMAND, FunctionKind.MIGRATION, FunctionKind.MODULE})
_CONSOLE = re.compile(r"(?:^|/)(?:commands|manage)\.py$")
_FARTHEST = 6
"""Calls followed from a function to the queries that it ends in."""


def is_backstage(code: Code, function: str) -> bool:
    """Whether a function is run by hand only: a command, a script, a migration, and nothing of the application's.

    What a module asks outside its functions is asked once, when somebody runs it or the program starts.
    """
    if not is_backstage_kind(code.functions.get(function)):
        return False
    return not any(
        not is_backstage_kind(code.functions.get(c.caller.function)) for c in callers(code).get(function, ())
    )


def is_backstage_kind(function: FunctionFact | None) -> bool:
    """Whether a function by itself is a command, a script (a module's own statements) or a migration; not what the body
    of a view or a form declares, which the framework asks for each request."""
    if function is None or function.kind not in _BACKSTAGE:
        return False
    return not (function.answers and function.kind is FunctionKind.MODULE)


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
    return _with_called(code, (key for key, function in code.functions.items() if function.kind is kind))


@lru_cache(maxsize=4)
def answering(code: Code) -> frozenset[str]:
    """The functions that a framework runs to answer requests without a call that is seen, and all that they call."""
    others = {FunctionKind.MIGRATION, FunctionKind.TASK, FunctionKind.COMMAND}
    return _with_called(code, (key for key, each in code.functions.items() if each.answers and each.kind not in others))


def _with_called(code: Code, functions: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    stack = list(functions)
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
