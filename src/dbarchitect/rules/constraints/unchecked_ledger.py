"""The rule `unchecked-ledger`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.limits import has_lower_bound
from dbarchitect.rules._sql import listed, quoted
from dbarchitect.rules.constraints._ledgers import amount_column, is_ledger, kinds_of, takes_back, type_column

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class _Ledger:
    table: Table
    type: Column
    amount: Column
    adding: tuple[str, ...]
    taking: tuple[str, ...]

    @property
    def tied(self) -> bool:
        """Whether a CHECK speaks of the type and the amount together."""
        both = {self.type.name.casefold(), self.amount.name.casefold()}
        return any(both <= {n.casefold() for n in columns_of(check.expression)} for check in self.table.checks)


class UncheckedLedger(Rule):
    """A ledger that takes any amount with any type

    ## What it finds
    Tables of bookings on a balance (`credit_transactions`, `wallet_entries`) in which one column says what a booking
    is, with values of which some add and some take away (a purchase, a use), and another says how much, and no CHECK
    speaks of both: a purchase of minus five is stored as readily as a use of plus five. In the same finding whether a
    column says which booking takes back which. Not where the amount is kept from falling below zero: then the type
    alone tells the direction.

    ## Why it matters
    A balance is the sum of its bookings. One with the wrong sign is found months later, when the sum does not agree,
    and nothing tells which it was. Bookings are never changed, only taken back by others; without a reference nobody
    can say whether that was done already.

    ## When to leave it
    Types of which each may go either way, as corrections do: leave these out of the CHECK.

    ## How the fix works
    There is none: whether a use is stored as a negative number, and which types may go either way, is for the program
    to say. Look for rows that contradict it first, then add the CHECK, and a reference from a booking to the one that
    it takes back, UNIQUE, so that none is taken back twice.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS
    - https://martinfowler.com/eaaDev/AccountingNarrative.html
    """

    code = "CHK012"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each ledger."""
        for ledger in _ledgers(survey):
            if ledger.tied or has_lower_bound(survey.catalog, ledger.table, ledger.amount):
                continue
            table, type_, amount = ledger.table, ledger.type.name, ledger.amount.name
            adding, taking = ledger.adding[0], ledger.taking[0]
            back = takes_back(table)
            open_ = "" if back else ", and no column says which booking takes back which"
            reference = "" if back else " Let a booking refer to the one that it takes back (UNIQUE: once only)."
            yield Finding(
                self.name(),
                table.ref.over((type_, amount)),
                f"No CHECK of {table.ref} ties {type_} to the sign of {amount}: a {adding!r} below zero and a "
                f"{taking!r} above it are stored alike{open_}.",
                f"Add a CHECK such as ({quoted(type_)} <> '{adding}' or {quoted(amount)} > 0), one part for each "
                f"type whose direction is fixed, once no row contradicts it.{reference}",
                (
                    Evidence(
                        EvidenceKind.CATALOG,
                        f"{table.ref.column(type_)} adds with {_shown(ledger.adding)} and takes with "
                        f"{_shown(ledger.taking)}",
                        survey.origin_of(table.ref.column(type_)),
                    ),
                    Evidence(
                        EvidenceKind.CATALOG,
                        f"{table.ref.column(amount)} {ledger.amount.type}, in no CHECK with {type_}",
                        survey.origin_of(table.ref.column(amount)),
                    ),
                ),
                survey.origin_of(table.ref.column(type_)),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Ledgers whose types and amounts agree."""
        for ledger in _ledgers(survey):
            if ledger.tied:
                table = ledger.table
                said = Evidence(EvidenceKind.CATALOG, f"{table.ref}: {listed(_checks(ledger))}", table.origin)
                columns = (ledger.type.name, ledger.amount.name)
                message = f"{table.ref} ties {columns[0]} to the sign of {columns[1]}."
                yield Strength(self.name(), table.ref.over(columns), message, (said,))


def _ledgers(survey: Survey) -> Iterator[_Ledger]:
    for table in survey.tables:
        type_, amount = type_column(table), amount_column(survey.catalog, table)
        if type_ is None or amount is None or not is_ledger(table):
            continue
        adding, taking = kinds_of(survey, table, type_)
        if adding and taking:
            yield _Ledger(table, type_, amount, adding, taking)


def _checks(ledger: _Ledger) -> tuple[str, ...]:
    return tuple(
        f"CHECK ({check.expression.text})"
        for check in ledger.table.checks
        if {ledger.type.name, ledger.amount.name} <= set(columns_of(check.expression))
    )


def _shown(values: tuple[str, ...]) -> str:
    more = [f"{len(values) - _SHOWN} more"] if len(values) > _SHOWN else []
    return listed([*(repr(value) for value in values[:_SHOWN]), *more])
