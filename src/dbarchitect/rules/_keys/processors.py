"""Natural keys that a payment processor gave: its number of the very thing that a row is."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._keys.natural import NaturalKey, is_identified
from dbarchitect.rules._names import thing_words, words
from dbarchitect.rules._schema.shape import is_tenant

_PROCESSORS = frozenset(
    {
        "stripe",
        "paypal",
        "paddle",
        "braintree",
        "adyen",
        "square",
        "mollie",
        "razorpay",
        "chargebee",
        "lemonsqueezy",
        "lemon",
        "polar",
        "gocardless",
        "klarna",
        "revenuecat",
    }
)
_PROCESSOR_THINGS = {
    "customer": frozenset(
        {
            "user",
            "account",
            "customer",
            "team",
            "organization",
            "organisation",
            "workspace",
            "tenant",
            "profile",
            "company",
            "member",
            "subscription",
        }
    ),
    "subscription": frozenset({"subscription", "user", "account", "team", "organization", "workspace", "membership"}),
    "intent": frozenset({"payment", "order", "transaction", "purchase", "charge", "donation", "checkout"}),
    "charge": frozenset({"payment", "transaction", "charge", "donation"}),
    "invoice": frozenset({"invoice", "order", "payment"}),
    "session": frozenset({"checkout", "payment", "order", "purchase", "session"}),
    "transaction": frozenset({"payment", "transaction", "order", "purchase"}),
    "refund": frozenset({"refund"}),
    "event": frozenset({"event", "webhook"}),
    "dispute": frozenset({"dispute"}),
    "payout": frozenset({"payout"}),
    "order": frozenset({"payment", "order", "transaction"}),
}


def processor_ids(catalog: Catalog, table: Table) -> Iterator[NaturalKey]:
    """The payment processor's number of the very thing that a row is.

    Several tenants may have one person as their customer, whom the processor knows by one number.
    """
    thing = set(thing_words(table)[-1:])
    parents = (catalog.table(key.referenced) for key in table.foreign_keys)
    of_a_tenant = any(parent is not None and is_tenant(parent) for parent in parents)
    for column in table.ordered_columns:
        own = words(column.name)
        if own[-1:] != ("id",) or own[0] not in _PROCESSORS or is_identified(table, column.name) or len(own) < 3:
            continue
        itself = own[-2] in thing  # `prices.stripe_price_id`
        named = itself or thing & _PROCESSOR_THINGS.get(own[-2], frozenset())
        if named and column.type.family is Family.TEXT:
            if own[-2] == "customer" and (thing == {"subscription"} or (thing == {"customer"} and of_a_tenant)):
                continue
            harm = f"a repeated webhook or a retry can enter one {own[0].capitalize()} {own[-2]} twice"
            yield NaturalKey((column.name,), harm, f"it is the number that {own[0]} gave the same thing")
