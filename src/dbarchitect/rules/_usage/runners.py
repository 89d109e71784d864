"""Who runs a query: a request, a background worker, a person at a command line, a list that is only declared."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from functools import lru_cache

from dbarchitect.catalog.queries import Code, FunctionKind, Idiom, QueryFact
from dbarchitect.rules._code.reach import answering, is_backstage, reached_from
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
(a scheduler may run a command every minute), a script for one occasion hardly. Of `Runner.UNKNOWN` it is the least:
see `weight_of_runner`."""
_AS_EXPECTED = 0.5
"""The share of the queries that no route is seen to end in, up to which they are what is left over or seldom run."""


def runner_of(code: Code, query: QueryFact) -> Runner:
    """Who runs a query, the most demanding of all that do."""
    if query.idiom in _DECLARED:
        return Runner.DECLARED
    function = query.place.function
    fact = code.functions.get(function)
    if function in reached_from(code, FunctionKind.ROUTE) or function in answering(code):
        return Runner.REQUEST
    if function in reached_from(code, FunctionKind.TASK):
        return Runner.TASK
    if fact is not None and fact.kind is FunctionKind.MIGRATION:
        return Runner.MIGRATION
    if not is_backstage(code, function):
        return Runner.UNKNOWN
    return Runner.SCRIPT if _ONCE & set(words(function.partition(":")[0])) else Runner.COMMAND


def weight_of_runner(code: Code, runner: Runner) -> float:
    """How much one place counts that this runner asks at. Where more than half of what requests may ask is reached from
    no route that we know (another framework, a container that puts the parts together when the program runs), what is
    not known to be a request's is one all the more, and counts as one where no route is seen at all."""
    if runner is not Runner.UNKNOWN:
        return WEIGHTS[runner]
    return weight_of_unknown(_unknown_share(code))


def weight_of_unknown(share: float) -> float:
    """The weight of an unknown runner where this share of what requests may ask is not known to be theirs."""
    least, beyond = WEIGHTS[Runner.UNKNOWN], max(0.0, share - _AS_EXPECTED) / (1 - _AS_EXPECTED)
    return least + beyond * (WEIGHTS[Runner.REQUEST] - least)


@lru_cache(maxsize=4)
def _unknown_share(code: Code) -> float:
    """The share of queries that nobody is seen to run among those and the ones of requests."""
    runners = Counter(runner_of(code, query) for query in code.queries)
    unknown = runners[Runner.UNKNOWN]
    return unknown / (unknown + runners[Runner.REQUEST]) if unknown else 0.0
