"""A limit on rows that have no order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, Fetch, FunctionKind, Idiom, Operand, QueryFact, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, distinct, queries_of, table_of
from dbarchitect.rules._code.reach import kinds_behind
from dbarchitect.rules._code.telling import as_evidence, first_few, query_ref, shown_in, tables_of
from dbarchitect.rules._schema.growing import Growth, growth_of
from dbarchitect.rules._sql import count
from dbarchitect.rules.queries._narrowing import Reach, reach_of

_CUSTOM = 5
_NEARLY_ALL = 0.8
_LISTS = frozenset({Fetch.ALL, Fetch.ITERATED})
_PRESENCE = re.compile(r"\bselect\s+(?:1|true|exists|count)\b", re.IGNORECASE)
_TAKES = frozenset({Fetch.ALL, Fetch.ITERATED, Fetch.FIRST, Fetch.ONE})
_PASSED_OVER = frozenset({Idiom.LAZY_RELATION, Idiom.GET_OR_CREATE, Idiom.UPDATE_OR_CREATE, Idiom.ADMIN,
                          Idiom.FILTER_FIELDS, Idiom.SAVE, Idiom.BULK})  # fmt: skip


class LimitWithoutOrder(Rule):
    """A limit without an order

    ## What it finds
    `LIMIT` on a query with no `ORDER BY` and no condition that leaves one row; pages by OFFSET or a paginator without
    one are a warning. Not: tests for presence, batches that a worker takes, Django's `.first()`, which sorts by the
    key itself.

    ## Why it matters
    Which rows come is left to the plan of the day: another index, a vacuum, a parallel scan, and other rows come. Pages
    repeat rows and leave others out, and nobody can reproduce it.

    ## When to leave it
    When any rows will do.

    ## How the fix works
    There is none in the schema: sort by what is meant, and by the primary key last, so that the order is complete.

    ## References
    - https://www.postgresql.org/docs/current/queries-limit.html
    - https://docs.djangoproject.com/en/stable/topics/pagination/
    """

    code = "QRY008"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table."""
        code = survey.code
        if code is None:
            return
        arbitrary = []
        for query in queries_of(survey):
            sometimes = query.offset is not None and query.as_text  # the limit is put into the text on some ways
            cut = query.limit is not None or sometimes or query.idiom is Idiom.PAGINATED
            if query.verb is not Verb.SELECT or not cut:
                continue
            table = table_of(query, survey)
            kinds = kinds_behind(code).get(query.place.function, frozenset())
            hidden = bool(kinds) and kinds <= {FunctionKind.TASK, FunctionKind.COMMAND, FunctionKind.MODULE}
            if table is not None and not hidden and _is_arbitrary(query, table, survey):
                arbitrary.append(query)
        told: set[Origin] = set()
        for queries in by_function(arbitrary):
            built = queries[0].builders[-1] if queries[0].builders and queries[0].library == "django" else None
            if built is not None and built in told:
                continue  # one queryset, run by several functions that it is handed to
            told.update(() if built is None else (built,))
            yield _finding(self.name(), queries, built, code)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """That lists with a limit are sorted, all of them or nearly all."""
        limited = [
            query
            for query in queries_of(survey)
            if query.verb is Verb.SELECT
            and query.fetch in _LISTS
            and query.idiom not in _PASSED_OVER
            and (query.idiom is Idiom.PAGINATED or (query.limit is not None and query.limit.value != 1))
            and not {"order by", "text", "table"} & set(query.dynamic)
            and table_of(query, survey) is not None
        ]
        sorted_ = [query for query in limited if query.ordering]
        if len(sorted_) >= _CUSTOM and len(sorted_) >= _NEARLY_ALL * len(limited):
            which = "All" if len(sorted_) == len(limited) else f"{len(sorted_)} of"
            text = f"{which} {count(len(limited), 'list')} that are cut by a limit have an order."
            yield Strength(
                self.name(), Ref.database(), text, tuple(as_evidence(q) for q in distinct(sorted_)[:_CUSTOM])
            )


def _is_arbitrary(query: QueryFact, table: Table, survey: Survey) -> bool:
    if query.fetch not in _TAKES or query.idiom in _PASSED_OVER:
        return False
    known = not {"order by", "text", "table", "limit"} & set(query.dynamic)
    if query.ordering or not known or query.aggregates or query.grouping or query.distinct or query.locks:
        return False
    if _PRESENCE.search(query.text) or reach_of(query, survey) is Reach.ONE:
        return False
    if query.limit is not None and query.limit.value == 1 and query.offset is not None:
        return False  # one row from somewhere among them is a random one
    if query.limit is not None and query.limit.value in {1, 2} and query.offset is None:  # 2: is it the only one?
        return query.limit.value == 1 and _takes_any(query, table, survey)
    return growth_of(table, survey) is not Growth.HARDLY or _is_paged(query)


def _takes_any(query: QueryFact, table: Table, survey: Survey) -> bool:
    """Whether one row of many is taken; `.first()` after equality means "the one, if it is there"."""
    if query.library == "django" or growth_of(table, survey) is not Growth.STEADILY:
        return False
    apart = {Comparison.RANGE, Comparison.NOT_EQUAL, Comparison.NOT_IN, Comparison.IS_NOT_NULL}
    meant = any(p.comparison not in apart and p.operand is not Operand.CONSTANT for p in query.predicates)
    return not meant and bool(query.predicates) and "where" not in query.dynamic


def _is_paged(query: QueryFact) -> bool:
    moving = query.offset is not None and query.offset.value != 0
    return moving or query.idiom is Idiom.PAGINATED


def _finding(rule: str, queries: tuple[QueryFact, ...], built: Origin | None, code: Code) -> Finding:
    first = queries[0]
    paged = any(_is_paged(query) for query in queries)
    harm = "pages repeat rows and leave others out" if paged else "which rows come is left to the plan of the day"
    return Finding(
        rule,
        query_ref(first),
        f"{shown_in(code, first.place.function)} cuts {tables_of(queries)} by LIMIT with no ORDER BY: {harm}.",
        "Sort by what is meant, and by the primary key last.",
        first_few(queries),
        first.origin if built is None or first.origin.path == built.path else built,
        (),
        Level.WARNING if paged else Level.INFO,
    )
