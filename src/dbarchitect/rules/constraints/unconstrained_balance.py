"""The rule `unconstrained-balance`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.objects import Column, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add, AlterColumn, Change
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._limits import has_lower_bound
from dbarchitect.rules._members import new_check
from dbarchitect.rules._quantities import is_amount, is_consumed, is_number
from dbarchitect.rules._sql import count, quoted
from dbarchitect.rules._values import default_of


class UnconstrainedBalance(Rule):
    """An amount that can fall below zero

    ## What it finds
    Numbers that are never negative by what they mean, with no CHECK that says so: stores that are taken from (a
    balance, credits, stock), as a warning, and prices, quantities and amounts, for information. Changes, differences,
    bookings in a ledger and whatever else has a sign are left alone.

    ## Why it matters
    Two requests that read the same balance both take from it; without the CHECK both succeed. The constraint is the
    last place that can refuse, whichever code path has forgotten to lock.

    ## When to leave it
    The number may be negative: an overdraft, a correction, a refund kept as a negative amount.

    ## How the fix works
    It adds `CHECK (column >= 0)`. A CHECK lets NULL through; a store with a default becomes NOT NULL as well. It fails
    while negative values or NULLs are stored: repair those first.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS
    - https://www.sqlite.org/lang_createtable.html#check_constraints
    """

    code = "CHK002"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            for column, consumed in _unbounded(survey, table):
                yield self._finding(survey, table, column, consumed)

    def _finding(self, survey: Survey, table: Table, column: Column, consumed: bool) -> Finding:
        ref = table.ref.column(column.name)
        harm = "two requests at once can take it below zero" if consumed else "a negative one is stored without a word"
        null = (
            f"; it may be NULL as well, which CHECK ({quoted(column.name)} >= 0) lets through"
            if column.nullable
            else ""
        )
        required = " and NOT NULL" if consumed and column.nullable and default_of(column) is not None else ""
        return Finding(
            self.name(),
            ref,
            f"{ref} has no lower bound: {harm}{null}.",
            hint=f"Add CHECK ({quoted(column.name)} >= 0){required} to {table.ref}.",
            evidence=(
                Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}, no CHECK from below", survey.origin_of(ref)),
            ),
            origin=survey.origin_of(ref),
            level=Level.WARNING if consumed else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The amounts that the database keeps from falling below zero."""
        kept = [
            Evidence(EvidenceKind.CATALOG, f"{table.ref.column(column.name)} has a lower bound", table.origin)
            for table in survey.tables
            for column in table.ordered_columns
            if is_number(survey.catalog, column)
            and (is_consumed(table, column) or is_amount(table, column))
            and has_lower_bound(survey.catalog, table, column)
        ]
        if kept:
            message = f"{count(len(kept), 'amount')} that the database itself keeps from falling below zero."
            yield Strength(self.name(), Ref.database(), message, tuple(kept))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The CHECK, and NOT NULL for a store that has a default."""
        table = survey.catalog.table(finding.object)
        for column, consumed in _unbounded(survey, table) if table else ():
            if column.name == finding.object.columns[0] and table is not None:
                check = new_check(survey.catalog, table, (column.name,), f"{quoted(column.name)} >= 0")
                changes: tuple[Change, ...] = (Add(table.ref, check),)
                note = f"Look for rows where {column.name} < 0 first."
                if consumed and column.nullable and default_of(column) is not None:
                    changes = (AlterColumn(table.ref, column, replace(column, nullable=False)), *changes)
                    note = f"Look for rows where {column.name} < 0, and give those that are NULL a value, first."
                return Fix(changes, Applicability.UNSAFE, note)
        return None


def _unbounded(survey: Survey, table: Table) -> Iterator[tuple[Column, bool]]:
    """The columns, each with whether it is a store that is taken from."""
    for column in table.ordered_columns:
        consumed = is_consumed(table, column)
        if not is_number(survey.catalog, column) or not (consumed or is_amount(table, column)):
            continue
        lowest = column.declared.minimum if column.declared else None
        negative = lowest is not None and lowest.startswith("-")
        unsigned = "unsigned" in column.type.spelled.lower()
        referring = any(column.name in key.columns for key in table.foreign_keys)
        if not (negative or unsigned or referring or has_lower_bound(survey.catalog, table, column)):
            yield column, consumed
