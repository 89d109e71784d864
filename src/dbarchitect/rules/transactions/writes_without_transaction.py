"""Writes that belong together, each lasting by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.queries import Code, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.telling import as_evidence, function_ref, shown_in
from dbarchitect.rules._code.units import changing_functions
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.transactions._halves import Bond, Pair, pairs, written_besides
from dbarchitect.rules.transactions._written_together import Unit, unit_of, unit_of_pair

_HURTS = frozenset({Bond.MONEY, Bond.REPLACED, Bond.PARENT})
_WEIGHTS = {Bond.MONEY: 1.6, Bond.REPLACED: 1.2, Bond.PARENT: 0.9}
"""What is lost: money that is booked on one side only; rows that were there and are gone; a row that can be completed
or made anew."""
_FEWEST = 2
_MANY = 4
_SHOWN = 4
_PRAISED = 8
_RARE = 3
"""Where fewer than one in three do it, it is no custom."""


class WritesWithoutTransaction(Rule):
    """Writes that belong together without a transaction

    ## What it finds
    Functions that write two tables which belong together, their own writes and those of functions they call, where
    the first write lasts before the second is made: a commit stands between them (SQLAlchemy, drivers), or each write
    is a transaction by itself (Django outside `atomic()` and without ATOMIC_REQUESTS, Prisma, Drizzle and Kysely
    outside a transaction, in what requests and tasks are seen to run; where few routes are known, in what nobody is
    seen to). Two writes belong together when one table refers to the other and a row of it is made; when one keeps
    what follows from the other (a progress, a counter); when a balance, a stock or credits are changed beside another
    row; when rows are deleted and made anew.

    ## Why it matters
    A failure between the two, a lost connection or a worker that is stopped leaves the first alone: an account
    without its profile, credits taken and nothing given for them, a list emptied and not filled again. Nobody notices,
    and no constraint forbids it.

    ## When to leave it
    When the first write has to last whatever becomes of the second: a job marked as running before it runs, a record of
    an attempt. A call of another system between the two is taken for such a reason; where each write lasts by itself,
    money that was taken before the call is told all the same.

    ## How the fix works
    By hand: one commit at the end, `flush()` where the key of a new row is needed before; with Django
    `transaction.atomic()` around both, with Prisma `$transaction`, with Drizzle `db.transaction`.

    ## References
    - https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
    - https://docs.djangoproject.com/en/stable/topics/db/transactions/
    - https://www.prisma.io/docs/orm/prisma-client/queries/transactions
    """

    code = "TXN001"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.TRANSACTIONS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function where it hurts, one for all the others together where they are many."""
        code = survey.code
        if code is None:
            return
        minor: list[tuple[str, Pair]] = []
        told: set[tuple[Origin, Origin]] = set()
        for function, parted in sorted(_parted(survey, code), key=lambda found: _is_of_callers(*found)):
            worst = max(parted, key=lambda pair: pair.bond)
            places = (worst.first.origin, worst.second.origin)
            if places in told:
                continue  # the same two lines, told of the function that holds them
            told.add(places)
            if worst.bond in _HURTS and function in asked_by_requests(survey):
                yield self._finding(survey, code, function, parted, Level.WARNING)
            else:
                minor.append((function, worst))
        if len(minor) < _MANY:
            yield from (self._finding(survey, code, function, [pair], Level.INFO) for function, pair in minor)
        else:
            yield self._together(code, minor)

    def _finding(self, survey: Survey, code: Code, function: str, parted: list[Pair], level: Level) -> Finding:
        worst = max(parted, key=lambda pair: pair.bond)
        first, second = worst.first, worst.second
        besides = written_besides(survey, code, function, worst)
        more_tables = {str(p.second.table) for p in parted} | {str(query.table) for query in besides}
        others = sorted(more_tables - {str(first.table), str(second.table)})
        more = f" So are the writes of {listed(others[:3])}." if others else ""
        return Finding(
            self.name(),
            function_ref(function),
            f"{shown_in(code, function)} {_did(worst)}: {_left(worst)}.{more}",
            f"Put both writes into one transaction: {_how(worst)}.",
            (*_evidence(worst), *(as_evidence(query, "and then") for query in besides)),
            second.origin,
            (str(first.table), str(second.table)),
            level=level,
            weight=_WEIGHTS.get(worst.bond, 1.0),
        )

    def _together(self, code: Code, minor: list[tuple[str, Pair]]) -> Finding:
        rest = [f"{len(minor) - _SHOWN} more"] if len(minor) > _SHOWN else []
        names = listed([*(shown_in(code, function) for function, _ in minor[:_SHOWN]), *rest])
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(len(minor), 'function')} change linked tables in several transactions: a failure leaves one "
            f"changed and the other not ({names}).",
            f"Look which of them must not be parted, and put their writes into one transaction: {_how(minor[0][1])}.",
            tuple(e for _, pair in minor[:_SHOWN] for e in _evidence(pair)),
            minor[0][1].second.origin,
            level=Level.INFO,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Functions that write several tables in one transaction; where others do not, how many of all do."""
        code = survey.code
        if code is None:
            return
        units: list[Unit] = []
        parted = 0
        for function in changing_functions(code):
            found = pairs(survey, code, function)
            unit = unit_of(code, function)
            if any(pair.apart for pair in found):
                parted += 1
            elif unit is not None or found:
                units.append(unit or unit_of_pair(function, found[0]))
        every = len(units) + parted
        if len(units) >= _FEWEST and len(units) * _RARE >= every:
            whole = f"All {count(every, 'function')}" if not parted else f"{len(units)} of {count(every, 'function')}"
            text = f"{whole} that write several tables do so in one transaction."
            units.sort(key=lambda unit: -len({query.table for query in unit.writes}))
            evidence = tuple(_of_unit(code, unit) for unit in units[:_PRAISED])
            yield Strength(self.name(), Ref.database(), text, evidence)


def _parted(survey: Survey, code: Code) -> Iterator[tuple[str, list[Pair]]]:
    """The functions of the application at work with their pairs that a failure can part."""
    for function in changing_functions(code):
        parted = [pair for pair in pairs(survey, code, function) if pair.apart]
        if parted:
            yield function, parted


def _is_of_callers(function: str, parted: list[Pair]) -> bool:
    """Whether a function makes neither of the two writes itself: others that it calls do."""
    worst = max(parted, key=lambda pair: pair.bond)
    return function not in {worst.first.place.function, worst.second.place.function}


def _of_unit(code: Code, unit: Unit) -> Evidence:
    tables = listed(dict.fromkeys(str(query.table) for query in unit.writes))
    text = f"{shown_in(code, unit.function)} writes {tables} in one transaction"
    return Evidence(EvidenceKind.CODE, text, unit.origin)


def _evidence(pair: Pair) -> tuple[Evidence, ...]:
    first, second = as_evidence(pair.first, "first"), as_evidence(pair.second, "then")
    if pair.commit is None:
        return first, second
    return first, Evidence(EvidenceKind.CODE, "committed here, before the other write", pair.commit), second


def _how(pair: Pair) -> str:
    if pair.first.library == "django":
        return "wrap them in transaction.atomic(), or set ATOMIC_REQUESTS"
    if pair.first.library == "prisma":
        return "prisma.$transaction(async (tx) => …) with `tx` for both, or one nested write"
    if pair.first.library in {"drizzle", "kysely"}:
        opened = "db.transaction(" if pair.first.library == "drizzle" else "db.transaction().execute("
        return f"{opened}async (tx) => …) with `tx` for both"
    return "flush() where the new key is needed, and commit once at the end"


def _did(pair: Pair) -> str:
    verbs = {Verb.INSERT: "adds to", Verb.UPSERT: "adds to", Verb.UPDATE: "changes", Verb.DELETE: "deletes from"}
    first, second = f"{verbs[pair.first.verb]} {pair.first.table}", f"{verbs[pair.second.verb]} {pair.second.table}"
    how = "commits, and then" if pair.commit is not None else "and then, in another transaction,"
    return f"{first}, {how} {second}"


def _left(pair: Pair) -> str:
    first, second = pair.first.table, pair.second.table
    match pair.bond:
        case Bond.MONEY:
            return "a failure between them leaves what was taken or given without the other half"
        case Bond.REPLACED:
            return f"a failure between them leaves {first} without the rows that were to be replaced"
        case Bond.DERIVED:
            return (
                f"one keeps what follows from the other, and a failure between them leaves {first} and {second} at odds"
            )
        case Bond.PARENT:
            return f"a failure between them leaves a row of {first} without its {second}"
        case _:
            return f"a failure between them leaves {first} written and {second} not"
