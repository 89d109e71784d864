"""The rule `missing-server-timeouts`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Setting
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import elsewhere, evidence_of, hidden, milliseconds, of_server, setting_ref
from dbarchitect.rules._sql import listed

_IDLE = "idle_in_transaction_session_timeout"
_HARM = {
    "statement_timeout": "a query without end runs, and holds its connection and its locks, until somebody kills it",
    _IDLE: "a client that hangs in the middle of a transaction keeps its locks, and keeps vacuum from removing dead "
    "rows in the whole database, until somebody ends it",
    "lock_timeout": "a statement that waits for a lock waits for ever, and everything that comes after it on that "
    "table waits behind it",
}
_REPLACED_BY = {_IDLE: ("transaction_timeout",), "statement_timeout": ("transaction_timeout",)}
_VALUES = {"statement_timeout": "30 seconds", _IDLE: "a minute", "lock_timeout": "5 seconds"}
_LONGEST_IDLE = 3_600_000.0


class MissingServerTimeouts(Rule):
    """Nothing ends what hangs

    ## What it finds
    `statement_timeout`, `idle_in_transaction_session_timeout` and (for information) `lock_timeout`, where neither the
    server, nor the database, nor any role, nor the application's own connection settings as far as they were read, set
    them. An idle transaction that may last longer than an hour counts as one without an end.

    ## Why it matters
    One forgotten transaction holds back vacuum for all tables, and one query without end holds a connection of the
    pool; enough of them and the application stands still.

    ## When to leave it
    Clients may set the timeouts themselves when they connect, which is not visible from the server. A server-wide
    statement timeout would hit dumps and maintenance as well: set it for the application's role.

    ## How the fix works
    By hand: `alter role … set statement_timeout = '30s'` for the role that the application uses, after a look at its
    longest legitimate statement. With a pooler set it on the role, not in the connection's options.

    ## References
    - https://www.postgresql.org/docs/current/runtime-config-client.html
    - https://www.postgresql.org/docs/current/sql-alterrole.html
    """

    code = "CFG001"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.OPERATIONS
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """All three settings must be seen."""
        return hidden(survey, *_HARM)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each timeout that nobody sets."""
        for name, harm in _HARM.items():
            own = of_server(survey, name)
            if own is None or _set(survey, name) or _set_by_client(survey, name):
                continue
            lasts = milliseconds(own) or 0
            state = f"{name} is {lasts / 3_600_000:.0f} hours" if lasts else f"{name} is not set"
            yield Finding(
                self.name(),
                setting_ref(name),
                f"{state} for the server, this database or any role: {harm}.",
                hint=f"Set {name} to {_VALUES[name]} or so for the role that the application uses.",
                evidence=(evidence_of(own),),
                level=Level.INFO if name == "lock_timeout" else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The timeouts that are set, and for whom."""
        found = [setting for name in _HARM for setting in _set(survey, name)]
        names = [name for name in _HARM if any(setting.name == name for setting in found)]
        if names:
            evidence = tuple(map(evidence_of, found))
            message = f"The server ends what hangs: {listed(names)} {'is' if len(names) == 1 else 'are'} set."
            yield Strength(self.name(), setting_ref(names[0]), message, evidence)


def _set(survey: Survey, name: str) -> tuple[Setting, ...]:
    """Where a timeout is set, or another that does its work."""
    found: list[Setting] = []
    for each in (name, *_REPLACED_BY.get(name, ())):
        own = of_server(survey, each)
        for setting in (*([own] if own else []), *elsewhere(survey, each)):
            lasts = milliseconds(setting) or 0
            if lasts > 0 and (name != _IDLE or lasts <= _LONGEST_IDLE):
                found.append(setting)
    return tuple(found)


_FIELDS = {
    "statement_timeout": "statement_timeout",
    "lock_timeout": "lock_timeout",
    _IDLE: "idle_in_transaction_timeout",
}


def _set_by_client(survey: Survey, name: str) -> tuple[Evidence, ...]:
    """Where the application itself asks for the timeout when it connects."""
    connections = survey.deployment.connections if survey.deployment is not None else ()
    return tuple(
        Evidence(EvidenceKind.CODE, f"{each.client} sets {name}", each.origin)
        for each in connections
        if getattr(each, _FIELDS[name]) and each.environment not in {"development", "testing"}
    )
