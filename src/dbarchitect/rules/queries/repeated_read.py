"""The same rows asked for twice on one way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.queries import Code, EventKind, Fetch, Operand, Place, QueryFact, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import WRITES, events_by_function, queries_by_function
from dbarchitect.rules._code.reach import calls_of, is_unwatched, reached
from dbarchitect.rules._code.telling import as_evidence, query_ref, shown_in

_RUN = frozenset({Fetch.ALL, Fetch.FIRST, Fetch.ONE, Fetch.SCALAR, Fetch.COUNT, Fetch.EXISTS})


class RepeatedRead(Rule):
    """The same query is run twice on one way

    ## What it finds
    Two queries in one function that read the same in the same words, on one way through it, with nothing between them
    that could change the answer: no write, no end of a transaction, no call of a function that writes.

    ## Why it matters
    The second one pays the whole price for what is known already; and under READ COMMITTED its answer may differ from
    the first, so that a page contradicts itself.

    ## When to leave it
    When the second reading is meant to see what others have written meanwhile.

    ## How the fix works
    There is none in the schema: keep the first answer in a variable.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/db/queries/#caching-and-querysets
    - https://www.postgresql.org/docs/current/transaction-iso.html
    """

    code = "QRY011"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table."""
        code = survey.code
        if code is None:
            return
        for function, queries in queries_by_function(code).items():
            if is_unwatched(code, function):
                continue
            told: set[str] = set()
            for first, second in _twins(queries, code):
                if str(first.table) not in told:
                    told.add(str(first.table))
                    yield Finding(
                        self.name(),
                        query_ref(first),
                        f"{shown_in(code, function)} asks {first.table} for the same twice, with nothing written in "
                        "between.",
                        "Keep the first answer in a variable.",
                        (as_evidence(first, "read"), as_evidence(second, "read again")),
                        second.origin,
                    )


def _twins(queries: tuple[QueryFact, ...], code: Code) -> Iterator[tuple[QueryFact, QueryFact]]:
    """Pairs of queries of one function that read the same, one after the other."""
    before: dict[tuple[object, ...], QueryFact] = {}
    for query in queries:
        if not _is_settled(query):
            continue
        key = (" ".join(query.text.split()), str(query.table), query.predicates, query.fetch, query.ordering)
        first = before.get(key)
        if first is None or not _follows(first.place, query.place):
            before[key] = query
        elif first.origin.start != query.origin.start and not _is_written_between(first, query, queries, code):
            yield first, query


def _is_settled(query: QueryFact) -> bool:
    """Whether a query is a plain read of which all is seen, and whose words tell what it asks."""
    plain = query.verb is Verb.SELECT and query.table is not None and query.fetch in _RUN and query.idiom is None
    seen = not query.dynamic and not query.locks and not any(p.operand is Operand.UNKNOWN for p in query.predicates)
    return plain and seen and _tells_all(query.text) and not query.place.loops


def _tells_all(text: str) -> bool:
    """Whether the words are the query's own, whole: no call of a method that may answer otherwise the next time."""
    run = text.rpartition(" … ")[2]
    return len(text) < 200 and "(" in text and not re.match(r"(?:await\s+)?(?:self|cls|super\(\))\.\w+\(", run)


def _follows(first: Place, second: Place) -> bool:
    """Whether whoever runs the second has run the first."""
    return second.branch[: len(first.branch)] == first.branch and first.position < second.position


def _is_written_between(first: QueryFact, second: QueryFact, queries: tuple[QueryFact, ...], code: Code) -> bool:
    start, end = first.place.position, second.place.position
    function = first.place.function
    if any(start < q.place.position < end and q.verb in WRITES for q in queries):
        return True
    ends = {EventKind.COMMIT, EventKind.ROLLBACK, EventKind.EXTERNAL_CALL}
    events = events_by_function(code).get(function, ())
    if any(e.kind in ends and start < e.place.position < end for e in events):
        return True
    for call in calls_of(code).get(function, ()):
        writes = (q.verb in WRITES for q, _ in reached(code, call.callee))
        if start < call.caller.position < end and any(writes):
            return True
    return False
