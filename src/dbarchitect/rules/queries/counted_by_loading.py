"""Rows that are loaded only to be counted or looked whether there are any."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Fetch, QueryFact, Use, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code import as_evidence, by_function, is_backstage, queries_of, query_ref, shown, table_of
from dbarchitect.rules._growing import Growth, growth_of
from dbarchitect.rules._narrowing import Reach, reach_of
from dbarchitect.rules._sql import listed

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
    When the rows serve for something else afterwards: then loading them once is right.

    ## How the fix works
    There is none in the schema: the hint names the form that asks for no more than is used.

    ## References
    https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-overuse-contains-count-and-exists
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
    if not loaded or not only or query.aggregates or query.locks or query.idiom is not None:
        return False
    grows = growth_of(table_of(query, survey), survey) is not Growth.HARDLY
    return grows and reach_of(query, survey) is not Reach.ONE


def _finding(rule: str, queries: tuple[QueryFact, ...], survey: Survey) -> Finding:
    first = queries[0]
    uses = [use for use in _WASTE if any(use in query.uses for query in queries)]
    forms = listed(_FORMS.get((first.library, use), _SQL_FORMS[use]) for use in uses)
    steady = growth_of(table_of(first, survey), survey) is Growth.STEADILY
    far = any(reach_of(query, survey) in {Reach.WHOLE, Reach.SHARE} for query in queries)
    hidden = survey.code is not None and is_backstage(survey.code, first.place.function)
    return Finding(
        rule,
        query_ref(first),
        f"{shown(first.place.function)} loads rows of {first.table} only to "
        f"{listed((_WASTE[use] for use in uses), 'or')}: all of them travel for one answer.",
        f"Ask for the answer alone: {forms}.",
        tuple(as_evidence(query, listed(sorted(use.value for use in query.uses))) for query in queries[:_SHOWN]),
        first.origin,
        tuple(use.value for use in uses),
        Level.WARNING if steady and far and not hidden else Level.INFO,
    )
