"""Rows in random order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.queries import QueryFact, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, queries_of, table_of
from dbarchitect.rules._code.reach import is_unwatched
from dbarchitect.rules._code.telling import first_few, query_ref, shown_in, tables_of
from dbarchitect.rules._schema.growing import Growth, growth_of
from dbarchitect.rules.queries._narrowing import Reach, reach_of

_FUNCTIONS = frozenset({"random", "rand", "gen_random_uuid", "newid"})
_WRITTEN = re.compile(
    r"order_by\(\s*[\"']\?[\"']\s*\)|order_by\(\s*(?:func\.|sa\.func\.|Random\b)?(?:random|rand)?\(\)|"
    r"\border\s+by\s+(?:random|rand)\s*\(\s*\)",
    re.IGNORECASE,
)


class RandomOrder(Rule):
    """Rows are sorted at random

    ## What it finds
    `ORDER BY random()`, `order_by("?")` on a table that grows.

    ## Why it matters
    Every row gets a random number and all of them are sorted, to take a few: no index can help, and the time grows
    faster than the table.

    ## When to leave it
    When the conditions leave few rows for certain.

    ## How the fix works
    There is none in the schema: pick a random key and take the first row from there on (`where id >= …  order by id
    limit 1`), pick among the keys in the program, or use `tablesample`.

    ## References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#order-by
    - https://www.postgresql.org/docs/current/sql-select.html
    """

    code = "QRY010"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table."""
        for queries in by_function(query for query in queries_of(survey) if _is_told(query, survey)):
            first = queries[0]
            steady = growth_of(table_of(first, survey), survey) is Growth.STEADILY
            wide = any(reach_of(query, survey) in {Reach.WHOLE, Reach.SHARE, Reach.UNKNOWN} for query in queries)
            hidden = survey.code is not None and is_unwatched(survey.code, first.place.function)
            yield Finding(
                self.name(),
                query_ref(first),
                f"{shown_in(survey.code, first.place.function)} sorts {tables_of(queries)} at random: every row is "
                "read and sorted to take a few.",
                "Pick a random key and take the first row from there on by the primary key, or sample the table.",
                first_few(queries),
                first.origin,
                (),
                Level.WARNING if steady and wide and not hidden else Level.INFO,
            )


def _is_told(query: QueryFact, survey: Survey) -> bool:
    if query.verb is not Verb.SELECT or not _is_random(query) or reach_of(query, survey) is Reach.ONE:
        return False
    return growth_of(table_of(query, survey), survey) is not Growth.HARDLY


def _is_random(query: QueryFact) -> bool:
    """Whether a query sorts by a random number."""
    by_key = any(key.column is None and (key.function or "").lower() in _FUNCTIONS for key in query.ordering)
    return by_key or ("order" in query.text.lower() and bool(_WRITTEN.search(query.text)))
