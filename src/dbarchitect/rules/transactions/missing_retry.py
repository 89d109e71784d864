"""Transactions that nobody runs again when the database refuses them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from dbarchitect.catalog.queries import Code, QueryFact, SignKind, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.noticed import shows
from dbarchitect.rules._code.queries import WRITES, queries_of, table_of
from dbarchitect.rules._code.reach import is_backstage, is_by_hand
from dbarchitect.rules._code.telling import shown_in
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._sql import count, listed

_LOCKING = frozenset({Verb.UPDATE, Verb.DELETE, Verb.UPSERT})
_FEWEST = 2
_SHOWN = 4


class MissingRetry(Rule):
    """Transactions that are never tried again

    ## What it finds
    Transactions of several writes where nothing in the program tries one again that the database refused: no code of a
    deadlock or a serialization failure is named (40P01, 40001, Prisma's P2034), no busy database (SQLITE_BUSY), and
    nothing that retries stands near a transaction. With a server only transactions count that lock rows of the same two
    tables: those can wait for each other. One finding for the application.

    ## Why it matters
    A transaction that is refused for another's sake is right as it is: it has been rolled back, and running it again
    succeeds. Without that the visitor gets an error for something that would have worked a moment later, the more often
    the more of them there are.

    ## When to leave it
    Where few write at the same time, or where who calls (a queue) tries again.

    ## How the fix works
    There is none in the schema: put the transaction into a function that runs it again, two or three times with a
    pause that grows, when the error says so, and lets every other error through. What happens outside the database (a
    mail, a payment) does not belong into it.

    ## References
    - https://www.postgresql.org/docs/current/mvcc-serialization-failure-handling.html
    - https://www.prisma.io/docs/orm/prisma-client/queries/transactions#transaction-timing-issues
    - https://www.sqlite.org/rescode.html#busy
    """

    code = "TXN006"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.ERROR_HANDLING
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the application."""
        code = survey.code
        if code is None or shows(code, SignKind.FAILURES_RETRIED):
            return
        found = survey.derive(_refusable)
        if len(found) < _FEWEST:
            return
        functions = list(dict.fromkeys(shown_in(code, queries[0].place.function) for queries in found.values()))
        more = [f"{len(functions) - _SHOWN} more"] if len(functions) > _SHOWN else []
        names = listed([*functions[:_SHOWN], *more])
        busy = not survey.engine.capabilities.concurrent_writers
        why = "while another writes (SQLITE_BUSY)" if busy else "because of a deadlock or a conflict with another"
        yield Finding(
            self.name(),
            Ref.database(),
            f"{count(len(found), 'transaction')} of several writes ({names}), and nothing runs one again that the "
            f"database refuses {why}: the visitor gets an error for what would succeed a moment later.",
            "Run a refused transaction again, two or three times with a pause that grows, and only on these errors.",
            tuple(
                Evidence(EvidenceKind.CODE, f"a transaction that writes {_tables(queries)}", origin)
                for origin, queries in list(found.items())[:_SHOWN]
            ),
            next(iter(found)),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """A program that tries again."""
        code = survey.code
        if code is None or len(survey.derive(_refusable)) < _FEWEST:
            return
        for sign in code.signs:
            if sign.kind is SignKind.FAILURES_RETRIED:
                said = Evidence(EvidenceKind.CODE, f"names {sign.text}", sign.origin)
                message = "The program knows that the database may refuse a transaction."
                yield Strength(self.name(), Ref.database(), message, (said,))


def _refusable(survey: Survey) -> dict[Origin, list[QueryFact]]:
    """The writes of each transaction that others may be in the way of: in SQLite any that writes more than once, with a
    server those that lock rows of two tables which another one locks as well."""
    code = survey.code
    found: dict[Origin, list[QueryFact]] = {}
    for query in queries_of(survey):
        opened = query.place.transaction
        if code is None or opened is None or query.verb not in WRITES or opened == query.origin:
            continue
        if table_of(query, survey) is None or _is_aside(code, query):
            continue
        found.setdefault(opened, []).append(query)
    if not survey.engine.capabilities.concurrent_writers:
        return {
            origin: queries
            for origin, queries in found.items()
            if len({(q.origin.path, q.origin.start) for q in queries}) > 1
        }
    locking = {
        origin: sorted({str(q.table) for q in queries if q.verb in _LOCKING}) for origin, queries in found.items()
    }
    locked = Counter(pair for tables in locking.values() for pair in combinations(tables, 2))
    return {
        origin: queries
        for origin, queries in found.items()
        if any(locked[pair] > 1 for pair in combinations(locking[origin], 2))
    }


def _is_aside(code: Code, query: QueryFact) -> bool:
    function = query.place.function
    return is_of_tests(query.origin.path) or is_by_hand(function) or is_backstage(code, function)


def _tables(queries: list[QueryFact]) -> str:
    names = list(dict.fromkeys(str(query.table) for query in queries))
    return listed(names if len(names) <= _SHOWN else [*names[:_SHOWN], f"{len(names) - _SHOWN} more"])
