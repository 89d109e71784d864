"""Columns that count or cost something: which of them can never be negative."""

from __future__ import annotations

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import phrases, singular_words, thing_words
from dbarchitect.rules._schema.shape import is_copy

CONSUMED = phrases(
    "balance, credits balance, user credit, available credit, used credit, ai credit, api credit, free credit, stock, "
    "inventory, on hand, quantity available, available quantity, remaining, credits remaining, seats available, "
    "seats left, stock quantity, stock level"
)
"""What is taken from bit by bit, so that two takers at once can take too much."""
_BALANCE = phrases("balance")
_CREDITS = phrases("credit")
_DEBITS = phrases("debit")
AMOUNTS = phrases(
    "price, amount, quantity, qty, subtotal, sub total, total, fee, cost, tax, salary, wage, budget, discount, "
    "revenue, refund, deposit, unit price, list price, shipping"
)
MONEY = phrases(
    "price, amount, balance, subtotal, sub total, fee, cost, tax, salary, wage, budget, revenue, deposit, refund, "
    "discount, payment, unit price, total price, total amount, grand total, income, expense, debit, credit limit"
)
"""What is counted in money, more often than not."""
_TOTAL = phrases("total")
_FIGURES = phrases(
    "total balance, net balance, running balance, opening balance, closing balance, ledger balance, "
    "outstanding balance, balance due, balance before, balance after, starting balance, start balance, "
    "initial balance, previous balance, expected balance, target balance"
)
"""Balances that are reported, not taken from: what was booked decides their sign."""
_METERS = phrases("meter")
"""What measures use that has happened: nobody can refuse it any more, so that its balance may fall below zero."""
_CURRENCY = phrases("currency")
_UNITS = frozenset({"cent", "usd", "eur", "gbp", "minor", "micro", "unit", "in", "net", "gross", "total", "value"})
_SIGNED = phrases(
    "delta, change, adjustment, adjusted, diff, difference, profit, loss, pnl, variance, offset, gain, margin, growth, "
    "deviation, correction, signed, percent, percentage, pct, rate, ratio, factor, multiplier, type, currency"
)
_BOOKS = phrases(
    "transaction, ledger, entry, adjustment, movement, journal, posting, correction, ledger line, journal line, "
    "statement line, balance change, statement, reconciliation, credit log, history, delta, bill, expense, income, "
    "spending, receipt, reimbursement, settlement, cash flow"
)
_AT_A_BANK = phrases("bank account, iban, routing number, sort code, bank connection, bank connection id")
"""What tells that a balance is kept elsewhere and copied: by the bank's leave it may be overdrawn."""
_NUMBERS = {Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.MONEY}


def measure(name: str) -> str:
    """The identifier without the unit at its end: `price_usd` and `priceInCents` are prices."""
    own = list(singular_words(name))
    while len(own) > 1 and own[-1] in _UNITS:
        own.pop()
    return "_".join(own)


def is_number(catalog: Catalog, column: Column) -> bool:
    """True for a column that holds a number which the application sets."""
    family = catalog.family(column.type)
    return family in _NUMBERS and column.identity is None and column.generated is None


def is_consumed(table: Table, column: Column) -> bool:
    """True for a store that is taken from: a balance of credits, a stock."""
    if _FIGURES.ends(measure(column.name)) or _METERS.ends("_".join(thing_words(table))):
        return False
    whole = _CREDITS.whole(column.name) and not any(_DEBITS.within(other.name) for other in table.columns)
    return (whole or CONSUMED.ends(measure(column.name))) and not _may_be_signed(table, column)


def is_amount(table: Table, column: Column) -> bool:
    """True for a price, a quantity, an amount that is no booking."""
    alone = _TOTAL.whole(column.name) and not any(
        MONEY.ends(measure(other.name)) or _CURRENCY.within(other.name)
        for other in table.columns
        if other is not column
    )
    return AMOUNTS.ends(measure(column.name)) and not alone and not _may_be_signed(table, column)


def _may_be_signed(table: Table, column: Column) -> bool:
    thing = "_".join(thing_words(table))
    if _BALANCE.within(column.name) and (
        _AT_A_BANK.ends(thing) or any(_AT_A_BANK.whole(other.name) for other in table.columns)
    ):
        return True
    return _SIGNED.within(column.name) or is_copy(table) or _BOOKS.ends(thing)
