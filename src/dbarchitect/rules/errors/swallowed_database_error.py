"""Errors of the database that nobody hears of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from dbarchitect.catalog.queries import Code, EventKind, FunctionKind, HandlerFact, Idiom, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code import (
    WRITES,
    as_evidence,
    asked_by_requests,
    function_ref,
    is_backstage,
    queries_of,
    shown,
)
from dbarchitect.rules._domains import is_stream
from dbarchitect.rules._handlers import catches_conflict, catches_database, caught
from dbarchitect.rules._shape import is_log
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._units import (
    Happening,
    generic_places,
    handlers_by_attempt,
    handlers_of,
    happenings,
    working_functions,
)

_FEWEST = 10
_WAITING = re.compile(r"\.(?:add|add_all|delete|append|extend)\(")


class SwallowedDatabaseError(Rule):
    """Errors of the database that are swallowed

    ## What it finds
    `except` clauses around queries that catch everything, or any error of the database, and go on as if nothing had
    happened: they do not raise, answer with no error, give the caller no sign, and return nothing or an empty list.
    A clause that only writes to the log is one, of lower rank; clauses for what is expected (`DoesNotExist`,
    `IntegrityError`) and loops of workers that log and go on are none.

    ## Why it matters
    A lost connection, a full disk or a misspelt column look like "there is nothing": the page shows an empty list, the
    caller overwrites what it could not read, and a write that was refused counts as done. With PostgreSQL the rest of
    the transaction is refused as well, far from the place that failed.

    ## When to leave it
    When the query is a courtesy (a counter of views) that must never stop what it goes along with: catch the error of
    the database by its name, and log it.

    ## How the fix works
    By hand: catch what is expected by its name; let the rest through to the handler that logs it and answers 500.

    ## References
    https://docs.python.org/3/tutorial/errors.html#handling-exceptions
    """

    code = "ERR001"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.ERROR_HANDLING
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function."""
        code = survey.code
        if code is None:
            return
        own = {table.ref.key: is_log(table) or is_stream(table, survey.catalog) for table in survey.tables}
        for function in working_functions(code):
            found = [(h, q) for h in _swallowing(code, function) if (q := _inside(code, h, own))]
            if found:
                yield self._finding(code, function, found)

    def _finding(self, code: Code, function: str, found: list[tuple[HandlerFact, list[QueryFact]]]) -> Finding:
        silent = [pair for pair in found if not pair[0].logs]
        handler, queries = (silent or found)[0]
        writes = [q for q in queries if q.verb in WRITES]
        told = [q for q in (writes or queries) if q.table is not None and q.origin not in generic_places(code)]
        tables = listed(sorted({str(q.table) for q in told})[:3]) or "queries"
        did = "a write that failed" if writes else "a query that failed"
        gives = f"returns {handler.empty}" if handler.empty else "goes on"
        after = f"logs it and {gives}" if handler.logs else gives
        more = f" ({count(len(found), 'place')} in it)" if len(found) > 1 else ""
        result = "counts as done" if writes else "looks like nothing was found"
        evidence: list[Evidence] = []
        for each, inside in found[:4]:
            evidence.append(as_evidence(([q for q in inside if q.verb in WRITES] or inside)[0]))
            evidence.append(Evidence(EvidenceKind.CODE, f"except {caught(each)}: {_does(each)}", each.origin))
        asked = function in asked_by_requests(code)
        return Finding(
            self.name(),
            function_ref(function),
            f"{shown(function)} catches {caught(handler)} around {tables} and {after}{more}: {did} {result}.",
            "Catch what is expected by its name, and let the rest through to the handler that logs it and answers 500.",
            tuple(evidence),
            handler.origin,
            (tables,),
            level=Level.WARNING if silent and asked else Level.INFO,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Nothing is passed over, in an application that asks often enough to tell."""
        code = survey.code
        if code is None or any(self.detect(survey)):
            return
        queries = [q for q in queries_of(survey) if q.table is not None and not is_backstage(code, q.place.function)]
        around = {attempt for query in queries for attempt in query.place.handlers}
        if len(queries) < _FEWEST:
            return
        clauses = f"{count(len(around), 'try statement')} around them, none of which passes an error over"
        text = (
            f"{count(len(queries), 'query', 'queries')}; {clauses if around else 'no try statement around any of them'}"
        )
        evidence = Evidence(EvidenceKind.CODE, text, queries[0].origin)
        told = "Errors of the database are passed on: no except clause goes on as if nothing had happened."
        yield Strength(self.name(), Ref.database(), told, (evidence,))


def _swallowing(code: Code, function: str) -> Iterator[HandlerFact]:
    """The clauses of a function that swallow errors of the database."""
    fact = code.functions.get(function)
    worker = fact is not None and fact.kind is FunctionKind.TASK
    for handler in handlers_of(code).get(function, ()):
        if not handler.swallows or not catches_database(handler):
            continue
        others = [h for h in handlers_by_attempt(code).get(handler.attempt, ()) if h is not handler]
        if catches_conflict(handler) or any(h.raises and catches_database(h) for h in others):
            continue
        if not (worker and handler.logs) and not is_backstage(code, function):
            yield handler


def _inside(code: Code, handler: HandlerFact, own: Mapping[tuple[str, ...], bool]) -> list[QueryFact]:
    """The queries of the application's own tables (of which `own` says whether they are logs) that a clause's `try`
    runs. None where it logs and that is enough: nothing was to be written and the caller is given None, a loop goes on
    with the next turn, the row was a log's."""
    found = [h for h in happenings(code, handler.function) if handler.attempt in h.handlers]
    commits = any(h.kind is EventKind.COMMIT for h in found)
    queries = [
        h.query
        for h in found
        if h.query is not None
        and h.query.table is not None
        and h.query.table.key in own
        and (commits or _runs(h.query))
    ]
    if handler.logs and queries:
        courtesy = all(query.table is not None and own[query.table.key] for query in queries)
        calls = any(h.kind is EventKind.EXTERNAL_CALL for h in found)
        tells = handler.empty in {None, "None"} and (calls or not any(query.verb in WRITES for query in queries))
        if courtesy or tells or any(_in_loop(handler, h) for h in found):
            return []
    return [] if all(query.idiom is Idiom.LAZY_RELATION for query in queries) else queries


def _runs(query: QueryFact) -> bool:
    """Whether a query is sent where it is written: a row given to a session waits for the commit."""
    return query.library != "sqlalchemy" or (query.idiom is not Idiom.SAVE and not _WAITING.search(query.text))


def _in_loop(handler: HandlerFact, inside: Happening) -> bool:
    """Whether the `try` stands in a loop of its function."""
    own = inside.way[0].caller if inside.way else inside.what.place
    start = handler.attempt.start or 0
    return any((loop.origin.start or 0) < start for loop in own.loops)


def _does(handler: HandlerFact) -> str:
    if handler.empty:
        return f"returns {handler.empty}"
    return "only logged" if handler.logs else "nothing"
