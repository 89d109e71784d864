"""Errors of the database that nobody hears of."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, HandlerFact, QueryFact
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
    shown_in,
)
from dbarchitect.rules._domains import is_stream
from dbarchitect.rules._handlers import caught, clause
from dbarchitect.rules._shape import is_log
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._swallowing import queries_inside, swallowing
from dbarchitect.rules._units import generic_places, working_functions

_FEWEST = 10


class SwallowedDatabaseError(Rule):
    """Errors of the database that are swallowed

    ## What it finds
    `except` clauses around queries that catch everything, or any error of the database, and go on as if nothing had
    happened: they do not raise, answer with no error, give the caller no sign, and return nothing or an empty list.
    A clause that only writes to the log is one, of lower rank; clauses for what is expected (`DoesNotExist`,
    `IntegrityError`), loops of workers that log and go on, and functions that only make a note (`logActivity`) are
    none.

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
            found = [(h, q) for h in swallowing(code, function) if (q := queries_inside(code, h, own))]
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
            evidence.append(Evidence(EvidenceKind.CODE, f"{clause(each)}: {_does(each)}", each.origin))
        asked = function in asked_by_requests(code)
        return Finding(
            self.name(),
            function_ref(function),
            f"{shown_in(code, function)} catches {caught(handler)} around {tables} and {after}{more}: {did} {result}.",
            "Catch what is expected by its name, and let the rest through to the handler that logs it and answers 500.",
            tuple(evidence),
            handler.origin,
            (tables,),
            level=Level.WARNING if silent and asked else Level.INFO,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Nothing is passed over, in an application that asks often enough to tell."""
        code = survey.code
        if code is None or self.findings(survey):
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
        told = "Errors of the database are passed on: no clause that catches them goes on as if nothing had happened."
        yield Strength(self.name(), Ref.database(), told, (evidence,))


def _does(handler: HandlerFact) -> str:
    if handler.empty:
        return f"returns {handler.empty}"
    return "only logged" if handler.logs else "nothing"
