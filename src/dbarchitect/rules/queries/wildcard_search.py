"""Searches that no ordinary index of their column could serve, because of how they are written."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Comparison, Idiom, Predicate, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import queries_of
from dbarchitect.rules._code.reach import is_backstage
from dbarchitect.rules._code.telling import built_at, first_few, shown_in
from dbarchitect.rules._schema.growing import Growth, growth_of
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.queries._narrowing import Reach, reach_without

_WITHIN = frozenset({Comparison.CONTAINS, Comparison.SUFFIX, Comparison.PATTERN})
_CASTS = frozenset({"cast", "text", "json_extract", "jsonb_extract_path_text", "to_json"})
_DECLARED = frozenset({Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER})


class WildcardSearch(Rule):
    """A document is searched as if it were text

    ## What it finds
    `LIKE '%…%'` over a JSON column, or over a value cast to text (`content::text ILIKE '%word%'`), in a table that
    grows. Whether plain text has the index for such a search is what `unindexed-text-search` tells.

    ## Why it matters
    Every document of the table is unpacked and turned into text for each search, so that it becomes slower with every
    row; and it finds the names of keys, markup and numbers as well as what people wrote.

    ## When to leave it
    When the conditions beside it leave a handful of rows, or the search is for people who maintain the system.

    ## How the fix works
    There is none to be generated: write the words of the document into a column of their own (generated from it, or by
    the application), index that for full text, and search there; for the value of one key compare that key.

    ## References
    - https://www.postgresql.org/docs/current/textsearch-tables.html
    - https://www.postgresql.org/docs/current/datatype-json.html#JSON-INDEXING
    """

    code = "QRY013"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per column."""
        code = survey.code
        if code is None:
            return
        found: dict[tuple[str, ...], tuple[Predicate, list[QueryFact]]] = {}
        for query in queries_of(survey):
            if query.verb is not Verb.SELECT or query.idiom in _DECLARED or is_backstage(code, query.place.function):
                continue
            for predicate in query.predicates:
                if _is_search(predicate, survey):
                    found.setdefault(predicate.column.key, (predicate, []))[1].append(query)
        for predicate, queries in found.values():
            table = survey.catalog.table(predicate.column)
            if table is not None and table.owned_by is None:
                yield _finding(self.name(), table, predicate, queries, survey)


def _is_search(predicate: Predicate, survey: Survey) -> bool:
    table = survey.catalog.table(predicate.column)
    column = table.column(predicate.column.columns[0]) if table is not None and predicate.column.columns else None
    if table is None or column is None or predicate.comparison not in _WITHIN or predicate.path:
        return False
    written = _is_document(column, survey) or (predicate.function in _CASTS and _is_long(column, survey))
    return written and growth_of(table, survey) is not Growth.HARDLY


def _is_document(column: Column, survey: Survey) -> bool:
    return survey.catalog.family(column.type) is Family.JSON


def _is_long(column: Column, survey: Survey) -> bool:
    """A type that becomes long text when it is cast; numbers and names that are cast are short."""
    return survey.catalog.family(column.type) in {Family.JSON, Family.BINARY}


def _beside(predicate: Predicate, queries: list[QueryFact]) -> str:
    """The other columns that stand in an OR with the search of a document."""
    if not predicate.alternative:
        return ""
    others = (p.column for query in queries for p in query.predicates if p.alternative and p.comparison in _WITHIN)
    return listed(dict.fromkeys(ref.columns[0] for ref in others if ref != predicate.column and ref.columns))


def _finding(rule: str, table: Table, predicate: Predicate, queries: list[QueryFact], survey: Survey) -> Finding:
    ref: Ref = table.ref.column(predicate.column.columns[0])
    column = table.column(ref.columns[0])
    first = queries[0]
    rows = survey.facts_of(table).rows
    whole = f"all {count(rows, 'row')}" if rows else "every row"
    narrow = all(reach_without(query, predicate, survey) is not Reach.WHOLE for query in queries)
    asked = survey.code is not None and any(q.place.function in asked_by_requests(survey) for q in queries)
    of = "of one account" if narrow else "of the table"
    beside = _beside(predicate, queries)
    also = f"; as {beside} stands in the same OR, no index on it helps either" if beside else ""
    read = f"the document of {whole} {of}"
    return Finding(
        rule,
        ref,
        f"{shown_in(survey.code, first.place.function)} searches the JSON of {ref} as text: {read} is unpacked for "
        f"each search, and the names of its keys are found as well as the words{also}.",
        f"Keep the words of {ref} in a column of their own with a full-text index, and search that one.",
        (
            Evidence(EvidenceKind.CATALOG, f"{ref} {column.type if column else ''}", survey.origin_of(ref)),
            *first_few(queries),
            *built_at(queries),
        ),
        first.origin,
        ("document",),
        Level.INFO if narrow or not asked else Level.WARNING,
    )
