"""The rule `redundant-unique-index`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Drop
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.paths import Path, forwards, is_indexed, paths


class RedundantUniqueIndex(Rule):
    """Unique already, by fewer columns

    ## What it finds
    A unique index or constraint that leads with all the columns of a smaller unique key of the same table: where
    `(id)` is unique, `(id, name)` is unique, too, and whatever is found by it is found by the smaller one. Where a
    foreign key references exactly these columns it is needed and left alone, as is one that carries other columns along
    (`include`) or covers part of the rows only.

    ## Why it matters
    Every insert checks and writes both, and the rule that the larger one seems to state is none: readers of the schema
    take it for a decision that was never made.

    ## When to leave it
    `insert … on conflict (id, name)` needs a unique index on exactly these columns; a query that reads nothing else is
    answered from the index alone.

    ## How the fix works
    It drops the larger one. Look for `on conflict` clauses that name its columns first.

    ## References
    - https://www.postgresql.org/docs/current/indexes-unique.html
    - https://www.sqlite.org/lang_createtable.html#unique_constraints
    """

    code = "IDX009"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.MAINTAINABILITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each of the larger ones."""
        for table in survey.tables:
            for larger, smaller in _implied(survey, table):
                yield Finding(
                    self.name(),
                    larger.ref,
                    f"On {table.ref}, {larger} can never refuse a row that {smaller} has let pass: all writes maintain "
                    "both for one rule.",
                    hint=f"Drop {larger}, unless an on conflict clause names its columns.",
                    evidence=tuple(Evidence(EvidenceKind.CATALOG, p.described(), p.origin) for p in (larger, smaller)),
                    origin=larger.origin,
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Drop the larger one."""
        table = survey.catalog.table(finding.object)
        for larger, _ in _implied(survey, table) if table else ():
            if larger.ref.key == finding.object.key:
                note = "An on conflict clause that names exactly these columns needs it; the server refuses it then."
                return Fix((Drop(larger.table.ref, larger.key or larger.index),), Applicability.UNSAFE, note)
        return None


def _implied(survey: Survey, table: Table) -> Iterator[tuple[Path, Path]]:
    """Pairs of a unique index and the smallest unique one that it begins with."""
    unique = [path for path in paths(table) if path.index.unique and path.index.method == "btree"]
    targets = {frozenset(key.referenced_columns) for _, key in survey.catalog.references_to(table.ref)}
    for larger in unique:
        index = larger.index
        if larger.primary or index.predicate is not None or index.include:
            continue
        smaller = [path for path in unique if path is not larger and _implies(path, larger)]
        needed = frozenset(index.column_names) in targets or _found_by_it_alone(larger)
        if smaller and not needed:
            yield larger, min(smaller, key=lambda path: (len(path.index.columns), not path.primary, str(path)))


def _implies(smaller: Path, larger: Path) -> bool:
    size = len(smaller.index.columns)
    own, key = smaller.index, smaller.key
    if own.predicate is not None or size >= len(larger.index.columns):
        return False
    columns = (smaller.table.column(name) for name in own.column_names)
    nullable = any(column is None or column.nullable for column in columns) or len(own.column_names) < size
    if nullable and larger.index.nulls_not_distinct and not own.nulls_not_distinct:
        return False
    if key is not None and key.deferrable and not (larger.key is not None and larger.key.deferrable):
        return False
    return forwards(larger.index)[:size] == forwards(own)


def _found_by_it_alone(larger: Path) -> bool:
    """True where a foreign key would be without an index if this one went."""
    table = larger.table
    rest = replace(
        table,
        indexes=tuple(index for index in table.indexes if index is not larger.index),
        unique_keys=tuple(key for key in table.unique_keys if key is not larger.key),
    )
    return any(is_indexed(table, key.columns) and not is_indexed(rest, key.columns) for key in table.foreign_keys)
