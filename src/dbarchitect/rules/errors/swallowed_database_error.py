"""Errors of the database that nobody hears of."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, HandlerFact, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.handlers import caught, clause
from dbarchitect.rules._code.queries import WRITES, queries_of
from dbarchitect.rules._code.reach import is_backstage
from dbarchitect.rules._code.telling import as_evidence, function_ref, shown_in
from dbarchitect.rules._code.units import generic_places, working_functions
from dbarchitect.rules._schema.domains import is_stream
from dbarchitect.rules._schema.shape import is_log
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.errors._swallowing import queries_inside, swallowing

_FEWEST = 10
_CUSTOM = 6
"""More functions than this that do alike are one finding."""
_SHOWN = 4
_EVIDENCE = 4
Caught = list[tuple[HandlerFact, list[QueryFact]]]
"""The clauses of one function that swallow errors, each with the queries that it is around."""


class SwallowedDatabaseError(Rule):
    """Errors of the database that are swallowed

    ## What it finds
    `except` clauses around queries that catch everything, or any error of the database, and go on as if nothing had
    happened: they do not raise, answer with no error, give the caller no sign, and return nothing or an empty list.
    A clause that only writes to the log is one, of lower rank; clauses for what is expected (`DoesNotExist`,
    `IntegrityError`), loops of workers that log and go on, functions that only make a note (`logActivity`), and files
    that are cleared away as well as may be are none.

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
    - https://docs.python.org/3/tutorial/errors.html#handling-exceptions
    """

    code = "ERR001"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.ERROR_HANDLING
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function; one for all that do alike, where that is how the program is written."""
        code = survey.code
        if code is None:
            return
        own = {table.ref.key: is_log(table) or is_stream(table, survey.catalog) for table in survey.tables}
        alike: dict[tuple[Level, bool], list[tuple[str, Caught]]] = {}
        for function in working_functions(code):
            found = [(h, q) for h in swallowing(code, function) if (q := queries_inside(code, h, own))]
            if found:
                alike.setdefault((_level(survey, function, found), _writes(found)), []).append((function, found))
        for (level, _), each in alike.items():
            if len(each) > _CUSTOM:
                yield self._together(code, each, level)
            else:
                yield from (self._finding(survey, code, function, found) for function, found in each)

    def _together(self, code: Code, each: list[tuple[str, Caught]], level: Level) -> Finding:
        writing = _writes(each[0][1])
        rest = [f"{len(each) - _SHOWN} more"] if len(each) > _SHOWN else []
        names = listed([*(shown_in(code, function) for function, _ in each[:_SHOWN]), *rest])
        result = "a write that failed counts as done" if writing else "a query that failed looks like nothing was found"
        places = [pair for _, found in each for pair in found[:1]]
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(len(each), 'function')} catch everything around {'writes' if writing else 'queries'} and go on "
            f"({names}): {result}.",
            "Catch what is expected by its name, and let the rest through to one handler that logs it and answers 500.",
            tuple(e for handler, inside in places[:_EVIDENCE] for e in _evidence(handler, inside)),
            places[0][0].origin,
            ("together", "writes" if writing else "reads"),
            level=level,
        )

    def _finding(self, survey: Survey, code: Code, function: str, found: Caught) -> Finding:
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
        return Finding(
            self.name(),
            function_ref(function),
            f"{shown_in(code, function)} catches {caught(handler)} around {tables} and {after}{more}: {did} {result}.",
            "Catch what is expected by its name, and let the rest through to the handler that logs it and answers 500.",
            tuple(e for each, inside in found[:_EVIDENCE] for e in _evidence(each, inside)),
            handler.origin,
            (tables,),
            level=_level(survey, function, found),
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


def _level(survey: Survey, function: str, found: Caught) -> Level:
    silent = any(not handler.logs for handler, _ in found)
    return Level.WARNING if silent and function in asked_by_requests(survey) else Level.INFO


def _writes(found: Caught) -> bool:
    """Whether what is caught first, and not even logged, is an error of a write."""
    _, queries = next((pair for pair in found if not pair[0].logs), found[0])
    return any(query.verb in WRITES for query in queries)


def _evidence(handler: HandlerFact, inside: list[QueryFact]) -> tuple[Evidence, Evidence]:
    query = next((q for q in inside if q.verb in WRITES), inside[0])
    return as_evidence(query), Evidence(EvidenceKind.CODE, f"{clause(handler)}: {_does(handler)}", handler.origin)


def _does(handler: HandlerFact) -> str:
    if handler.empty:
        return f"returns {handler.empty}"
    return "only logged" if handler.logs else "nothing"
