"""Conditions on what a function makes of a column, which no index of the column serves."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.expressions import columns_of, functions_of
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Comparison, Idiom, Operand, Predicate, QueryFact
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import queries_of
from dbarchitect.rules._code.reach import is_backstage
from dbarchitect.rules._code.telling import built_at, first_few, shown_in
from dbarchitect.rules._schema.growing import Growth, growth_of
from dbarchitect.rules._schema.paths import is_indexed
from dbarchitect.rules._sql import listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.queries._narrowing import Reach, reach_without

_PARTS_OF_TIME = frozenset(
    {"date", "time", "year", "month", "day", "week", "week_day", "iso_week_day", "iso_year", "quarter", "hour",
     "minute", "second", "extract", "date_part", "date_trunc", "strftime", "to_char", "julianday", "trunc", "truncdate"}
)  # fmt: skip
_WHOLE_DAYS = frozenset({"date", "date_trunc", "trunc", "truncdate", "year"})
_CASES = frozenset({"lower", "upper"})
_ILIKE = "ilike"
"""How Prisma compares without regard to case: no index on `lower(…)` serves it, one of trigrams does."""
_OTHERS = frozenset({"coalesce", "ifnull", "trim", "ltrim", "rtrim", "substr", "substring", "replace", "left", "right"})
_SERVED = frozenset({Comparison.EQUAL, Comparison.IN, Comparison.RANGE, Comparison.PREFIX})
_DECLARED = frozenset({Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER})
_CASELESS = frozenset({"citext", "nocase", "case_insensitive"})


class FunctionOnColumn(Rule):
    """A function stands between a condition and the index

    ## What it finds
    Conditions on what a function makes of a column of a growing table: `date(created_at) = …`, `created_at__date`,
    `created_at__month`, `lower(email) = …`, `email__iexact`, `coalesce(…)`, with no index on that expression. Where
    other conditions leave one account's rows it is information, where they leave fewer nothing is said.

    ## Why it matters
    An index holds the column's values, not what the function makes of them: the server computes it for every row and
    reads the whole table. Dates of a time zone are one of the costliest functions.

    ## When to leave it
    When the other conditions leave a handful of rows anyway.

    ## How the fix works
    There is none to be generated, as the query has to change with it: ask for a range of times instead of its date
    (`created_at >= day and created_at < day + 1`), or make an index on the very expression (`lower(email)`; Django
    compares `upper(email)` for `iexact`), or a column that compares without case.

    ## References
    - https://use-the-index-luke.com/sql/where-clause/functions
    - https://www.postgresql.org/docs/current/indexes-expressional.html
    - https://www.sqlite.org/expridx.html
    """

    code = "QRY014"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per column."""
        code = survey.code
        if code is None:
            return
        found: dict[str, list[tuple[QueryFact, Predicate, str]]] = {}
        for query in queries_of(survey):
            if query.idiom in _DECLARED or is_backstage(code, query.place.function):
                continue
            for predicate in query.predicates:
                function = _function(predicate, query, survey)
                if function is not None:
                    found.setdefault(str(predicate.column), []).append((query, predicate, function))
        for cases in found.values():
            yield _finding(self.name(), cases, survey)


def _function(predicate: Predicate, query: QueryFact, survey: Survey) -> str | None:
    """The function that keeps an index from serving, None where there is none or it does not matter."""
    if predicate.function is None and not predicate.case_insensitive:
        return None
    table = survey.catalog.table(predicate.column)
    column = table.column(predicate.column.columns[0]) if table is not None and predicate.column.columns else None
    if table is None or column is None or table.owned_by is not None or growth_of(table, survey) is Growth.HARDLY:
        return None
    if predicate.comparison not in _SERVED or predicate.negated or predicate.path:
        return None
    if predicate.operand in {Operand.COLUMN, Operand.UNKNOWN}:
        return None
    function = predicate.function
    if function is None and predicate.case_insensitive and predicate.comparison is Comparison.EQUAL:
        function = {"django": "upper", "prisma": _ILIKE}.get(query.library, "lower")
    if function is None or not _defeats(function, column, survey):
        return None
    reach = reach_without(query, predicate, survey)
    if reach in {Reach.ONE, Reach.FEW} or (reach is Reach.SHARE and _recurs(function, predicate, query)):
        return None
    if function == "coalesce" and not is_indexed(table, (column.name,)):
        return None
    return None if _has_expression(table, column, function, query) else function


def _recurs(function: str, predicate: Predicate, query: QueryFact) -> bool:
    """Whether a part of a time is asked of every year or day: no range of times says that."""
    if function not in _PARTS_OF_TIME - _WHOLE_DAYS:
        return False
    ranges = (p for p in query.predicates if p.column == predicate.column and p.comparison is Comparison.RANGE)
    return not any(p.function in {None, *_WHOLE_DAYS} for p in ranges)


def _defeats(function: str, column: Column, survey: Survey) -> bool:
    family = survey.catalog.family(column.type)
    if function in _PARTS_OF_TIME:
        return family is Family.TIMESTAMP or (family is Family.DATE and function != "date")
    if function in {*_CASES, _ILIKE}:
        caseless = column.type.name in _CASELESS or (column.collation or "").casefold() in _CASELESS
        return family is Family.TEXT and not caseless
    return function in _OTHERS


def _has_expression(table: Table, column: Column, function: str, query: QueryFact) -> bool:
    """Whether an index holds what the function makes of the column; SQLite's and Django's spellings of one function
    differ, so that any index with an expression over the column counts for parts of a time."""
    if function == _ILIKE:
        return any(i.method in {"gin", "gist"} and column.name in i.column_names for i in table.access_paths())
    for index in table.access_paths():
        for key in index.columns[:2]:
            if key.expression is None or column.name not in columns_of(key.expression):
                continue
            if function in _PARTS_OF_TIME or function in functions_of(key.expression):
                return True
    return query.library == "sql" and any(
        (key.collation or "").casefold() in _CASELESS for i in table.access_paths() for key in i.columns[:1]
    )


def _finding(rule: str, cases: list[tuple[QueryFact, Predicate, str]], survey: Survey) -> Finding:
    query, predicate, function = cases[0]
    functions = list(dict.fromkeys(name for _, _, name in cases))
    ref = predicate.column
    table = survey.catalog.table(ref)
    queries = list(dict.fromkeys(q for q, _, _ in cases))
    narrow = all(p.optional or p.alternative or reach_without(q, p, survey) is Reach.SHARE for q, p, _ in cases)
    asked = survey.code is not None and any(q.place.function in asked_by_requests(survey) for q in queries)
    steady = growth_of(table, survey) is Growth.STEADILY
    indexed = table is not None and is_indexed(table, ref.columns)
    called = listed(_called(name, ref.columns[0]) for name in functions)
    without = functions == [_ILIKE]
    harm = "so that its index cannot be used" if indexed else "so that an index on it could not serve"
    return Finding(
        rule,
        ref,
        f"{shown_in(survey.code, query.place.function)} compares {called} of {ref.table_ref}, {harm}: it is "
        f"{'compared' if without else 'computed'} for every row that the other conditions leave.",
        _hint(function, ref.columns[0], recurs=_recurs(function, predicate, query)),
        (
            Evidence(
                EvidenceKind.CATALOG,
                f"{ref}: no index of trigrams" if without else f"{ref}: no index on {called}",
                survey.origin_of(ref),
            ),
            *first_few(queries),
            *built_at(queries),
        ),
        query.origin,
        (),
        Level.WARNING if steady and asked and not narrow else Level.INFO,
    )


def _called(function: str, column: str) -> str:
    return f"{column} without regard to case" if function == _ILIKE else f"{function}({column})"


def _hint(function: str, column: str, *, recurs: bool) -> str:
    if recurs:
        return f"Add an index on `{function}({column})`, or ask for a range of times if one is meant."
    if function in {"date", "date_trunc", "trunc", "truncdate"}:
        return f"Compare the time itself: `{column} >= day and {column} < day + 1`, with an index on it."
    if function in _PARTS_OF_TIME:
        return f"Compare the time itself with the first moment and the one after the last: `{column} >= … and < …`."
    if function in _CASES:
        return f"Add an index on `{function}({column})`, or keep {column} in one case, or in a column without case."
    if function == _ILIKE:
        return f"Keep {column} in one case and compare it as it is, or make it citext: Prisma asks by ILIKE."
    if function in {"coalesce", "ifnull"}:
        return f"Write out both cases (`{column} = … or {column} is null`), or forbid NULL and set a default."
    return f"Compare {column} itself, or add an index on `{function}({column})`."
