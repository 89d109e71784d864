"""Another system is waited for while a transaction is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.queries import Code, EventKind
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code import as_evidence, function_ref, shown_in
from dbarchitect.rules._units import Happening, happenings, leading_outside, working_functions


@dataclass(frozen=True, slots=True)
class _Wait:
    """A call of another system (`call`), and what holds locks meanwhile (`held`)."""

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
    https://docs.djangoproject.com/en/stable/topics/db/transactions/#performing-actions-after-commit
    https://microservices.io/patterns/data/transactional-outbox.html
    """

    code = "TXN004"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.TRANSACTIONS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function that opens such a transaction."""
        code = survey.code
        if code is None:
            return
        for function in working_functions(code):
            wait = _wait(code, function)
            held = wait.held.query if wait is not None else None
            if wait is None or held is None:
                continue
            called = wait.call.what
            text = getattr(called, "text", "").split("(")[0].strip()
            rows = f"rows of {held.table}" if held.table is not None else "rows"
            yield Finding(
                self.name(),
                function_ref(function),
                f"{shown_in(code, function)} calls another system ({text}) inside a transaction that has "
                f"{'locked' if held.locks else 'changed'} {rows}: they stay locked, and the connection taken, until it "
                "answers.",
                "Call it before the transaction, or after the commit"
                + (" (transaction.on_commit)." if held.library == "django" else "."),
                (
                    Evidence(EvidenceKind.CODE, "the transaction begins", wait.opened),
                    as_evidence(held, "locks" if held.locks else "writes"),
                    Evidence(EvidenceKind.CODE, f"calls: {getattr(called, 'text', '')}", called.origin),
                ),
                called.origin,
                (text,),
            )


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
            return _Wait(happening, held[-1], opened or held[0].what.origin)
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
