"""The rule `unconstrained-balance`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Verb
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
from dbarchitect.rules._sql import count, listed, quoted
from dbarchitect.rules._values import default_of


class UnconstrainedBalance(Rule):
    """An amount that can fall below zero

    ## What it finds
    Numbers that are never negative by what they mean, with no CHECK that says so: stores that are taken from (a
    balance, credits, stock; not where the code only adds rows with what was used), as a warning, and prices,
    quantities and amounts, for information. Changes, differences, bookings in a ledger and whatever else has a sign
    are left alone.

    ## Why it matters
    A negative price or stock is stored without an error, whichever code path let it through; and two requests that read
    the same balance both take from it. The constraint is the last place that can refuse.

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
        """One finding for each store that is taken from; one for the other amounts of a table."""
        for table in survey.tables:
            open_ = tuple(_unbounded(survey, table))
            stores = [c for c in open_ if is_consumed(table, c) and not _is_only_booked(survey, table, c)]
            for column in stores:
                yield self._of_store(survey, table, column)
            amounts = tuple(column for column in open_ if not is_consumed(table, column))
            if amounts:
                yield self._of_amounts(survey, table, amounts)

    def _of_store(self, survey: Survey, table: Table, column: Column) -> Finding:
        ref, name = table.ref.column(column.name), quoted(column.name)
        null = f"; it may be NULL as well, which CHECK ({name} >= 0) lets through" if column.nullable else ""
        required = " and NOT NULL" if _must_be_there(column) else ""
        return Finding(
            self.name(),
            ref,
            f"{ref} has no lower bound: two requests at once can take it below zero{null}.",
            hint=f"Add CHECK ({name} >= 0){required} to {table.ref}.",
            evidence=(_evidence(survey, table, column),),
            origin=survey.origin_of(ref),
            level=Level.WARNING,
        )

    def _of_amounts(self, survey: Survey, table: Table, columns: tuple[Column, ...]) -> Finding:
        names = tuple(column.name for column in columns)
        have, them = ("has", "it") if len(names) == 1 else ("have", "them")
        return Finding(
            self.name(),
            table.ref.over(names),
            f"{listed(names)} of {table.ref} {have} no lower bound: a negative amount is stored without a word.",
            hint=f"Add a CHECK that keeps {them} from falling below zero.",
            evidence=tuple(_evidence(survey, table, column) for column in columns),
            origin=survey.origin_of(table.ref.column(names[0])),
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
        """A CHECK for each column, and NOT NULL for a store that has a default."""
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        changes: list[Change] = []
        for column in filter(None, map(table.column, finding.object.columns)):
            if is_consumed(table, column) and _must_be_there(column):
                changes.append(AlterColumn(table.ref, column, replace(column, nullable=False)))
            check = new_check(survey.catalog, table, (column.name,), f"{quoted(column.name)} >= 0")
            changes.append(Add(table.ref, check))
        note = f"Look for rows where {listed(finding.object.columns, 'or')} is negative (or NULL) first."
        return Fix(tuple(changes), Applicability.UNSAFE, note)


def _is_only_booked(survey: Survey, table: Table, column: Column) -> bool:
    """True where the code makes a row for each use and never changes the number of one: it is no store, but a list of
    what was used."""
    ref, code = table.ref.column(column.name), survey.code
    writes = [
        query.verb
        for query in (code.about(table.ref) if code is not None else ())
        if any(assignment.column.key == ref.key for assignment in query.assignments)
    ]
    return Verb.INSERT in writes and set(writes) == {Verb.INSERT}


def _must_be_there(column: Column) -> bool:
    """True for a store that may be null although every row gets a number."""
    return column.nullable and default_of(column) is not None


def _evidence(survey: Survey, table: Table, column: Column) -> Evidence:
    ref = table.ref.column(column.name)
    return Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}, no CHECK from below", survey.origin_of(ref))


def _unbounded(survey: Survey, table: Table) -> Iterator[Column]:
    for column in table.ordered_columns:
        meant = is_consumed(table, column) or is_amount(table, column)
        if not meant or not is_number(survey.catalog, column):
            continue
        lowest = column.declared.minimum if column.declared else None
        negative = lowest is not None and lowest.startswith("-")
        unsigned = "unsigned" in column.type.spelled.lower()
        referring = any(column.name in key.columns for key in table.foreign_keys)
        if not (negative or unsigned or referring or has_lower_bound(survey.catalog, table, column)):
            yield column
