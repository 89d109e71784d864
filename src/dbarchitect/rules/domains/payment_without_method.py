"""Payments that do not say how they were paid."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import singular_words, words
from dbarchitect.rules._schema.domains import is_payment

_METHOD = frozenset(
    words(
        "method gateway provider processor instrument tender channel card brand last4 source wallet bank iban cash "
        "vendor psp acquirer"
    )
)
_KINDS = {("type",), ("payment", "type"), ("kind",), ("payment", "option"), ("mode",), ("payment", "mode")}


class PaymentWithoutMethod(Rule):
    """Payments do not say how they were paid

    ## What it finds
    Tables of payments (an amount, and a currency, a state or the processor's number) without a column for the method,
    and without a reference to a table of methods: card, transfer, wallet, or the provider that took the money.

    ## Why it matters
    Refunds go back by the way the money came, fees and disputes differ by method, and the accounts want to know. Asking
    the processor for each row is slow, and impossible once the contract with it has ended.

    ## When to leave it
    When there is one method only, or every row's processor number leads to it and the processor stays.

    ## How the fix works
    There is none to be generated: which methods there are is known by the application. A `payment_method` column with a
    CHECK, filled from the processor's event.

    ## References
    - https://docs.stripe.com/api/payment_methods
    """

    code = "DOM002"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table of payments."""
        for table in survey.tables:
            if is_payment(table) and _method(table) is None:
                columns = ", ".join(column.name for column in table.ordered_columns)
                yield Finding(
                    self.name(),
                    table.ref,
                    f"{table.ref} does not say how it was paid: card, transfer and wallet cannot be told apart.",
                    "Add a payment method, filled from the processor's event.",
                    (Evidence(EvidenceKind.CATALOG, f"columns: {columns}", table.origin),),
                    table.origin,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Payments that say it."""
        for table in survey.tables:
            column = _method(table) if is_payment(table) else None
            if column is not None:
                evidence = (Evidence(EvidenceKind.CATALOG, column, survey.origin_of(table.ref.column(column))),)
                yield Strength(self.name(), table.ref, "Payments say how they were paid.", evidence)


def _method(table: Table) -> str | None:
    """The column that tells the method or the provider."""
    for column in table.ordered_columns:
        own = singular_words(column.name)
        if _METHOD & set(own) or own in _KINDS:
            return column.name
    for key in table.foreign_keys:
        if _METHOD & set(singular_words(key.referenced.table or "")):
            return key.columns[0]
    return None
