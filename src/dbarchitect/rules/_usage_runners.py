"""Who runs a query: a request, a background worker, a person at a command line, a list that is only declared."""

from __future__ import annotations

from enum import StrEnum

from dbarchitect.catalog.queries import Code, FunctionKind, Idiom, QueryFact
from dbarchitect.rules._code import asked_by_requests, is_backstage, reached_from
from dbarchitect.rules._names import words

_ONCE = frozenset({"scripts", "script", "backfill", "seed", "seeds", "fixtures", "migrate", "tools", "bin"})
"""Words of paths of programs that somebody runs once, or now and then, and waits for."""
_DECLARED = frozenset({Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER})


class Runner(StrEnum):
    """Who runs a query; DECLARED is one that a framework builds from what is declared (an admin's list, filters)."""

    REQUEST = "a request"
    TASK = "a background task"
    UNKNOWN = "code"
    COMMAND = "a command"
    SCRIPT = "a script"
    DECLARED = "a declared list"
    MIGRATION = "a migration"


WEIGHTS = {
    Runner.REQUEST: 3.0,
    Runner.TASK: 2.0,
    Runner.UNKNOWN: 1.5,
    Runner.COMMAND: 1.0,
    Runner.SCRIPT: 0.2,
    Runner.DECLARED: 0.5,
    Runner.MIGRATION: 0.0,
}
"""How much one place counts as a reason for an index: what users wait for most, what people run by hand less
(a scheduler may run a command every minute), a script for one occasion hardly."""


def runner_of(code: Code, query: QueryFact) -> Runner:
    """Who runs a query, the most demanding of all that do."""
    if query.idiom in _DECLARED:
        return Runner.DECLARED
    function = query.place.function
    fact = code.functions.get(function)
    if function in asked_by_requests(code):
        return Runner.REQUEST
    if function in reached_from(code, FunctionKind.TASK):
        return Runner.TASK
    if fact is not None and fact.kind is FunctionKind.MIGRATION:
        return Runner.MIGRATION
    if not is_backstage(code, function):
        return Runner.UNKNOWN
    return Runner.SCRIPT if _ONCE & set(words(function.partition(":")[0])) else Runner.COMMAND
