"""Columns that hold money, judged by name and company."""

from __future__ import annotations

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.rules._names import phrases, thing_words, words
from dbarchitect.rules._schema.quantities import MONEY, measure

_SURE = phrases("price, salary, wage, revenue, subtotal, sub total, income, unit price, total price, balance due, fee")
_TRADE = phrases(
    "payment, order, invoice, cart, product, plan, subscription, account, wallet, transaction, charge, refund, payout, "
    "expense, purchase, sale, donation, bill, billing, ledger, budget, checkout, price, deal, quote, booking, coupon"
)
_ESTIMATES = phrases(
    "estimated, estimate, forecast, predicted, avg, average, mean, median, token, usage, compute, ai, model, api, "
    "score, ratio, rate, percent, percentage, pct, factor, weight, change, index, llm, prompt, completion, inference, "
    "normalized"
)
_CURRENCY = phrases("currency")


def is_money(table: Table, column: Column) -> bool:
    """True for a price or a fee; for an amount in a table about trade, beside a currency, or with one in its name."""
    name = measure(column.name)
    if not MONEY.ends(name) or _ESTIMATES.within(column.name):
        return False
    beside = any(_CURRENCY.within(other.name) for other in table.columns)
    trade = _TRADE.within("_".join(thing_words(table)))
    unit = words(column.name)[-1:] in {("usd",), ("eur",), ("gbp",), ("cents",)}
    return _SURE.ends(name) or beside or trade or unit
