"""The rule `money-as-float`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family, SqlType
from dbarchitect.change.operations import AlterColumn
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
from dbarchitect.rules._money import is_money
from dbarchitect.rules._sql import count, quoted

_DOUBLE_DIGITS = 15


class MoneyAsFloat(Rule):
    """Money in binary floating point

    ## What it finds
    Columns of type `real` or `double precision` that hold money by their name and company: prices, salaries, fees;
    amounts, balances, costs and totals in a table about trade or beside a currency. Ratings, weights, coordinates and
    estimates (averages, forecasts, the metered cost of a computation) are none. On SQLite, which keeps a DECIMAL as a
    binary number too, decimals with more digits than that can hold are named for information.

    ## Why it matters
    Sums come out a cent off, `=` misses, and totals differ between the database, the application and the invoice: 0.1
    has no exact binary value.

    ## When to leave it
    The number is an estimate that is shown and never added up to be paid.

    ## How the fix works
    It changes the type to `numeric(19, 4)`. Look at what is stored first: values with more digits are rounded. On
    SQLite keep whole cents in an INTEGER: that is a change of the application too.

    ## References
    - https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-FLOAT
    - https://www.sqlite.org/floatingpoint.html
    """

    code = "TYP002"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            for column in table.ordered_columns:
                family = survey.catalog.family(column.type)
                if not is_money(table, column):
                    continue
                if family is Family.FLOAT:
                    yield self._finding(survey, table, column)
                elif family is Family.DECIMAL and _is_inexact(survey, column):
                    yield self._on_sqlite(survey, table, column)

    def _finding(self, survey: Survey, table: Table, column: Column) -> Finding:
        ref = table.ref.column(column.name)
        exact = not survey.engine.capabilities.add_constraint_in_place
        hint = (
            f"Keep {ref} in whole cents, as an integer."
            if exact
            else f"Make {ref} numeric, or whole cents as an integer."
        )
        return Finding(
            self.name(),
            ref,
            f"{ref} keeps money as {column.type}: sums come out cents off, and equal amounts need not be equal.",
            hint,
            (Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}", survey.origin_of(ref)),),
            survey.origin_of(ref),
        )

    def _on_sqlite(self, survey: Survey, table: Table, column: Column) -> Finding:
        ref = table.ref.column(column.name)
        return Finding(
            self.name(),
            ref,
            f"{ref} is declared {column.type}, but the engine keeps it as an 8-byte binary number: only "
            f"{_DOUBLE_DIGITS} digits survive, and sums are not exact.",
            f"Keep {ref} in whole cents, as an integer, until an engine with exact decimals holds it.",
            (Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}", survey.origin_of(ref)),),
            survey.origin_of(ref),
            level=Level.INFO,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The money that is kept exactly."""
        exact = [
            (table, column)
            for table in survey.tables
            for column in table.ordered_columns
            if is_money(table, column) and _is_exact(survey, column)
        ]
        if exact:
            evidence = tuple(
                Evidence(
                    EvidenceKind.CATALOG, f"{t.ref.column(c.name)} {c.type}", survey.origin_of(t.ref.column(c.name))
                )
                for t, c in exact
            )
            message = f"{count(len(exact), 'amount')} of money kept in exact numbers."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """An exact decimal."""
        table = survey.catalog.table(finding.object)
        column = table.column(finding.object.columns[0]) if table else None
        if table is None or column is None or survey.catalog.family(column.type) is not Family.FLOAT:
            return None
        if _keeps_decimals_as_floats(survey):
            return None
        new = replace(column, type=SqlType("numeric", (19, 4)))
        note = "Values with more than four decimals are rounded; the table is rewritten under an exclusive lock."
        using = f"round({quoted(column.name)}::numeric, 4)"
        return Fix((AlterColumn(table.ref, column, new, using),), Applicability.UNSAFE, note)


def _keeps_decimals_as_floats(survey: Survey) -> bool:
    return survey.engine.capabilities.integer_primary_key_is_64_bit


def _is_inexact(survey: Survey, column: Column) -> bool:
    digits = column.type.arguments[0] if column.type.arguments else None
    return _keeps_decimals_as_floats(survey) and (digits is None or digits > _DOUBLE_DIGITS)


def _is_exact(survey: Survey, column: Column) -> bool:
    family = survey.catalog.family(column.type)
    return family is Family.INTEGER or (family is Family.DECIMAL and not _keeps_decimals_as_floats(survey))
