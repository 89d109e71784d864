"""The rule `nullable-composite-foreign-key`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import ForeignKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.members import new_check
from dbarchitect.rules._sql import listed, quoted


@dataclass(frozen=True, slots=True)
class _Gap:
    """A foreign key, and those of its columns that may be null each for itself."""

    key: ForeignKey
    nullable: tuple[str, ...]


class NullableCompositeForeignKey(Rule):
    """A foreign key of several columns that one NULL switches off

    ## What it finds
    A foreign key over several columns of which two or more may be null, each for itself, without MATCH FULL and
    without a CHECK that ties them. A single nullable column among several is left alone: there NULL says that there
    is no reference, and the others belong to the row anyway (its tenant).

    ## Why it matters
    With MATCH SIMPLE, which is the default, a row with NULL in any of the columns is not checked at all. A row that
    names an order of no country, or a country with an order that was never there, is stored without a word.

    ## When to leave it
    Half a reference has a meaning of its own in this table.

    ## How the fix works
    It adds a CHECK that the columns are null together or not at all, which every engine keeps (MATCH FULL means the
    same in PostgreSQL; SQLite reads it and ignores it). It fails while half references are stored. Where a column
    serves another foreign key too there is no fix: which columns may be missing together is for you to say.

    ## References
    - https://www.postgresql.org/docs/current/sql-createtable.html
    - https://www.sqlite.org/foreignkeys.html#fk_unsupported
    """

    code = "KEY012"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each foreign key."""
        for table in survey.tables:
            for gap in _gaps(table):
                ref = table.ref.over(gap.key.columns)
                names = listed(gap.nullable)
                yield Finding(
                    self.name(),
                    ref,
                    f"{table.ref}({', '.join(gap.key.columns)}) is not checked against {gap.key.referenced} as soon as "
                    f"one of {names} is NULL: half a reference, to nothing, is stored without a word.",
                    hint=f"Make {names} NOT NULL, or let a CHECK (or MATCH FULL) keep them null together.",
                    evidence=(
                        Evidence(EvidenceKind.CATALOG, f"MATCH SIMPLE, and {names} may be null", gap.key.origin),
                    ),
                    origin=gap.key.origin if gap.key.origin.path else survey.origin_of(ref),
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A CHECK that the columns are null together."""
        table = survey.catalog.table(finding.object)
        for gap in _gaps(table) if table else ():
            if table is None or gap.key.columns != finding.object.columns or _shared(table, gap):
                continue
            first, *others = (f"({quoted(name)} is null)" for name in gap.nullable)
            text = " and ".join(f"{first} = {other}" for other in others)
            check = new_check(survey.catalog, table, gap.nullable, text)
            return Fix((Add(table.ref, check),), Applicability.UNSAFE, f"Look for rows where not ({text}) first.")
        return None


def _gaps(table: Table) -> Iterator[_Gap]:
    for key in table.foreign_keys:
        if len(key.columns) < 2 or key.match_full:
            continue
        columns = (column for column in map(table.column, key.columns) if column is not None)
        nullable = tuple(column.name for column in columns if column.nullable)
        tied = any(set(nullable) <= set(columns_of(check.expression)) for check in table.checks)
        if len(nullable) > 1 and not tied:
            yield _Gap(key, nullable)


def _shared(table: Table, gap: _Gap) -> bool:
    """True where one of the columns serves another foreign key as well."""
    others = (key for key in table.foreign_keys if key.columns != gap.key.columns)
    return any(set(gap.nullable) & set(key.columns) for key in others)
