"""Pages that are reached by counting over all rows before them."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Idiom, QueryFact, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code import by_function, first_few, is_backstage, queries_of, query_ref, shown, table_of
from dbarchitect.rules._domains import is_stream
from dbarchitect.rules._growing import Growth, growth_of
from dbarchitect.rules._narrowing import Reach, reach_of
from dbarchitect.rules._sql import count

_LARGE = 100_000
_NEAR = 1_000
_OWN_UI = frozenset({Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER})


class OffsetPagination(Rule):
    """Pages are reached by OFFSET

    ## What it finds
    `OFFSET` with a value of the program on a growing table that nothing narrows down: a slice `[start:end]`, a
    paginator, `.offset(…)`. Information, as pages of a screen are rarely turned far; a warning where the table is known
    to be large, or gathers events.

    ## Why it matters
    The server reads and throws away all rows before the page: page 1,000 of 50 rows reads 50,000. A row that comes in
    while somebody turns pages is shown twice or never.

    ## When to leave it
    When people only ever look at the first pages, and a page's number must be on the screen.

    ## How the fix works
    There is none in the schema: ask for the rows after the last one shown, by the sort key and the primary key
    together (`where (created_at, id) < (…) order by created_at desc, id desc limit 50`), with an index in that order.

    ## References
    https://use-the-index-luke.com/no-offset
    https://www.postgresql.org/docs/current/queries-limit.html
    """

    code = "QRY004"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table."""
        for queries in by_function(query for query in queries_of(survey) if _is_paged(query, survey)):
            table = table_of(queries[0], survey)
            if table is not None:
                yield _finding(self.name(), queries, table, survey)


def _is_paged(query: QueryFact, survey: Survey) -> bool:
    offset = query.offset
    far = offset is not None and (offset.value is None or offset.value >= _NEAR)
    if query.verb is not Verb.SELECT or not far or query.idiom in _OWN_UI:
        return False
    hidden = survey.code is None or is_backstage(survey.code, query.place.function)
    steady = growth_of(table_of(query, survey), survey) is Growth.STEADILY
    return not hidden and steady and reach_of(query, survey) in {Reach.WHOLE, Reach.SHARE, Reach.UNKNOWN}


def _finding(rule: str, queries: tuple[QueryFact, ...], table: Table, survey: Survey) -> Finding:
    first = queries[0]
    rows = survey.facts_of(table).rows
    whole = reach_of(first, survey) is Reach.WHOLE
    events = is_stream(table, survey.catalog) and whole
    level = Level.WARNING if (rows or 0) >= _LARGE or (events and rows is None) else Level.INFO
    all_rows = f"of {count(rows, 'row')}" if rows else "there are"
    key = table.primary_key.columns[-1] if table.primary_key else "id"
    sort = next((k for k in first.ordering if k.column is not None and k.column.columns), None)
    by = sort.column.columns[0] if sort is not None and sort.column is not None else key
    order = f"({by}, {key})" if by != key else key
    return Finding(
        rule,
        query_ref(first),
        f"{shown(first.place.function)} pages through {table.ref} by OFFSET: a late page reads and throws away all the "
        f"rows before it {all_rows}, and rows that come in meanwhile are shown twice or never.",
        f"Ask for the rows after the last one shown: `where {order} < (…) order by … limit …`, with an index on "
        f"{table.ref}{order if order.startswith('(') else f'({order})'}.",
        first_few(queries),
        first.origin,
        (),
        level,
    )
