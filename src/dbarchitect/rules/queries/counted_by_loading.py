"""Rows that are loaded only to be counted or looked whether there are any."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, Fetch, QueryFact, Use, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, distinct, queries_by_function, queries_of, table_of
from dbarchitect.rules._code.reach import is_unwatched
from dbarchitect.rules._code.telling import as_evidence, query_ref, shown_in, tables_of
from dbarchitect.rules._schema.growing import Growth, gathers, growth_of
from dbarchitect.rules._sql import listed
from dbarchitect.rules.queries._narrowing import Reach, reach_of

_WASTE = {
    Use.COUNTED: "count them",
    Use.TESTED: "see whether there are any",
    Use.FIRST_ONLY: "take the first",
}
_FORMS = {
    ("django", Use.COUNTED): "`.count()`",
    ("django", Use.TESTED): "`.exists()`",
    ("django", Use.FIRST_ONLY): "`.first()`",
    ("sqlalchemy", Use.COUNTED): "`select(func.count()).select_from(…)`",
    ("sqlalchemy", Use.TESTED): "`select(exists().where(…))`",
    ("sqlalchemy", Use.FIRST_ONLY): "`.limit(1)` with a fixed order",
    ("prisma", Use.COUNTED): "`count({ where: … })`",
    ("prisma", Use.TESTED): "`findFirst({ where: …, select: { id: true } })`",
    ("prisma", Use.FIRST_ONLY): "`findFirst` with a fixed `orderBy`",
    ("drizzle", Use.COUNTED): "`db.$count(…)`",
    ("drizzle", Use.FIRST_ONLY): "`.limit(1)` with a fixed order",
    ("kysely", Use.FIRST_ONLY): "`.limit(1)` with a fixed order",
}
_SQL_FORMS = {
    Use.COUNTED: "`select count(*)`",
    Use.TESTED: "`select exists (…)`",
    Use.FIRST_ONLY: "`order by … limit 1`",
}
_SHOWN = 5


class CountedByLoading(Rule):
    """Rows are loaded only to be counted or tested

    ## What it finds
    A query whose rows are all fetched although the program only counts them (`len(rows)`), asks whether there are any
    (`if rows:`) or takes the first (`rows[0]`), of a table that grows.

    ## Why it matters
    The database answers each of these from an index, with one number or one row; here all rows travel and become
    objects first.

    ## When to leave it
    Where one row is looked up by what names it (`where code = $1`, then `rows[0]`) it is silent: that is all there is.
    When the rows serve for something else afterwards: then loading them once is right.

    ## How the fix works
    There is none in the schema: the hint names the form that asks for no more than is used.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-overuse-contains-count-and-exists
    """

    code = "QRY006"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table."""
        for queries in by_function(query for query in queries_of(survey) if _is_waste(query, survey)):
            yield _finding(self.name(), queries, survey)


def _is_waste(query: QueryFact, survey: Survey) -> bool:
    loaded = query.verb is Verb.SELECT and query.fetch is Fetch.ALL and query.limit is None
    only = bool(query.uses) and query.uses <= _WASTE.keys()
    if query.borrowed:
        return False  # a list as well for others who call the function
    if not loaded or not only or query.aggregates or query.locks or query.idiom is not None:
        return False
    if survey.code is not None and _is_gone_through_too(query, survey.code):
        return False
    if growth_of(table_of(query, survey), survey) is Growth.HARDLY:
        return False
    reach = reach_of(query, survey)
    looked_up = query.uses == {Use.FIRST_ONLY} and reach is Reach.FEW  # a row by what names it: that is all there is
    return reach is not Reach.ONE and not looked_up


def _is_gone_through_too(query: QueryFact, code: Code) -> bool:
    """Whether the same function uses the rows of the same query for more: they are loaded once and kept."""
    for other in queries_by_function(code).get(query.place.function, ()):
        same = str(other.table) == str(query.table) and set(other.predicates) == set(query.predicates)
        if same and other is not query and other.fetch is Fetch.ALL and not other.uses & _WASTE.keys():
            return not query.builders or other.builders == query.builders
    return False


def _is_far(reach: Reach, *, mine: bool) -> bool:
    """Whether a query leaves as many rows as the table has, or (`mine`) as one account gathers."""
    return reach is Reach.WHOLE or (reach is Reach.SHARE and mine)


def _finding(rule: str, queries: tuple[QueryFact, ...], survey: Survey) -> Finding:
    first = queries[0]
    uses = [use for use in _WASTE if any(use in query.uses for query in queries)]
    forms = listed(_FORMS.get((first.library, use), _SQL_FORMS[use]) for use in uses)
    steady = growth_of(table_of(first, survey), survey) is Growth.STEADILY
    mine = gathers(table_of(first, survey), survey)
    far = any(_is_far(reach_of(query, survey), mine=mine) for query in queries)
    hidden = survey.code is not None and is_unwatched(survey.code, first.place.function)
    return Finding(
        rule,
        query_ref(first),
        f"{shown_in(survey.code, first.place.function)} loads rows of {tables_of(queries)} only to "
        f"{listed((_WASTE[use] for use in uses), 'or')}: all of them travel for one answer.",
        f"Ask for the answer alone: {forms}.",
        tuple(
            as_evidence(query, listed(sorted(use.value for use in query.uses))) for query in distinct(queries)[:_SHOWN]
        ),
        first.origin,
        tuple(use.value for use in uses),
        Level.WARNING if steady and far and not hidden else Level.INFO,
    )
