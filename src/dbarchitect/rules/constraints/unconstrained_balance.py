"""The rule `unconstrained-balance`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Assignment, Comparison, Operand, QueryFact, Verb
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
from dbarchitect.rules._code.queries import queries_by_function
from dbarchitect.rules._fixes.members import new_check
from dbarchitect.rules._schema.limits import has_lower_bound
from dbarchitect.rules._schema.quantities import is_amount, is_consumed, is_number
from dbarchitect.rules._schema.values import default_of
from dbarchitect.rules._sql import count, listed, quoted

_CHANGES = frozenset({Verb.UPDATE, Verb.UPSERT})


class UnconstrainedBalance(Rule):
    """An amount that can fall below zero

    ## What it finds
    Numbers that are never negative by what they mean, with no CHECK that says so: stores that are taken from (a
    balance, credits, stock; not where the code only adds rows with what was used), as a warning, and prices,
    quantities and amounts, and a store that the code only notes as it is told, for information. Changes, differences,
    bookings in a ledger and whatever else has a sign are left alone.

    ## Why it matters
    A negative price or stock is stored without an error, whichever code path let it through; and two requests that read
    the same balance both take from it. The constraint is the last place that can refuse.

    ## When to leave it
    The number may be negative: an overdraft, a correction, a refund kept as a negative amount. Where the code itself
    asks for rows below zero, nothing is said.

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
            open_ = tuple(c for c in _unbounded(survey, table) if not _may_be_below(survey, table, c))
            stores = [c for c in open_ if is_consumed(table, c) and not _is_only_booked(survey, table, c)]
            noted = {c.name for c in stores if _is_only_noted(survey, table, c)}
            for column in stores:
                if column.name not in noted:
                    yield self._of_store(survey, table, column)
            amounts = tuple(c for c in open_ if c.name in noted or not is_consumed(table, c))
            if amounts:
                yield self._of_amounts(survey, table, amounts)

    def _of_store(self, survey: Survey, table: Table, column: Column) -> Finding:
        ref, name = table.ref.column(column.name), quoted(column.name)
        null = f"; it may be NULL as well, which CHECK ({name} >= 0) lets through" if column.nullable else ""
        required = " and NOT NULL" if _must_be_there(column) else ""
        return Finding(
            self.name(),
            ref,
            f"{ref} has no lower bound: {_harm(survey, table, column)}{null}.",
            hint=f"Add CHECK ({name} >= 0){required} to {table.ref}.",
            evidence=(_evidence(survey, table, column),),
            origin=survey.origin_of(ref),
            level=Level.WARNING,
        )

    def _of_amounts(self, survey: Survey, table: Table, columns: tuple[Column, ...]) -> Finding:
        names = tuple(column.name for column in columns)
        have = "has" if len(names) == 1 else "have"
        checks = tuple(f"CHECK ({quoted(name)} >= 0)" for name in names)
        return Finding(
            self.name(),
            table.ref.over(names),
            f"{listed(names)} of {table.ref} {have} no lower bound: a negative amount is stored without a word.",
            hint=f"Add {listed(checks)} to {table.ref}.",
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


def _may_be_below(survey: Survey, table: Table, column: Column) -> bool:
    """True where the code asks for the rows that are below zero: it knows that there are some."""
    ref = table.ref.column(column.name)
    return any(
        p.column.key == ref.key and p.comparison is Comparison.RANGE and p.upto and p.constants in {("0",), ("0.0",)}
        for query in (survey.code.about(table.ref) if survey.code is not None else ())
        for p in query.predicates
    )


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


def _writes(survey: Survey, table: Table, column: Column) -> Iterator[tuple[QueryFact, Assignment]]:
    """What the code writes to a column of rows that are there already."""
    ref = table.ref.column(column.name)
    for query in survey.code.about(table.ref) if survey.code is not None else ():
        if query.verb is not Verb.INSERT:
            yield from ((query, one) for one in query.assignments if one.column.key == ref.key)


def _is_only_noted(survey: Survey, table: Table, column: Column) -> bool:
    """True where the code changes rows of the table and computes no number of the store from what was there: it notes
    what another program says of an account, which is taken from over there."""
    changes = [q for q in (survey.code.about(table.ref) if survey.code is not None else ()) if q.verb in _CHANGES]
    unknown = any({"columns", "text", "table"} & set(query.dynamic) for query in changes)
    given = {Operand.PARAMETER, Operand.CONSTANT}
    noted = all(one.operand in given and not one.reads for _, one in _writes(survey, table, column))
    return bool(changes) and noted and not unknown


def _harm(survey: Survey, table: Table, column: Column) -> str:
    """What can become of it: with a lock before each change, only what forgets to look."""
    code, ref = survey.code, table.ref.column(column.name)
    changing = [q.place.function for q, one in _writes(survey, table, column) if ref in one.reads]
    locked = code is not None and all(
        any(q.locks and q.table == table.ref for q in queries_by_function(code).get(function, ()))
        for function in changing
    )
    if changing and locked:
        return "only the code, which locks the row before it takes from it, keeps it from falling below zero"
    return "two requests at once can take it below zero"


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
