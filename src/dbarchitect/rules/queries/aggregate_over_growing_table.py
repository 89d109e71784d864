"""Sums and counts over all rows of tables that grow, computed while somebody waits."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Fetch, Idiom, QueryFact, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import general_lines, queries_of, table_of
from dbarchitect.rules._code.reach import route_of
from dbarchitect.rules._code.telling import first_few, function_ref, shown_in
from dbarchitect.rules._names import words
from dbarchitect.rules._schema.growing import Growth, growth_of
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.queries._narrowing import Reach, reach_of

_READS_ALL = frozenset(
    {"count", "sum", "avg", "total", "array_agg", "string_agg", "group_concat", "stddev", "variance"}
)
_PAGES = frozenset({Idiom.PAGINATED, Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER, Idiom.LAZY_RELATION})
_LARGE = 100_000
_SEVERAL = 3
_SHOWN = 4
_HINT = "Keep the totals in a table or materialized view that a task brings up to date, or cache them for minutes."
_FOR_FEW = frozenset({"admin", "staff", "superuser", "internal", "backoffice"})
_NOT_WAITED_FOR = frozenset({"export", "migrate", "setup", "install", "health", "healthcheck", "test", "tests"})


class AggregateOverGrowingTable(Rule):
    """A page computes totals of whole tables

    ## What it finds
    `count`, `sum` or `avg`, with or without groups, over all rows of growing tables, in a request. A warning where one
    request does so several times, or of a table that is known to be large. Not: what one account has, a window of
    time, the count that a paginator makes.

    ## Why it matters
    PostgreSQL counts by reading every row that is visible; a dashboard of six totals reads the database six times for
    each visitor, and takes the cache away from everybody else.

    ## When to leave it
    While the tables are small, or where one administrator looks at the page now and then.

    ## How the fix works
    There is none to be generated: a table of totals by day that a task or a trigger keeps up, a materialized view that
    is refreshed, or a cache of some minutes; for counts that nobody checks the planner's estimate.

    ## References
    - https://www.postgresql.org/docs/current/rules-materializedviews.html
    - https://wiki.postgresql.org/wiki/Count_estimate
    """

    code = "QRY015"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function that computes several totals; the others together by table."""
        code = survey.code
        if code is None:
            return
        asked = asked_by_requests(survey)
        found: dict[str, list[QueryFact]] = {}
        for query in queries_of(survey):
            function = query.place.function
            general = (query.origin.path, query.origin.start) in general_lines(code)
            if general and not query.borrowed:
                continue  # a line of a general repository: which tables are ever asked for is not known
            if function in asked and _is_total(query, survey) and not _NOT_WAITED_FOR & set(words(function)):
                found.setdefault(function, []).append(query)
        single: dict[str, list[QueryFact]] = {}
        for function, queries in found.items():
            if len(queries) >= _SEVERAL:
                yield _of_function(self.name(), function, queries, survey, code)
            else:
                for query in queries:
                    single.setdefault(str(query.table), []).append(query)
        for queries in single.values():
            table = table_of(queries[0], survey)
            if table is not None:
                yield _of_table(self.name(), table, queries, survey)


def _is_total(query: QueryFact, survey: Survey) -> bool:
    if query.verb is not Verb.SELECT or query.idiom in _PAGES or query.limit is not None:
        return False
    counted = query.fetch is Fetch.COUNT or any(a.function in _READS_ALL for a in query.aggregates)
    if not counted or any(q in query.dynamic for q in ("where", "text")):
        return False
    if len({ref.key for ref in query.tables}) > 1 and not query.grouping:
        return False  # a join may leave few rows
    if any(predicate.optional for predicate in query.predicates):
        return False
    return growth_of(table_of(query, survey), survey) is Growth.STEADILY and reach_of(query, survey) is Reach.WHOLE


def _of_function(rule: str, function: str, queries: list[QueryFact], survey: Survey, code: Code) -> Finding:
    tables = list(dict.fromkeys(str(query.table) for query in queries))
    rows = max((survey.facts_of(t).rows or 0 for q in queries if (t := table_of(q, survey)) is not None), default=0)
    route = route_of(code, function) or ""
    for_few = bool(_FOR_FEW & {*words(route), *words(function)})
    shown_tables = [*tables[:_SHOWN], count(len(tables) - _SHOWN, "more table")] if len(tables) > _SHOWN + 1 else tables
    of = f" (up to {count(rows, 'row')})" if rows else ""
    where = f" ({route})" if route else ""
    return Finding(
        rule,
        function_ref(function),
        f"{shown_in(code, function)}{where} computes totals over all rows of {listed(shown_tables)}{of} with "
        f"{count(len(queries), 'query', 'queries')} each time it is asked, which takes longer with every row.",
        _HINT,
        first_few(queries),
        queries[0].origin,
        tuple(sorted(tables)),
        Level.INFO if for_few and rows < _LARGE else Level.WARNING,
    )


def _of_table(rule: str, table: Table, queries: list[QueryFact], survey: Survey) -> Finding:
    functions = list(dict.fromkeys(shown_in(survey.code, query.place.function) for query in queries))
    rows = survey.facts_of(table).rows
    whole = f"all {count(rows, 'row')}" if rows else "all rows"
    names = [*functions[:2], *([count(len(functions) - 2, "other function")] if len(functions) > 2 else [])]
    return Finding(
        rule,
        table.ref,
        f"{listed(names)} {'computes' if len(functions) == 1 else 'compute'} totals over "
        f"{whole} of {table.ref} each time "
        f"{'it is' if len(functions) == 1 else 'they are'} asked, which takes longer with every row.",
        _HINT,
        first_few(queries),
        queries[0].origin,
        ("totals",),
        Level.WARNING if (rows or 0) >= _LARGE else Level.INFO,
    )
