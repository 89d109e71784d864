"""Payments for which a refund or a chargeback cannot be recorded."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, singular_words
from dbarchitect.rules._schema.domains import is_payment
from dbarchitect.rules._schema.soft_delete import state_values

_BACK = frozenset(
    {"refund", "refunded", "chargeback", "dispute", "disputed", "reversal", "reversed", "void", "voided", "returned"}
)
_STATES = phrases("status, state, payment status, payment state")


class PaymentWithoutRefundState(Rule):
    """Refunds and chargebacks cannot be recorded

    ## What it finds
    Tables of payments where money can only come in: no column for a refunded amount or time, no state that means
    refunded or disputed among the known ones, and no table of refunds, disputes or chargebacks. Where no
    states are declared, what they can say is not known from the schema, and the finding says so.

    ## Why it matters
    Money that went back still counts as income: reports are too high, credits are kept that were returned, and a
    dispute's deadline passes because no row shows it.

    ## When to leave it
    When another system keeps the books and this table only mirrors successful payments.

    ## How the fix works
    There is none to be generated. Partial refunds need a table (`refunds`: payment, amount, currency, reason, time, the
    processor's number, unique); whole ones can do with `refunded_at` and a state.

    ## References
    - https://docs.stripe.com/refunds
    - https://docs.stripe.com/disputes
    """

    code = "DOM003"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table of payments."""
        for table in survey.tables:
            if not is_payment(table) or _way_back(table, survey):
                continue
            state = next((c for c in table.ordered_columns if _STATES.whole(c.name)), None)
            free = state is not None and not state_values(survey.catalog, table, state)
            unless = f", and no state either unless some value of {state.name} means it" if state and free else ""
            looked = "no column, known state or table names a refund, reversal, dispute or chargeback"
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} records money coming in only: a refund or a chargeback leaves no amount and no time"
                f"{unless}.",
                "Add a table of refunds and disputes, or a refunded amount and time.",
                (Evidence(EvidenceKind.CATALOG, looked, table.origin),),
                table.origin,
                precision=Precision.LOW if free else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Payments that can be returned."""
        for table in survey.tables:
            way = _way_back(table, survey) if is_payment(table) else None
            if way is not None:
                evidence = (Evidence(EvidenceKind.CATALOG, way, table.origin),)
                yield Strength(self.name(), table.ref, "Refunds or disputes are recorded.", evidence)


def _way_back(table: Table, survey: Survey) -> str | None:
    """Where a refund is or could be recorded."""
    for column in table.ordered_columns:
        if set(singular_words(column.name)) & _BACK:
            return f"column {column.name}"
        for value in sorted(state_values(survey.catalog, table, column)):
            if set(singular_words(value)) & _BACK:
                return f"state {value} of {column.name}"
    for other in survey.catalog.tables:
        if set(singular_words(other.name)) & _BACK:
            return f"table {other.ref}"
    return None
