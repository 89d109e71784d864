"""A value read, computed and written back without a lock."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, QueryFact, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, queries_of, table_of
from dbarchitect.rules._code.telling import as_evidence, query_ref, shown_in
from dbarchitect.rules._code.units import working_functions
from dbarchitect.rules._schema.money import is_money
from dbarchitect.rules._schema.quantities import is_consumed
from dbarchitect.rules._sql import listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.transactions._locks import is_locked
from dbarchitect.rules.transactions._written_back import COUNTERS, computed_columns, is_reset

_LOCKING = {
    "django": "with select_for_update() in a transaction",
    "prisma": "by `$queryRaw` with FOR UPDATE in a transaction",
    "drizzle": 'with .for("update") in a transaction',
    "kysely": "with .forUpdate() in a transaction",
}


_BITS = re.compile(r"[|&^]=")
"""Switches of one number that somebody sets: two who set them at once hardly mean to add up."""


class ReadModifyWrite(Rule):
    """A value read, computed and written back without a lock

    ## What it finds
    Numbers of a row that were fetched before, changed in the code (`account.balance -= amount`) and written back, where
    the row was not read with a lock, the table has no column of versions, and the UPDATE does not ask for the old
    value. What the database computes (`F("balance") - amount`, `SET balance = balance - :amount`) is right.

    A balance, credits and stock are an error; other sums of money and counters that requests change a warning; other
    numbers are information.

    ## Why it matters
    Two requests at once read the same 100, take 80 each, and both write 20: one of the two withdrawals is lost. It
    happens under load only, leaves no error, and no constraint notices.

    ## When to leave it
    When a single worker changes the rows, or a lock outside of the database keeps others away.

    ## How the fix works
    By hand: let the database compute (`UPDATE … SET balance = balance - :amount WHERE id = :id AND balance >= :amount`,
    then look whether a row was changed), or read the row with `with_for_update()` / `select_for_update()`.

    ## References
    - https://docs.djangoproject.com/en/stable/ref/models/expressions/#avoiding-race-conditions-using-f
    - https://www.postgresql.org/docs/current/transaction-iso.html
    """

    code = "TXN003"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.TRANSACTIONS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function and table."""
        code = survey.code
        if code is None:
            return
        working = frozenset(working_functions(code))
        updates = (q for q in queries_of(survey) if q.verb is Verb.UPDATE and q.place.function in working)
        for group in by_function(q for q in updates if any(computed_columns(q, survey))):
            kept = tuple(query for query in group if not is_reset(code, query))
            table = table_of(group[0], survey)
            if kept and table is not None and not is_locked(code, kept[0]):
                yield self._finding(code, kept, table, survey)

    def _finding(self, code: Code, group: tuple[QueryFact, ...], table: Table, survey: Survey) -> Finding:
        first = group[0]
        columns = {column.name: column for query in group for column in computed_columns(query, survey)}
        asked = first.place.function in asked_by_requests(survey)
        level = (
            Level.INFO
            if all(_BITS.search(query.text) for query in group)
            else min((_level(table, c, asked=asked) for c in columns.values()), key=list(Level).index)
        )
        names = listed(f"{table.name}.{name}" for name in columns)
        several, one = len(columns) > 1, next(iter(columns))
        locking = _LOCKING.get(first.library, "FOR UPDATE")
        return Finding(
            self.name(),
            query_ref(first),
            f"{shown_in(code, first.place.function)} reads {names}, computes the new value{'s' if several else ''} "
            f"and writes {'them' if several else 'it'} back without a lock: of two at once, one change is lost.",
            f"Let the database compute it (UPDATE {table.name} SET {one} = {one} …), or read the row {locking}.",
            tuple(as_evidence(query) for query in group[:5]),
            first.origin,
            tuple(sorted(columns)),
            level=level,
        )


def _level(table: Table, column: Column, *, asked: bool) -> Level:
    if is_consumed(table, column):
        return Level.ERROR
    if is_money(table, column):
        return Level.WARNING
    return Level.WARNING if asked and COUNTERS.ends(column.name) else Level.INFO
