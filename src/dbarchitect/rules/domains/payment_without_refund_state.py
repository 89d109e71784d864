"""Payments for which a refund or a chargeback cannot be recorded."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.expressions import value_sets
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._domains import is_payment
from dbarchitect.rules._names import singular_words

_BACK = {"refund", "refunded", "chargeback", "dispute", "disputed", "reversal", "reversed", "void", "voided"}


class PaymentWithoutRefundState(Rule):
    """Refunds and chargebacks cannot be recorded

    ## What it finds
    Tables of payments where money can only come in: no column for a refunded amount or time, no state that means
    refunded or disputed among the known ones, and no table of refunds, disputes or chargebacks.

    ## Why it matters
    Money that went back still counts as income: reports are too high, credits are kept that were returned, and a
    dispute's deadline passes because no row shows it.

    ## When to leave it
    When another system keeps the books and this table only mirrors successful payments.

    ## How the fix works
    There is none to be generated. Partial refunds need a table (`refunds`: payment, amount, currency, reason, time, the
    processor's number, unique); whole ones can do with `refunded_at` and a state.

    ## References
    https://docs.stripe.com/refunds
    https://docs.stripe.com/disputes
    """

    code = "DOM003"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table of payments."""
        for table in survey.tables:
            if is_payment(table) and not _way_back(table, survey):
                yield Finding(
                    self.name(),
                    table.ref,
                    f"{table.ref} records money coming in only: a refund or a chargeback leaves no trace.",
                    "Add a table of refunds and disputes, or a refunded amount and time.",
                    (
                        Evidence(
                            EvidenceKind.CATALOG, "no column, state or table names a refund or dispute", table.origin
                        ),
                    ),
                    table.origin,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Payments that can be returned."""
        for table in survey.tables:
            way = _way_back(table, survey) if is_payment(table) else None
            if way is not None:
                evidence = (Evidence(EvidenceKind.CATALOG, way, table.origin),)
                yield Strength(self.name(), table.ref, "refunds or disputes are recorded", evidence)


def _way_back(table: Table, survey: Survey) -> str | None:
    for column in table.ordered_columns:
        if set(singular_words(column.name)) & _BACK:
            return f"column {column.name}"
        values = {v for check in table.checks for v in value_sets(check.expression).get(column.name, ())}
        enum = survey.catalog.enum_of(column.type)
        values |= set(column.declared.choices if column.declared else ()) | set(enum.values if enum else ())
        known = [value for value in values if set(singular_words(value)) & _BACK]
        if known:
            return f"state {sorted(known)[0]} of {column.name}"
    for other in survey.catalog.tables:
        if set(singular_words(other.name)) & _BACK:
            return f"table {other.ref}"
    return None
