"""Another system is waited for while a transaction is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.queries import Code, EventKind, Verb
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.telling import as_evidence, function_ref, shown_in
from dbarchitect.rules._code.units import Happening, happenings, leading_outside, working_functions
from dbarchitect.rules._sql import count, listed

_NAMED = 3
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Wait:
    """A call of another system (`call`) that a function comes to, and what holds locks meanwhile (`held`)."""

    function: str
    call: Happening
    held: Happening
    opened: Origin


class ExternalCallInTransaction(Rule):
    """A call of another system inside a transaction

    ## What it finds
    Calls over the network (HTTP, payment services, mail, cloud storage) made inside a transaction that the code opens
    by name (`atomic()`, `begin()`), or between a locking read and its commit, after rows were written or locked. Calls
    of functions that do so count; what is put off until after the commit (`on_commit`) does not.

    ## Why it matters
    The rows stay locked and the connection is taken until the other system answers: when it hangs, whoever needs the
    rows waits, and the pool is empty after as many requests as it has connections. A rollback takes nothing back
    there: the mail is out, the card is charged.

    ## When to leave it
    When the call has to decide whether the transaction may commit, has a short timeout, and the rows are nobody else's.

    ## How the fix works
    By hand: call before the transaction or after its commit (`transaction.on_commit`), or put the work into a table
    that a worker reads (an outbox).

    ## References
    - https://docs.djangoproject.com/en/stable/topics/db/transactions/#performing-actions-after-commit
    - https://microservices.io/patterns/data/transactional-outbox.html
    """

    code = "TXN004"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.TRANSACTIONS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function that opens such a transaction; one for all of those that come to the same call
        by way of others."""
        code = survey.code
        if code is None:
            return
        found = [wait for function in working_functions(code) if (wait := _wait(code, function)) is not None]
        calls: dict[Origin, list[_Wait]] = {}
        for wait in found:
            calls.setdefault(wait.call.what.origin, []).append(wait)
        for waits in calls.values():
            yield self._finding(code, waits)

    def _finding(self, code: Code, waits: list[_Wait]) -> Finding:
        first, several = waits[0], len(waits) > 1
        called, held = first.call.what, first.held.query
        text = getattr(called, "text", "").split("(")[0].strip()
        names = [shown_in(code, wait.function) for wait in waits]
        who = f"{names[0]} calls"
        if several:
            rest = [count(len(names) - _NAMED, "other function")] if len(names) > _NAMED else []
            who = f"{listed([*names[:_NAMED], *rest])} call"
        opened = (
            Evidence(EvidenceKind.CODE, f"{name} begins the transaction", wait.opened)
            for name, wait in zip(names[:_SHOWN], waits, strict=False)
        )
        return Finding(
            self.name(),
            function_ref(called.place.function if several else first.function),
            f"{who} another system ({text}) inside {_held_in(waits)}, until it answers.",
            "Call it before the transaction, or after the commit"
            + (" (transaction.on_commit)." if held is not None and held.library == "django" else "."),
            (
                *(opened if several else (Evidence(EvidenceKind.CODE, "the transaction begins", first.opened),)),
                *((as_evidence(held, "locks" if held.locks else "writes"),) if held is not None else ()),
                Evidence(EvidenceKind.CODE, f"calls: {getattr(called, 'text', '')}", called.origin),
            ),
            called.origin,
            (text,),
        )


def _held_in(waits: list[_Wait]) -> str:
    """What the transaction has done, and what that keeps from others. New rows are nobody else's yet."""
    if len(waits) > 1:
        return "transactions that have written before: what they changed stays locked, and a connection taken for each"
    query = waits[0].held.query
    table = f" of {query.table}" if query is not None and query.table is not None else ""
    if query is not None and query.verb is Verb.INSERT and not query.locks:
        return f"a transaction that has added rows{table}: they stay unseen, and the connection taken"
    done = "locked" if query is not None and query.locks else "changed"
    return f"a transaction that has {done} rows{table}: they stay locked, and the connection taken"


def _wait(code: Code, function: str) -> _Wait | None:
    if function not in leading_outside(code):
        return None
    every = happenings(code, function)
    for number, happening in enumerate(every):
        if happening.kind is not EventKind.EXTERNAL_CALL or happening.in_handler:
            continue
        before = [h for h in every[:number] if h.query is not None and not h.in_handler and not h.excludes(happening)]
        opened = happening.transaction
        if opened is not None and _opens_here(happening, opened):
            held = [h for h in before if h.transaction == opened and (h.writes or (h.query and h.query.locks))]
        else:
            held = _locked_before(every[:number], before, happening)
        if held:
            changed = [h for h in held if h.query is not None and (h.query.verb is not Verb.INSERT or h.query.locks)]
            return _Wait(function, happening, (changed or held)[-1], opened or held[0].what.origin)
    return None


def _opens_here(happening: Happening, opened: Origin) -> bool:
    """Whether the function itself opens the transaction: of those that call it, each would say the same again."""
    own = happening.way[0].caller if happening.way else happening.what.place
    return own.transaction == opened


def _locked_before(every: tuple[Happening, ...], before: list[Happening], call: Happening) -> list[Happening]:
    """A locking read of the function that neither commit nor rollback has ended."""
    if call.transaction is not None or (call.way and not any(not h.way for h in before)):
        return []
    ends = [i for i, h in enumerate(every) if h.kind in {EventKind.COMMIT, EventKind.ROLLBACK} and not h.excludes(call)]
    last = ends[-1] if ends else -1
    return [h for h in every[last + 1 :] if h in before and not h.way and h.query and h.query.locks]
