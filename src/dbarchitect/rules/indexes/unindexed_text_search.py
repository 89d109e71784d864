"""The rule `unindexed-text-search`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Column, Index, IndexColumn
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Comparison, Predicate, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.telling import first_few
from dbarchitect.rules._fixes.members import names_in_use
from dbarchitect.rules._names import derived_name
from dbarchitect.rules._schema.domains import body_columns
from dbarchitect.rules._schema.versions import is_worth_searching
from dbarchitect.rules._usage.columns import USUAL, growth_of
from dbarchitect.rules._usage.lookups import Lookup, lookups_of
from dbarchitect.rules._usage.needs import narrowed
from dbarchitect.rules._usage.runners import WEIGHTS, Runner, weight_of_runner
from dbarchitect.rules._usage.words import whole

_WITHIN = frozenset({Comparison.CONTAINS, Comparison.PATTERN})
_PARTS = frozenset({Comparison.CONTAINS_ELEMENT, Comparison.FULL_TEXT})
_ASKING = WEIGHTS[Runner.TASK]
"""How much a runner weighs at least whose searches somebody waits for."""
_SMALL = 1_000
"""Rows up to which reading the whole table costs as little as an index does."""
_METHODS = frozenset({"gin", "gist", "rum", "bm25", "pgroonga", "zombodb"})


class UnindexedTextSearch(Rule):
    """A search for words or elements with no index for it

    ## What it finds
    Queries that look for a piece of a text (`ILIKE '%word%'`), for a word of a `tsvector`, or for an element of an
    array or a JSON document (`@>`, `?`), on a column without an index that finds parts of values. Columns of documents
    that users write are told by `unsearchable-content`.

    ## Why it matters
    An ordinary index finds values by their beginning only: each such search reads the whole table and looks through
    every value, at each key press of whoever searches.

    ## When to leave it
    The other conditions leave a handful of rows (one owner's), the table stays small, or a search engine outside the
    database does it.

    ## How the fix works
    For arrays, `jsonb` and `tsvector` it adds a GIN index. For pieces of a text there are two ways, which the
    application has to choose between: a trigram index (`pg_trgm`) for pieces, full text for words. A GIN index costs
    more at each write than a btree.

    ## References
    - https://www.postgresql.org/docs/current/gin.html
    - https://www.postgresql.org/docs/current/pgtrgm.html
    - https://www.postgresql.org/docs/current/textsearch-indexes.html
    """

    code = "IDX014"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.CODE})
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column that is searched for elements, one for all texts of a table."""
        for table in survey.tables:
            texts: dict[str, list[Lookup]] = defaultdict(list)
            parts: dict[str, list[Lookup]] = defaultdict(list)
            for lookup, name, is_text in _searches(survey, table):
                (texts if is_text else parts)[name].append(lookup)
            for name, each in parts.items():
                yield self._finding(survey, table, (name,), each)
            if texts:
                yield self._finding(survey, table, tuple(texts), [one for each in texts.values() for one in each])

    def _finding(self, survey: Survey, table: Table, names: tuple[str, ...], lookups: list[Lookup]) -> Finding:
        ref = table.ref.over(names)
        column = table.column(names[0])
        index = _index_for(survey.catalog, table, column) if column is not None else None
        rows = survey.facts_of(table).rows
        small = rows is not None and 0 <= rows <= _SMALL
        exact = column is not None and index is not None and not small and not _is_of_few(survey.catalog, column)
        what = "elements" if index is not None else "pieces of text"
        way = f"Add a GIN index on {ref}." if index is not None else _TWO_WAYS.format(ref=ref)
        columns = ", ".join(f"{c.name} {c.type}" for name in names if (c := table.column(name)) is not None)
        return Finding(
            self.name(),
            ref,
            f"{ref} is searched for {what} and no index finds parts of values: each search reads "
            f"{whole(survey, table)}.",
            hint=way,
            evidence=(
                Evidence(EvidenceKind.CATALOG, columns, survey.origin_of(table.ref.column(names[0]))),
                *first_few(dict.fromkeys(lookup.query for lookup in lookups)),
            ),
            origin=survey.origin_of(table.ref.column(names[0])),
            level=Level.WARNING if exact and any(map(_is_waited_for, lookups)) else None,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A GIN index where the type has an operator class for it; None for plain text."""
        table = survey.catalog.table(finding.object)
        column = table.column(finding.object.columns[0]) if table is not None else None
        index = _index_for(survey.catalog, table, column) if table is not None and column is not None else None
        return Fix((Add(table.ref, index),)) if table is not None and index is not None else None


def _is_of_few(catalog: Catalog, column: Column) -> bool:
    """True for words that a text is searched for, and for a list of the values of an enum: many rows hold each."""
    type_ = catalog.base_type(column.type)
    return type_.name == "tsvector" or catalog.family(replace(type_, dimensions=0)) is Family.ENUM


def _is_waited_for(lookup: Lookup) -> bool:
    """Whether it surely asks for the element each time, and of no other table besides: what it finds is as exact as by
    equality, and so is the index for it."""
    return lookup.sure >= 1 and not lookup.partly and not lookup.query.joins


_TWO_WAYS = "Add a trigram index (GIN, gin_trgm_ops of pg_trgm) on {ref}, or search its words by full text."


def _searches(survey: Survey, table: Table) -> Iterator[tuple[Lookup, str, bool]]:
    if survey.code is None or growth_of(survey.code, table) < USUAL:
        return
    told = {c.name for c in body_columns(table, survey.catalog)} if is_worth_searching(table, survey.catalog) else set()
    for lookup in lookups_of(survey.code, table.ref):
        if weight_of_runner(survey.code, lookup.runner) < _ASKING or lookup.query.verb is not Verb.SELECT:
            continue
        if narrowed(survey.catalog, table, lookup):
            continue
        for predicate in lookup.searched:
            column = table.column(predicate.column.columns[0])
            if column is None or column.name in told or _finds_parts(table, column.name):
                continue
            if _is_piece(survey.catalog, column, predicate):
                yield lookup, column.name, True
            elif predicate.comparison in _PARTS and _index_for(survey.catalog, table, column) is not None:
                yield lookup, column.name, False


def _is_piece(catalog: Catalog, column: Column, predicate: Predicate) -> bool:
    """True for a piece of plain text that is looked for."""
    is_text = catalog.family(column.type) is Family.TEXT and not column.type.dimensions
    return predicate.comparison in _WITHIN and is_text and predicate.function is None


def _finds_parts(table: Table, name: str) -> bool:
    """True where an index over the column, or over an expression of it, finds values by their parts."""
    return any(
        path.method in _METHODS
        and any(c.name == name or (c.expression is not None and name in columns_of(c.expression)) for c in path.columns)
        for path in table.access_paths()
    )


def _index_for(catalog: Catalog, table: Table, column: Column) -> Index | None:
    """The GIN index over a column whose type has a default operator class for one."""
    type_ = catalog.base_type(column.type)
    if not (type_.dimensions or type_.name in {"jsonb", "tsvector"}):
        return None
    name = derived_name("ix", table.name, (column.name,), names_in_use(catalog))
    return Index((IndexColumn(column.name),), method="gin", name=name)
