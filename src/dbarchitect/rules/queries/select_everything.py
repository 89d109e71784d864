"""Columns that are fetched and not used: heavy ones in lists, all of them by `select *`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Fetch, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, distinct, queries_of, table_of
from dbarchitect.rules._code.reach import is_unwatched
from dbarchitect.rules._code.telling import as_evidence, first_few, query_ref, shown_in
from dbarchitect.rules._names import words
from dbarchitect.rules._schema.domains import body_columns
from dbarchitect.rules._schema.growing import Growth, gathers, growth_of
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.queries._narrowing import Reach, reach_of

_STAR = re.compile(r"\bselect\s+(?:distinct\s+)?\*\s+from\b", re.IGNORECASE)
_DOCUMENTS = frozenset(
    words("data payload body content raw response request document snapshot result plan report blob")
)
_CUSTOM = 5
_RARE = 3
"""Where fewer than one in three do it, it is no custom."""
_PRAISED = 5
_WIDE = 8
_FEW = 4
_HEAVY_BYTES = 2_000_000


class SelectEverything(Rule):
    """Whole rows are fetched where few columns serve

    ## What it finds
    A list of a growing table that fetches whole rows although the code goes on to use a few columns, where the others
    hold documents (long bodies, JSON, binary data). And raw SQL with `select *` from a wide table.

    ## Why it matters
    A list of 100 articles that shows titles carries 100 bodies from disk (PostgreSQL keeps them aside and must fetch
    each) over the network into memory. `select *` moreover changes its meaning with every new column, and no index can
    answer it alone.

    ## When to leave it
    When documents are short, or the list has few rows.

    ## How the fix works
    There is none in the schema: name the columns that are used, or defer those that are heavy.

    ## References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
    - https://docs.sqlalchemy.org/en/20/orm/queryguide/columns.html
    - https://www.postgresql.org/docs/current/storage-toast.html
    """

    code = "QRY007"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table for heavy columns, one per table for `select *`."""
        heavy: list[QueryFact] = []
        stars: dict[str, list[QueryFact]] = {}
        for query in queries_of(survey):
            table = table_of(query, survey) if query.verb is Verb.SELECT else None
            if table is None:
                continue
            if _is_star(query, table):
                stars.setdefault(str(query.table), []).append(query)
            elif _carries(query, table, survey):
                heavy.append(query)
        for queries in by_function(heavy):
            yield from _of_heavy(self.name(), queries, survey)
        for asked in stars.values():
            yield from _of_stars(self.name(), asked, survey)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Lists that name the columns they need, where the library would fetch whole rows."""
        lists = [q for q in queries_of(survey) if _is_list(q) and table_of(q, survey) is not None]
        chosen = [query for query in lists if query.columns is not None]
        if len(chosen) >= _CUSTOM and len(chosen) * _RARE >= len(lists):
            text = f"{len(chosen)} of {count(len(lists), 'list')} fetch the columns they need, not whole rows."
            evidence = tuple(as_evidence(query) for query in distinct(chosen)[:_PRAISED])
            yield Strength(self.name(), Ref.database(), text, evidence)


def _is_list(query: QueryFact) -> bool:
    """Whether a library that fetches whole rows, unless it is told otherwise, is asked for many."""
    many = query.verb is Verb.SELECT and query.fetch in {Fetch.ALL, Fetch.ITERATED} and query.library != "sql"
    return many and query.idiom is None and not (query.aggregates or query.grouping)


def _is_star(query: QueryFact, table: Table) -> bool:
    return query.library == "sql" and bool(_STAR.search(query.text)) and len(table.columns) > _WIDE


def _carries(query: QueryFact, table: Table, survey: Survey) -> bool:
    """Whether a list query brings heavy columns along that the code, seen to its end, does not touch."""
    many = query.fetch in {Fetch.ALL, Fetch.ITERATED} and query.columns is None and query.idiom is None
    used = query.attributes
    if (
        not many
        or not used
        or len(used) > _FEW
        or query.aggregates
        or query.locks
        or len(table.columns) <= len(used) + 2
    ):
        return False
    reach = reach_of(query, survey)
    far = reach in {Reach.WHOLE, Reach.UNKNOWN} or (reach is Reach.SHARE and gathers(table, survey))
    growing = growth_of(table, survey) is not Growth.HARDLY and far
    hidden = survey.code is not None and is_unwatched(survey.code, query.place.function)
    return growing and not hidden and bool(_heavy(query, table, survey))


def _heavy(query: QueryFact, table: Table, survey: Survey) -> tuple[Column, ...]:
    used = {ref.columns[0] for ref in query.attributes or () if ref.table_ref.key == table.ref.key}
    bodies = {column.name for column in body_columns(table, survey.catalog)}
    return tuple(c for c in table.ordered_columns if c.name not in used and (c.name in bodies or _is_big(c, survey)))


def _is_big(column: Column, survey: Survey) -> bool:
    """Whether a column holds bytes, or JSON that is called a document: settings and keys in JSON are small."""
    family = survey.catalog.family(column.type)
    return family is Family.BINARY or (family is Family.JSON and bool(_DOCUMENTS & set(words(column.name))))


def _of_heavy(rule: str, queries: tuple[QueryFact, ...], survey: Survey) -> Iterator[Finding]:
    first = queries[0]
    table = table_of(first, survey)
    if table is None:
        return
    unused = _heavy(first, table, survey)
    names = [column.name for column in unused]
    used = sorted({ref.columns[0] for query in queries for ref in query.attributes or ()})
    rows = survey.facts_of(table).rows or 0
    facts = survey.facts
    width = sum(facts.column(table.ref.column(n)).average_width or 0 for n in names) if facts is not None else 0
    only = f"`.only({', '.join(map(repr, used[:4]))})` or `.values_list(…)`"
    chosen = ", ".join(f"{name}: true" for name in used[:4])
    forms = {
        "django": only,
        "sqlalchemy": "`load_only(…)`, or `select` of the columns",
        "prisma": f"`select: {{ {chosen} }}`",
        "drizzle": "`db.select({ … })` of the columns, or `columns` of a relational query",
    }
    form = forms.get(first.library, "the columns by name")
    yield Finding(
        rule,
        query_ref(first),
        f"{shown_in(survey.code, first.place.function)} lists {table.ref} with {listed(names[:4])} and uses "
        f"{listed(used[:4])} only: every row carries its documents along.",
        f"Fetch what is used: {form}.",
        (*first_few(queries), *(Evidence(EvidenceKind.CATALOG, f"{n} is heavy", table.origin) for n in names[:2])),
        first.origin,
        tuple(names),
        Level.WARNING if rows * width > _HEAVY_BYTES and reach_of(first, survey) is Reach.WHOLE else Level.INFO,
    )


def _of_stars(rule: str, queries: list[QueryFact], survey: Survey) -> Iterator[Finding]:
    table = table_of(queries[0], survey)
    if table is None:
        return
    where = count(len({query.place.function for query in queries}), "function")
    yield Finding(
        rule,
        table.ref,
        f"{where} {'asks' if where.startswith('1 ') else 'ask'} {table.ref} for `*`, all {len(table.columns)} columns: "
        "what they get changes with every column that is added.",
        "Name the columns that are used.",
        first_few(queries),
        queries[0].origin,
        ("*",),
    )
