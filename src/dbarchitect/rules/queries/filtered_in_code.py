"""Rows that are loaded to be filtered, sorted or added up by the program."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Comparison, Fetch, QueryFact, Use, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, distinct, queries_of, table_of
from dbarchitect.rules._code.reach import is_unwatched
from dbarchitect.rules._code.telling import as_evidence, query_ref, shown, tables_of
from dbarchitect.rules._schema.growing import Growth, gathers, growth_of
from dbarchitect.rules._sql import listed
from dbarchitect.rules.queries._forms import way_of
from dbarchitect.rules.queries._narrowing import Reach, narrowed_by, reach_of

_WORK = {
    Use.FILTERED: ("picks some of them", "WHERE"),
    Use.SORTED: ("sorts them", "ORDER BY"),
    Use.SUMMED: ("adds them up", "an aggregate"),
}
_FORMS = {
    ("django", Use.FILTERED): "`.filter(…)`",
    ("django", Use.SORTED): "`.order_by(…)`",
    ("django", Use.SUMMED): "`.aggregate(Sum(…))`",
    ("sqlalchemy", Use.FILTERED): "`.where(…)`",
    ("sqlalchemy", Use.SORTED): "`.order_by(…)`",
    ("sqlalchemy", Use.SUMMED): "`func.sum(…)`",
    ("prisma", Use.FILTERED): "`where`",
    ("prisma", Use.SORTED): "`orderBy`",
    ("prisma", Use.SUMMED): "`aggregate({ _sum: … })`",
    ("drizzle", Use.FILTERED): "`.where(…)`",
    ("drizzle", Use.SORTED): "`.orderBy(…)`",
    ("drizzle", Use.SUMMED): "`sum(…)`",
    ("kysely", Use.FILTERED): "`.where(…)`",
    ("kysely", Use.SORTED): "`.orderBy(…)`",
}
_SHOWN = 5


class FilteredInCode(Rule):
    """Rows are loaded to be filtered, sorted or summed

    ## What it finds
    A query that loads all of a growing table, or all that one account has of it, after which the program picks,
    sorts or adds up the rows itself.

    ## Why it matters
    All rows travel and become objects so that a few serve: the database would have read an index. It takes time and
    memory that grow with the table.

    ## When to leave it
    When the condition cannot be said in SQL, or the same rows serve for other things as well.

    ## How the fix works
    There is none in the schema: move the condition into WHERE, the order into ORDER BY, the sum into an aggregate; an
    index may then serve them.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#do-database-work-in-the-database-rather-than-in-python
    """

    code = "QRY005"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table."""
        for queries in by_function(query for query in queries_of(survey) if _is_worked_on(query, survey)):
            yield _finding(self.name(), queries, survey)


def _is_worked_on(query: QueryFact, survey: Survey) -> bool:
    loaded = query.verb is Verb.SELECT and query.fetch in {Fetch.ALL, Fetch.ITERATED} and query.limit is None
    summary = query.aggregates or query.grouping
    seen = query.attributes != () or Use.FILTERED not in query.uses
    if not loaded or summary or not seen or not query.uses & _WORK.keys() or query.idiom is not None:
        return False
    if any(p.alternative and p.optional and p.comparison is Comparison.EQUAL for p in query.predicates):
        return False  # `OR: [email ? { email } : {}, name ? { name } : {}]`: one side or the other picks the rows
    grows = growth_of(table_of(query, survey), survey) is not Growth.HARDLY
    reach = reach_of(query, survey)
    return grows and (reach is Reach.WHOLE or (reach is Reach.SHARE and gathers(table_of(query, survey), survey)))


def _finding(rule: str, queries: tuple[QueryFact, ...], survey: Survey) -> Finding:
    first = queries[0]
    uses = [use for use in _WORK if any(use in query.uses for query in queries)]
    done = listed(_WORK[use][0] for use in uses)
    clause = listed(_WORK[use][1] for use in uses)
    form = listed(_FORMS[way_of(first), use] for use in uses if (way_of(first), use) in _FORMS)
    steady = growth_of(table_of(first, survey), survey) is Growth.STEADILY
    whole = reach_of(first, survey) is Reach.WHOLE
    hidden = survey.code is not None and is_unwatched(survey.code, first.place.function)
    level = Level.WARNING if steady and whole and Use.FILTERED in uses and not hidden else Level.INFO
    table = table_of(first, survey)
    left = listed(narrowed_by(first, table)) if table is not None else ""
    tables = tables_of(queries)
    share = f"all rows of {tables}" if whole else f"all rows of one account of {tables}"
    if whole and left:
        share = f"all rows of {tables} that a condition on {left} leaves"
    return Finding(
        rule,
        query_ref(first),
        f"{shown(first.place.function)} loads {share} and {done} in the program: every row travels, however few serve.",
        f"Move it into the query as {clause}{f': {form}' if form else ''}.",
        tuple(
            as_evidence(query, listed(sorted(u.value for u in query.uses & _WORK.keys())))
            for query in distinct(queries)[:_SHOWN]
        ),
        first.origin,
        tuple(use.value for use in uses),
        level,
    )
