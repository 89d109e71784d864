"""Passwords that may be tried as often as anybody likes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import (
    Code,
    Comparison,
    EventFact,
    EventKind,
    Fetch,
    FunctionKind,
    QueryFact,
    SignKind,
    Verb,
)
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.noticed import events_of, queries_in, shows, within
from dbarchitect.rules._code.queries import table_of
from dbarchitect.rules._code.reach import calls_of
from dbarchitect.rules._code.telling import as_evidence, with_route
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.domains import has_credentials
from dbarchitect.rules._schema.shape import is_account

_LOGIN = phrases("email, email address, mail, username, user name, login, login name, handle, phone, phone number")
_COUNTED = phrases(
    "attempts, login attempts, failed attempts, failed logins, failed login count, login failures, failures, "
    "failed login attempts, locked until, lock until, lockout, locked out, lockout until, locked at, attempt count, "
    "retry count, last failed, login attempt, sign in attempt, failed password attempts"
)
_ATTEMPTS = phrases("login attempt, sign in attempt, signin attempt, auth attempt, failed login, rate limit, throttle")
_LIMITING = re.compile(r"limit|throttl|captcha|attempt|lockout", re.IGNORECASE)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _SignIn:
    function: str
    look: QueryFact
    at: Origin
    compared: EventFact
    table: Table


class UnlimitedSignIn(Rule):
    """Passwords may be tried without end

    ## What it finds
    Routes that look for an account by its address or name and compare a password, in a program that shows nothing which
    counts or limits the attempts: no table or column for them (`login_attempts`, `locked_until`), no package that
    limits how often somebody asks, no such function around the route, no captcha. Not where another system signs people
    in (NextAuth, Clerk, Supabase, Auth0, allauth …).

    ## Why it matters
    Lists of addresses with the passwords that leaked elsewhere are tried by programs, thousands in an hour. A good hash
    slows down who has stolen the table, not who asks the server; and each comparison costs it a tenth of a second.

    ## When to leave it
    Where something in front of the program limits attempts: a proxy, a service against bots.

    ## How the fix works
    There is none that a schema could do alone: count the failed attempts of an account and of an address in a table (or
    a store for counters), delay or refuse after a few, and forget them after a success.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Credential_Stuffing_Prevention_Cheat_Sheet.html
    - https://pages.nist.gov/800-63-4/sp800-63b.html
    """

    code = "SEC024"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table of accounts."""
        code = survey.code
        if code is None or shows(code, SignKind.ATTEMPTS_LIMITED) or _counts_attempts(survey):
            return
        found: dict[tuple[str, ...], list[_SignIn]] = {}
        for sign_in in _sign_ins(survey, code):
            found.setdefault(sign_in.table.ref.key, []).append(sign_in)
        for several in found.values():
            first = several[0]
            where = with_route(code, first.function)
            others = f" So do {len(several) - 1} more." if len(several) > 1 else ""
            yield Finding(
                self.name(),
                first.table.ref,
                f"{where} compares a password with that of {first.table.ref} as often as anybody asks: nothing that "
                f"counts or limits the attempts is to be seen.{others}",
                "Count failed attempts by account and by address, and delay or refuse after a few.",
                tuple(e for sign_in in several[:_SHOWN] for e in _evidence(sign_in)),
                first.at,
            )


def _evidence(sign_in: _SignIn) -> tuple[Evidence, ...]:
    compared = Evidence(EvidenceKind.CODE, f"compares it: {sign_in.compared.text}", sign_in.compared.origin)
    looked = as_evidence(sign_in.look, "looks for the account")
    called = (Evidence(EvidenceKind.CODE, "asked for here", sign_in.at),) if sign_in.at != sign_in.look.origin else ()
    return (*called, looked, compared)


def _counts_attempts(survey: Survey) -> bool:
    """Whether some table or column is there for attempts."""
    for table in survey.catalog.tables:
        things = "_".join(thing_words(table))
        if _ATTEMPTS.within(things) or (is_account(table) and any(_COUNTED.within(c.name) for c in table.columns)):
            return True
    return False


def _sign_ins(survey: Survey, code: Code) -> Iterator[_SignIn]:
    """The routes that end in both, a look for an account and a comparison."""
    compared = {event.place.function: event for event in events_of(code, EventKind.PASSWORD_COMPARED)}
    for key, function in code.functions.items():
        if function.kind is not FunctionKind.ROUTE or is_of_tests(function.origin.path):
            continue
        reach = within(code, key)
        event = next((compared[inner] for inner in sorted(reach) if inner in compared), None)
        if event is None or any(_LIMITING.search(guard) for guard in function.guards):
            continue
        if any(_LIMITING.search(inner.rpartition(":")[2]) for inner in reach):
            continue
        looks = [(query, table_of(query, survey)) for query in queries_in(code, reach)]
        for query, table in looks:
            if table is not None and _looks(query, table):
                yield _SignIn(key, query, _asked_at(code, key, query), event, table)
                break


def _looks(query: QueryFact, table: Table) -> bool:
    """Whether a query looks for one account by what people sign in with."""
    if query.verb is not Verb.SELECT or query.fetch in {Fetch.COUNT, Fetch.EXISTS}:
        return False
    if not is_account(table) and not has_credentials(table):
        return False
    return any(
        p.column.columns and _LOGIN.whole(p.column.columns[0]) and p.comparison is Comparison.EQUAL and not p.negated
        for p in query.predicates
        if p.column.table_ref == query.table
    )


def _asked_at(code: Code, function: str, query: QueryFact) -> Origin:
    """Where a function asks: the query itself, or the call that leads to it."""
    if query.place.function == function:
        return query.origin
    for call in calls_of(code).get(function, ()):
        if query.place.function in within(code, call.callee):
            return call.origin
    return query.origin
