"""The rule `money-as-float`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from dbarchitect.rules._schema.money import is_money
from dbarchitect.rules._sql import count, listed, quoted

_DOUBLE_DIGITS = 15
_IN_UNITS = "whole numbers of the smallest unit that is reckoned with (cents)"
_SEVERAL = ("several",)


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
        """One finding for each column, one for several of a table."""
        for table in survey.tables:
            money = [column for column in table.ordered_columns if is_money(table, column)]
            inexact = [column for column in money if survey.catalog.family(column.type) is Family.FLOAT]
            decimals = [
                column
                for column in money
                if survey.catalog.family(column.type) is Family.DECIMAL and _is_inexact(survey, column)
            ]
            if inexact:
                yield self._finding(survey, table, inexact)
            if decimals:
                yield self._on_sqlite(survey, table, decimals)

    def _finding(self, survey: Survey, table: Table, columns: Sequence[Column]) -> Finding:
        ref, named, them = _all_of(table, columns)
        exact = not survey.engine.capabilities.add_constraint_in_place
        keep = "keeps" if len(columns) == 1 else "keep"
        types = listed(dict.fromkeys(str(column.type) for column in columns))
        return Finding(
            self.name(),
            ref,
            f"{named} {keep} money as {types}: sums come out cents off, and equal amounts need not be equal.",
            f"Keep {them} as {_IN_UNITS}." if exact else f"Make {them} numeric, or {_IN_UNITS}.",
            _types(survey, table, columns),
            survey.origin_of(table.ref.column(columns[0].name)),
            salient=_SEVERAL if len(columns) > 1 else (),
        )

    def _on_sqlite(self, survey: Survey, table: Table, columns: Sequence[Column]) -> Finding:
        ref, named, them = _all_of(table, columns)
        are, keeps = ("is", "it") if len(columns) == 1 else ("are", "them")
        types = listed(dict.fromkeys(str(column.type) for column in columns))
        return Finding(
            self.name(),
            ref,
            f"{named} {are} declared {types}, but the engine keeps {keeps} as an 8-byte binary number: only "
            f"{_DOUBLE_DIGITS} digits survive, and sums are not exact.",
            f"Keep {them} as {_IN_UNITS}, until an engine with exact decimals holds {keeps}.",
            _types(survey, table, columns),
            survey.origin_of(table.ref.column(columns[0].name)),
            salient=_SEVERAL if len(columns) > 1 else (),
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
        named = [c for c in table.ordered_columns if c.name in finding.object.columns] if table is not None else []
        inexact = [column for column in named if survey.catalog.family(column.type) is Family.FLOAT]
        if table is None or not inexact or _keeps_decimals_as_floats(survey):
            return None
        note = "Values with more than four decimals are rounded; the table is rewritten under an exclusive lock."
        changes = tuple(
            AlterColumn(
                table.ref,
                column,
                replace(column, type=SqlType("numeric", (19, 4))),
                f"round({quoted(column.name)}::numeric, 4)",
            )
            for column in inexact
        )
        return Fix(changes, Applicability.UNSAFE, note)


def _all_of(table: Table, columns: Sequence[Column]) -> tuple[Ref, str, str]:
    """The object of a finding about one or several columns, its name, and the word for it in a hint."""
    if len(columns) == 1:
        ref = table.ref.column(columns[0].name)
        return ref, str(ref), str(ref)
    names = tuple(column.name for column in columns)
    return table.ref.over(names), f"{listed(names)} of {table.ref}", "them"


def _types(survey: Survey, table: Table, columns: Sequence[Column]) -> tuple[Evidence, ...]:
    refs = ((table.ref.column(column.name), column.type) for column in columns)
    return tuple(Evidence(EvidenceKind.CATALOG, f"{ref} {kind}", survey.origin_of(ref)) for ref, kind in refs)


def _keeps_decimals_as_floats(survey: Survey) -> bool:
    return survey.engine.capabilities.integer_primary_key_is_64_bit


def _is_inexact(survey: Survey, column: Column) -> bool:
    digits = column.type.arguments[0] if column.type.arguments else None
    return _keeps_decimals_as_floats(survey) and (digits is None or digits > _DOUBLE_DIGITS)


def _is_exact(survey: Survey, column: Column) -> bool:
    family = survey.catalog.family(column.type)
    return family is Family.INTEGER or (family is Family.DECIMAL and not _keeps_decimals_as_floats(survey))
