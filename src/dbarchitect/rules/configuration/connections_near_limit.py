"""The rule `connections-near-limit`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import evidence_of, hidden, number, of_server
from dbarchitect.rules._sql import count, listed

_LIMIT = "max_connections"
_RESERVED = ("superuser_reserved_connections", "reserved_connections")
_IDLE = "idle in transaction"
_FEW = 0.5


@dataclass(frozen=True, slots=True)
class Options:
    """`share` of the connections in use from which on it is said; `idle_seconds` that a transaction may be idle."""

    share: float = 0.8
    idle_seconds: float = 300.0


class ConnectionsNearLimit(Rule):
    """Connections run out, or wait in open transactions

    ## What it finds
    At the moment of the reading: four fifths of the connections that the server has for ordinary roles are taken; or a
    session has been idle within a transaction for more than five minutes. Sessions are counted by state, and their
    statements are not looked at.

    ## Why it matters
    When the last one is taken, every new request fails at once. A session that is idle in a transaction keeps its
    locks, and no dead row that is younger than its snapshot can be removed from any table.

    ## When to leave it
    One reading is one moment: where a pool always holds its connections, a high share may be meant.

    ## How the fix works
    By hand: smaller pools or a pooler (PgBouncer) in front; each connection costs memory, so raise `max_connections`
    last. For idle transactions find the code that waits for something else while its transaction is open, and set
    `idle_in_transaction_session_timeout`.

    ## References
    - https://www.postgresql.org/docs/current/runtime-config-connection.html
    - https://www.postgresql.org/docs/current/monitoring-stats.html
    """

    code = "CFG012"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SCALABILITY
    needs = frozenset({Need.SETTINGS, Need.STATISTICS})
    engines = ("postgresql",)
    Options = Options

    def unanswered(self, survey: Survey) -> str | None:
        """The limit must be seen, and the sessions."""
        if survey.facts is None or not survey.facts.sessions:
            return "needs the server's sessions, and none were read"
        return hidden(survey, _LIMIT)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most two findings for the server."""
        assert isinstance(self.options, Options)  # noqa: S101 - the registry has decoded them
        if survey.facts is None:
            return
        used, limit = _used(survey), _limit(survey)
        if limit and used >= self.options.share * limit:
            yield Finding(
                self.name(),
                Ref.database(),
                f"{used} of {limit} connections are taken: when the last one goes, every new request fails.",
                hint="Make the application's pools smaller or put a pooler in front; raise max_connections last.",
                evidence=_evidence(survey),
                salient=("connections",),
            )
        idle = [s for s in survey.facts.sessions if (s.state or "").startswith(_IDLE)]
        longest = max((s.longest or 0.0 for s in idle), default=0.0)
        if longest > self.options.idle_seconds:
            yield Finding(
                self.name(),
                Ref.database(),
                f"A session has been idle within a transaction for {longest / 60:.0f} minutes: it keeps its locks, and "
                "vacuum cannot remove the rows that died since it began.",
                hint="Find the client that leaves it open, and set idle_in_transaction_session_timeout.",
                evidence=_evidence(survey),
                salient=(_IDLE,),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """There is room, as far as one moment tells."""
        used, limit = _used(survey), _limit(survey)
        if survey.facts is not None and survey.facts.sessions and limit and used <= _FEW * limit:
            were = "was" if used == 1 else "were"
            message = f"Of {limit} connections that are allowed, {used} {were} open when the server was read."
            yield Strength(self.name(), Ref.database(), message, _evidence(survey))


def _used(survey: Survey) -> int:
    return sum(s.sessions for s in survey.facts.sessions) if survey.facts else 0


def _limit(survey: Survey) -> int | None:
    """The connections that roles without privileges can have."""
    whole = number(of_server(survey, _LIMIT))
    if whole is None:
        return None
    return int(whole - sum(number(of_server(survey, name)) or 0 for name in _RESERVED))


def _evidence(survey: Survey) -> tuple[Evidence, ...]:
    sessions = survey.facts.sessions if survey.facts else ()
    states = listed(
        f"{count(s.sessions, 'session')} {s.state or 'in a state that is hidden from us'}" for s in sessions
    )
    settings = (of_server(survey, name) for name in (_LIMIT, *_RESERVED))
    return (
        *([Evidence(EvidenceKind.STATISTIC, states)] if states else []),
        *(evidence_of(setting) for setting in settings if setting is not None),
    )
