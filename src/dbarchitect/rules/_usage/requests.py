"""What requests ask: all that routes are seen to end in and, where few routes are known, what nobody is seen to run."""

from __future__ import annotations

from functools import lru_cache

from dbarchitect.catalog.queries import Code, FunctionKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.reach import is_unwatched, kinds_behind, reached_from
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._names import words
from dbarchitect.rules._running.embedded import is_within
from dbarchitect.rules._usage.runners import WEIGHTS, Runner, runner_of, weight_of_unknown

_ENOUGH = 10
"""Queries of which the runner is not seen; fewer do not tell how an application is run."""
_BEHIND = frozenset(
    ["cron", "crons", "cronjob", "job", "jobs", "worker", "workers", "task", "tasks", "tasker", "scheduler",
     "schedulers", "scheduled", "schedule", "queue", "queues", "daemon", "background", "consumer", "consumers",
     "poller", "poll", "watcher", "cleanup", "cleaner", "purge", "prune", "sync", "syncer", "reindex", "crawler",
     "scraper", "importer", "exporter", "startup", "setup", "init", "install", "bootstrap", "boot", "preload",
     "warmup", "test", "tests", "mock", "mocks", "describe"]
)  # fmt: skip
"""Words of what runs beside requests, or before the first one: a worker's, a clock's, what a program does at its
start, tests that stand among the sources (`create-test-users.js`)."""


def asked_by_requests(survey: Survey) -> frozenset[str]:
    """The functions that a request may end in: routes and all that they call; and where few of the application's
    queries are seen to end in a route, functions that nobody is seen to run (see `presumed`)."""
    if survey.code is None:
        return frozenset()
    return survey.derive(_asked)


def _asked(survey: Survey) -> frozenset[str]:
    code = survey.code
    return frozenset() if code is None else reached_from(code, FunctionKind.ROUTE) | presumed(survey)


def presumed(survey: Survey) -> frozenset[str]:
    """The functions that count as a request's although no route is seen to end in them.

    They are those of which nothing at all is known where the weight of an unknown runner (`weight_of_runner`) is at
    least a worker's, since an application that asks so much has somebody who waits for it: its framework, its bus of
    messages or its container is one that we do not read. Not where the program may be run by one person alone: with a
    database within its own process and no sign of a server.
    """
    code = survey.code
    if code is None or not _is_served(survey) or not _is_little_known(code):
        return frozenset()
    return survey.derive(_presumed)


def _presumed(survey: Survey) -> frozenset[str]:
    code = survey.code
    if code is None:
        return frozenset()
    kinds = kinds_behind(code)
    return frozenset(
        key
        for key in code.functions
        if kinds.get(key, frozenset()) <= {FunctionKind.OTHER}
        and not is_unwatched(code, key)
        and not is_of_tests(key.partition(":")[0])
        and not _is_behind(key)
    )


def _is_served(survey: Survey) -> bool:
    """Whether more than one may use the program at once."""
    deployment = survey.deployment
    if deployment is not None and deployment.on_devices:
        return False
    return not is_within(survey) or (deployment is not None and deployment.web)


@lru_cache(maxsize=65_536)
def _is_behind(function: str) -> bool:
    path, _, name = function.partition(":")
    return bool(_BEHIND & {*words(path.rpartition(".")[0]), *words(name)})


@lru_cache(maxsize=4)
def _is_little_known(code: Code) -> bool:
    """Whether so few queries are seen to end in a route that an unknown runner weighs as much as a worker."""
    routed = reached_from(code, FunctionKind.ROUTE)
    asking = [query for query in code.queries if runner_of(code, query) in {Runner.UNKNOWN, Runner.REQUEST}]
    unknown = sum(1 for query in asking if query.place.function not in routed)
    return unknown >= _ENOUGH and weight_of_unknown(unknown / len(asking)) >= WEIGHTS[Runner.TASK]
