"""Pages that are reached by counting over all rows before them."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Idiom, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, distinct, queries_of, table_of
from dbarchitect.rules._code.reach import is_unwatched
from dbarchitect.rules._code.telling import as_evidence, first_few, shown_in, tables_of
from dbarchitect.rules._schema.domains import is_stream
from dbarchitect.rules._schema.growing import Growth, gathers, growth_of
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.queries._narrowing import Reach, reach_of
from dbarchitect.rules.queries._pages import goes_on

_LARGE = 100_000
_NEAR = 1_000
_CUSTOM = 2
_PRAISED = 10
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
    - https://use-the-index-luke.com/no-offset
    - https://www.postgresql.org/docs/current/queries-limit.html
    """

    code = "QRY004"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table: whoever pages through it does it in the same way, as a rule."""
        tables: dict[str, list[QueryFact]] = {}
        for queries in by_function(query for query in queries_of(survey) if _is_paged(query, survey)):
            tables.setdefault(str(queries[0].table), []).extend(queries)
        for each in tables.values():
            table = table_of(each[0], survey)
            if table is not None:
                yield _finding(self.name(), each, table, survey)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Lists of requests that go on after the last row shown."""
        if survey.code is None:
            return
        requested = asked_by_requests(survey)
        found = [q for q in queries_of(survey) if q.place.function in requested and goes_on(q, survey)]
        if len(found) >= _CUSTOM:
            tables = listed(dict.fromkeys(str(query.table) for query in found))
            text = f"{count(len(found), 'list')} of requests go on after the last row shown, by a cursor: {tables}."
            evidence = tuple(as_evidence(query, str(query.table)) for query in distinct(found)[:_PRAISED])
            yield Strength(self.name(), Ref.database(), text, evidence)


def _is_paged(query: QueryFact, survey: Survey) -> bool:
    offset = query.offset
    far = offset is not None and (offset.value is None or offset.value >= _NEAR)
    if query.verb is not Verb.SELECT or not far or query.idiom in _OWN_UI:
        return False
    hidden = survey.code is None or is_unwatched(survey.code, query.place.function)
    table, reach = table_of(query, survey), reach_of(query, survey)
    far = reach in {Reach.WHOLE, Reach.UNKNOWN} or (reach is Reach.SHARE and gathers(table, survey))
    return not hidden and growth_of(table, survey) is Growth.STEADILY and far


def _finding(rule: str, queries: list[QueryFact], table: Table, survey: Survey) -> Finding:
    rows = survey.facts_of(table).rows
    whole = any(reach_of(query, survey) is Reach.WHOLE for query in queries)
    events = is_stream(table, survey.catalog) and whole
    level = Level.WARNING if (rows or 0) >= _LARGE or (events and rows is None) else Level.INFO
    key = table.primary_key.columns[-1] if table.primary_key else "id"
    keys = (key_ for query in queries for key_ in query.ordering[:1])
    sort = next(
        (k.column.columns[0] for k in keys if k.column is not None and k.column.table_ref.key == table.ref.key), key
    )
    order = f"({sort}, {key})" if sort != key else f"({key})"
    functions = list(dict.fromkeys(shown_in(survey.code, query.place.function) for query in queries))
    who = functions[0] if len(functions) == 1 else f"{functions[0]} and {len(functions) - 1} more"
    of = f" of {count(rows, 'row')}" if rows else ""
    return Finding(
        rule,
        table.ref,
        f"{who} {'pages' if len(functions) == 1 else 'page'} through {tables_of(queries)}{of} by OFFSET: a late "
        "page reads and throws away all rows before it, and rows that come in meanwhile are shown twice or never.",
        f"Ask for the rows after the last one shown: `where {order} < (…) order by … limit …`, with an index on "
        f"{table.ref}{order}.",
        first_few(queries),
        queries[0].origin,
        ("offset",),
        level,
    )
