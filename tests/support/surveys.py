"""A small schema by hand, and rules of our own, for the tests of the audit."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.facts import Facts, TableFacts
from dbarchitect.catalog.members import Column, ForeignKey, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.catalog.survey import Application, Need, Survey
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.operations import Add
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule

MODELS = Origin("app/models.py", 3, 1, 3, 20)


def table(name: str, *columns: str, references: str | None = None) -> Table:
    """A table with an integer key, these text columns, and a foreign key `<references>_id` to another."""
    made = [Column("id", parse_type("bigint"), nullable=False, position=1)]
    made += [Column(c, parse_type("text"), position=n) for n, c in enumerate(columns, 2)]
    keys: tuple[ForeignKey, ...] = ()
    if references:
        made.append(Column(f"{references}_id", parse_type("bigint"), nullable=False, position=9))
        keys = (ForeignKey((f"{references}_id",), Ref.of_table(references), ("id",)),)
    return Table(name, tuple(made), primary_key=UniqueKey(("id",)), foreign_keys=keys, origin=MODELS)


class Unindexed(Rule):
    """A foreign key has no index

    ## Why it matters
    Deleting a parent reads the whole child. Joins do too.
    """

    code = "TST001"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE

    def detect(self, survey: Survey) -> Iterable[Finding]:
        for candidate in survey.tables:
            for key in candidate.foreign_keys:
                ref = candidate.ref.over(key.columns)
                yield Finding(
                    self.name(), ref, f"{ref} has no index", "Add one.",
                    (Evidence(EvidenceKind.CATALOG, "no index starts with it", candidate.origin),), candidate.origin,
                )  # fmt: skip

    def praise(self, survey: Survey) -> Iterable[Strength]:
        yield Strength(self.name(), Ref.database(), "keys are declared")

    def fix(self, finding: Finding, survey: Survey) -> Fix:
        index = Index(tuple(IndexColumn(name) for name in finding.object.columns), name="ix_hand")
        return Fix((Add(finding.object.table_ref, index),))


class NeedsStatistics(Unindexed):
    """Needs what only a server knows"""

    code = "TST002"
    needs = frozenset({Need.STATISTICS})

    @classmethod
    def name(cls) -> str:
        return "needs-statistics"


class Breaks(Unindexed):
    """Fails on every input"""

    code = "TST003"
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        raise ZeroDivisionError


def survey(*tables: Table, facts: Facts | None = None) -> Survey:
    """A Survey of these tables, with one Diagnostic."""
    return Survey(
        Application("shop", framework="sqlalchemy", targets=(("directory", "."),)),
        Catalog(tables=tables),
        facts,
        files=("app/models.py",),
        diagnostics=(Diagnostic(Origin("app/broken.py", 7), "cannot read this class"),),
    )


def sizes(**rows: int) -> Facts:
    """Facts with these row estimates."""
    return Facts(tables={Ref.of_table(name).key: TableFacts(rows=count) for name, count in rows.items()})
