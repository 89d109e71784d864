"""A session that failed and is used again without a rollback."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.queries import Code, EventKind, HandlerFact
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.handlers import catches_conflict, catches_database, caught
from dbarchitect.rules._code.telling import function_ref, shown_in
from dbarchitect.rules._code.units import Happening, handlers_of, happenings, working_functions

_SESSION = re.compile(r"^(?:await\s+)?((?:\w++\.)*\w*(?:session|db)(?:(?!session|db)\w)*+)\.(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Use:
    """The commit that may fail, the clause that goes on, and what uses the session after it."""

    commit: Happening
    handler: HandlerFact
    after: Happening


class MissingRollback(Rule):
    """A failed session is used again without a rollback

    ## What it finds
    Functions that commit a SQLAlchemy session inside a `try`, catch the error without `rollback()` and without raising,
    and then use the same session: in the clause itself, after it, or in the next turn of the loop around it.

    ## Why it matters
    After a failed flush the session refuses everything with PendingRollbackError until it is rolled back. The note
    of the failure is not written, every further turn of the loop fails, and the error that is reported is not the one
    that happened.

    ## When to leave it
    When something that the clause calls rolls back, or gives the function a new session.

    ## How the fix works
    By hand: `session.rollback()` first in the clause, or each unit of work in its own `with session.begin():`.

    ## References
    - https://docs.sqlalchemy.org/en/20/faq/sessions.html#this-session-s-transaction-has-been-rolled-back-due-to-a-previous-exception-during-flush-or-similar
    """

    code = "ERR003"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.ERROR_HANDLING
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function."""
        code = survey.code
        if code is None:
            return
        for function in working_functions(code):
            use = next(_used_again(code, function), None)
            if use is None:
                continue
            handler, after = use.handler, use.after.what
            text = after.text
            where = "in the next turn of its loop" if after.origin == use.commit.what.origin else "after it"
            yield Finding(
                self.name(),
                function_ref(function),
                f"{shown_in(code, function)} catches {caught(handler)} around a commit without rolling back and uses "
                f"the session again {where}: whatever failed, that fails with PendingRollbackError.",
                "Roll the session back first in the except clause.",
                (
                    Evidence(EvidenceKind.CODE, use.commit.what.text, use.commit.what.origin),
                    Evidence(EvidenceKind.CODE, f"except {caught(handler)}: no rollback", handler.origin),
                    Evidence(EvidenceKind.CODE, f"used again: {text}", after.origin),
                ),
                handler.origin,
                (caught(handler),),
            )


def _used_again(code: Code, function: str) -> Iterator[_Use]:
    if function not in handlers_of(code):
        return
    every = happenings(code, function)
    for number, commit in enumerate(every):
        if commit.kind is not EventKind.COMMIT or commit.way or commit.transaction is not None:
            continue
        session = _session_of(commit)
        if session is None:
            continue
        for handler in handlers_of(code).get(function, ()):
            if handler.attempt not in commit.handlers[:1] or _is_careful(handler):
                continue
            start, end = handler.attempt.start or 0, handler.attempt.end or 0
            later = [h for h in every[number + 1 :] if not h.way and _session_of(h) == session]
            within = [
                h
                for h in later
                if (handler.origin.start or 0) <= (h.what.origin.start or 0) < (handler.origin.end or 0)
            ]
            behind = [h for h in later if (h.what.origin.start or 0) >= end and not h.in_handler]
            looped = any((loop.origin.start or 0) < start for loop in commit.loops)
            again = within or behind or ([commit] if looped else [])
            if any(h.kind is EventKind.ROLLBACK for h in within):
                continue
            if again and again[0].kind is not EventKind.ROLLBACK:
                yield _Use(commit, handler, again[0])


def _is_careful(handler: HandlerFact) -> bool:
    caught_here = catches_database(handler) or catches_conflict(handler)
    gone = handler.raises or handler.status is not None
    return handler.rolls_back or gone or not caught_here


def _session_of(happening: Happening) -> str | None:
    """The session that a happening is written with, as the code names it."""
    query = happening.query
    if query is not None and query.library != "sqlalchemy":
        return None
    found = _SESSION.match(happening.what.text)
    return found[1] if found is not None else None
