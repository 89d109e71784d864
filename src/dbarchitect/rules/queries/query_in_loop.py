"""A query for every turn of a loop."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, Comparison, Fetch, Operand, QueryFact, Verb
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import distinct, queries_of
from dbarchitect.rules._code.reach import is_backstage, is_by_hand, is_unwatched
from dbarchitect.rules._code.telling import as_evidence, shown_in, tables_of
from dbarchitect.rules._running.embedded import serves_one
from dbarchitect.rules._sql import count
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.queries._batches import batches
from dbarchitect.rules.queries._forms import for_all_at_once
from dbarchitect.rules.queries._per_turn import Asked, by_calls, directly
from dbarchitect.rules.queries._turns import are_few

_SHOWN = 5
_WORTH_PRAISE = 8
_MANY = frozenset({Fetch.ALL, Fetch.ITERATED})


class QueryInLoop(Rule):
    """A query for every turn of a loop

    ## What it finds
    A `SELECT` that stands in a loop over rows, or in a function that such a loop calls (up to three calls deep): one
    query for the list and one more for each of its rows. One that asks the same in each turn is named as such.
    A loop over something else than rows is told as information, where a request waits for it, and so is one over what
    is set up once (integrations, roles), and any in a program that runs on its user's own desk or phone, with its
    database within.
    Not counted: loops with a small constant number of turns, batches, pages, retries, `while`, loops whose turns wait
    for another system anyway, and writes (`write-in-loop`).

    ## Why it matters
    Each query costs a way to the server and back, 0.2 to 2 milliseconds on a good network, whatever it asks: a page of
    100 rows waits 100 times. It passes every test with three rows, and grows with the data.

    ## When to leave it
    When the loop has few turns for certain, or each turn must see what the one before it wrote.

    ## How the fix works
    There is none in the schema: ask once before the loop for all keys, and look the answers up by their key; or let a
    join or an aggregate with `group by` answer for all rows. The hint names the form.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/
    - https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
    """

    code = "QRY001"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table, and per function and what it calls in a loop."""
        code = survey.code
        if code is None:
            return
        requested = asked_by_requests(survey)
        found = [case for case in directly(survey, code) if case.rows or case.function in requested]
        found = [case for case in found if not is_by_hand(case.function)]
        for case in found:
            yield _finding(self.name(), case, code, survey)
        known = {(case.function, str(case.queries[0].table)) for case in found}
        for case in by_calls(code):
            far = case.general or case.called is None or len(case.called.way) > 1
            if is_by_hand(case.function) or (far and is_backstage(code, case.function)):
                continue
            if (case.function, str(case.queries[0].table)) not in known:
                yield _finding(self.name(), case, code, survey)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """That no function runs a query inside a loop; and rows of many keys that are asked for at once."""
        code = survey.code
        if code is None:
            return
        yield from batches(self.name(), survey, code)
        if self.findings(survey):
            return
        reads = [query for query in queries_of(survey) if query.verb is Verb.SELECT]
        functions = {query.place.function for query in reads}
        looping = [query for query in reads if query.fetch in _MANY]
        touching = any(query.relation is not None and query.place.loops for query in reads)
        if len(functions) >= _WORTH_PRAISE and looping and not touching:
            evidence = as_evidence(looping[0], "read once, for all rows")
            text = f"No query runs inside a loop in the {count(len(functions), 'function')} that read the database"
            yield Strength(self.name(), Ref.database(), text, (evidence,))


def _level(case: Asked, code: Code, survey: Survey) -> Level:
    if case.called is not None and not case.bare and case.function not in asked_by_requests(survey):
        return Level.INFO
    if are_few(survey, case.loops):
        return Level.INFO
    far = case.general or (case.called is not None and len(case.called.way) > 1) or _is_some_of_each(case)
    return Level.INFO if not case.rows or case.dwarfed or is_unwatched(code, case.function) or far else Level.WARNING


def _finding(rule: str, case: Asked, code: Code, survey: Survey) -> Finding:
    first = case.queries[0]
    table, turn = tables_of(case.queries), "row" if case.rows else "turn"
    same = all(_is_invariant(query) for query in case.queries) and case.called is None
    subject = f"{shown_in(code, case.function)} asks {table} once for every {turn} of `{_short(case.over)}`"
    asked = "the same thing each time" if same else "one way to the server and back each"
    evidence = [as_evidence(query) for query in distinct(case.queries)[:_SHOWN]]
    origin = first.origin
    if case.called is not None:
        call = case.called.way[0]
        called = shown_in(code, call.callee)
        subject = f"{shown_in(code, case.function)} calls {called} for every row of `{_short(case.over)}`"
        number = len(case.queries)
        asked = f"which asks {table}" if number == 1 else f"which can run {count(number, 'query', 'queries')}"
        if case.general:
            asked = "which asks the database"
        evidence.insert(0, Evidence(EvidenceKind.CODE, f"called in the loop over `{_short(case.over)}`", call.origin))
        origin = call.origin
    hint = "Move the query before the loop: its answer does not depend on the turn."
    if not same:
        hint = f"Ask for all of them before the loop: {for_all_at_once(first)}."
    if not same and _is_some_of_each(case):
        hint = "Ask for the first of all of them in one statement: a lateral join, or row_number() over each."
    ref = Ref.database() if case.general else first.table or Ref.database()
    salient = (case.called.way[0].callee,) if case.called is not None else ()
    return Finding(
        rule,
        Ref(Kind.QUERY, ref.schema, ref.table, (), case.function),
        f"{subject}, {asked}.",
        hint,
        tuple(evidence),
        origin,
        salient,
        Level.INFO if serves_one(survey) else _level(case, code, survey),
        None if case.rows and (case.called is None or case.bare) else Precision.LOW,
    )


def _is_some_of_each(case: Asked) -> bool:
    """Whether each turn asks for the first few rows of its own, which no list of keys could ask for."""
    return case.called is None and all(
        query.limit is not None and query.limit.value != 1 and query.fetch is Fetch.ALL for query in case.queries
    )


def _is_invariant(query: QueryFact) -> bool:
    """Whether a query asks the same in each turn: for constants only, of what is all seen."""
    fixed = all(
        p.operand in {Operand.CONSTANT, Operand.COLUMN, Operand.EXPRESSION}
        or p.comparison in {Comparison.IS_NULL, Comparison.IS_NOT_NULL}
        for p in query.predicates
    )
    return fixed and bool(query.predicates) and not query.dynamic


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:57] + "…"
