"""Ledgers: tables of bookings that change a balance, with what each is and how much it adds or takes."""

from __future__ import annotations

from dbarchitect.catalog.expressions import value_sets
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.coded_values import closed_values
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._schema.quantities import is_number, measure

_BOOKINGS = phrases("transaction, ledger, ledger entry, entry, booking, movement, posting, credit log, balance change")
_OF_BALANCES = frozenset(
    words("credit balance wallet point coin token loyalty reward stock inventory account ledger cash gift quota")
)
_TYPES = phrases("type, kind, reason, transaction type, entry type, movement type, direction")
_AMOUNTS = phrases("amount, credits, points, quantity, delta, value, change, coins, tokens")
_ADDING = frozenset(
    words(
        "purchase purchased deposit credit bonus topup grant granted earn earned reward referral refund income receive "
        "received add added recharge allocation gift in inbound restock"
    )
)
_TAKING = frozenset(
    words(
        "usage use used spend spent debit withdraw withdrawal consume consumed consumption deduct deduction expense "
        "redeem redeemed redemption fee out outbound expire expired expiry charge burn sale"
    )
)
_BACK = frozenset(
    words(
        "reversal reversed reverses reverse refund refunded refunds original parent corrects corrected correction "
        "related source cancels cancelled void voided voids linked counterpart"
    )
)


def is_ledger(table: Table) -> bool:
    """True for bookings on a balance: its name says so, or it is a ledger by name."""
    things = thing_words(table)
    named = _BOOKINGS.ends("_".join(things)) and bool(_OF_BALANCES & set(things))
    return named or things[-1:] == ("ledger",)


def type_column(table: Table) -> Column | None:
    """The column that says what a booking is."""
    return next((column for column in table.ordered_columns if _TYPES.whole(column.name)), None)


def amount_column(catalog: Catalog, table: Table) -> Column | None:
    """The column that says how much, None where there are several (a debit and a credit have a column each)."""
    found = [
        column
        for column in table.ordered_columns
        if is_number(catalog, column)
        and _AMOUNTS.whole(measure(column.name))
        and not any(column.name in key.columns for key in table.foreign_keys)
    ]
    return found[0] if len(found) == 1 else None


def kinds_of(survey: Survey, table: Table, column: Column) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values of a type that add, and those that take, as far as their words say; corrections are neither."""
    values = _values(survey, table, column)
    adding = tuple(v for v in values if _first(v) & _ADDING and not _first(v) & _TAKING)
    taking = tuple(v for v in values if _first(v) & _TAKING and not _first(v) & _ADDING)
    return adding, taking


def _first(value: str) -> set[str]:
    return set(words(value))


def _values(survey: Survey, table: Table, column: Column) -> tuple[str, ...]:
    enum = survey.catalog.enum_of(survey.catalog.base_type(column.type))
    if enum is not None:
        return tuple(enum.values)
    for check, name in checks_naming(survey.catalog, table, column):
        if values := value_sets(check).get(name):
            return tuple(values)
    if column.declared is not None and column.declared.choices:
        return tuple(column.declared.choices)
    return closed_values(survey, table, column)


def takes_back(table: Table) -> bool:
    """True where some column says which booking another takes back: a reference to the table itself, or its name."""
    if any(key.referenced.key == table.ref.key for key in table.foreign_keys):
        return True
    return any(_BACK & {*words(column.name), *singular_words(column.name)} for column in table.columns)
