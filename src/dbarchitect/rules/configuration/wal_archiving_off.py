"""The rule `wal-archiving-off`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import evidence_of, hidden, of_server, setting_ref
from dbarchitect.rules._running.statistics import GIBIBYTE, in_bytes
from dbarchitect.rules._sql import count

_NAMES = ("archive_mode", "wal_level")
_PRACTICES = (Practice.BACKUP, Practice.POINT_IN_TIME_RECOVERY)


class WalArchivingOff(Rule):
    """The log of changes is not kept

    ## What it finds
    `archive_mode = off`, or `wal_level = minimal`, on a primary server of one's own to which nothing is connected that
    receives its log. It is for information where the database is smaller than a gibibyte or where the repository shows
    that backups are made.

    ## Why it matters
    From the last dump to a failure everything is lost: with the archived log a database can be brought back to any
    moment, also to the one before somebody deleted the wrong rows.

    ## When to leave it
    Snapshots of the file system, a receiver that is not connected at this moment and the backups of a hosting service
    cannot be seen from inside the server; where one of them reaches back far enough, leave it. Hosting services that
    are recognised are left alone.

    ## How the fix works
    By hand: choose where the log goes (pgBackRest, WAL-G, Barman), set `archive_mode`, `archive_command` and
    `wal_level`, restart, take a base backup, and restore it once for a test.

    ## References
    - https://www.postgresql.org/docs/current/continuous-archiving.html
    - https://www.postgresql.org/docs/current/runtime-config-wal.html
    """

    code = "CFG006"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.OPERATIONS
    needs = frozenset({Need.SETTINGS, Need.STATISTICS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """The settings must be seen, on the server that writes the log."""
        if survey.engine.hosted_by is not None:
            return f"needs a server of one's own: {survey.engine.hosted_by} keeps the log itself, out of our sight"
        if survey.facts is not None and survey.facts.is_replica:
            return "needs the primary, and this is a replica"
        if survey.facts is not None and survey.facts.receivers is None:
            return "needs to know who receives the server's log"
        return hidden(survey, *_NAMES)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the server."""
        mode, level = (of_server(survey, name) for name in _NAMES)
        facts = survey.facts
        if self.unanswered(survey) or mode is None or level is None or facts is None or facts.receivers:
            return
        if mode.value != "off" and level.value != "minimal":
            return
        size = facts.database_bytes
        small = size is None or size < GIBIBYTE
        what = f"this database of {in_bytes(size)}" if size is not None else "this database"
        yield Finding(
            self.name(),
            setting_ref("archive_mode"),
            f"The server archives none of its log and nothing receives it: {what} can be brought back to its last "
            "backup only, not to a moment (snapshots and what a host does are not visible from here).",
            hint="Archive the log, or stream it to another machine, if changes since the last backup must not be lost.",
            evidence=(evidence_of(mode), evidence_of(level), *_receivers(survey)),
            level=Level.INFO if small or _backed_up(survey) else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The log is archived, or sent to somebody."""
        mode, level = (of_server(survey, name) for name in _NAMES)
        if mode is None or level is None or self.unanswered(survey):
            return
        archived = mode.value in {"on", "always"} and level.value != "minimal"
        received = survey.facts.receivers if survey.facts else None
        if archived or received:
            how = "archived" if archived else f"sent to {count(received or 0, 'receiver')}"
            evidence = (evidence_of(mode), evidence_of(level), *_receivers(survey))
            yield Strength(self.name(), setting_ref("archive_mode"), f"The server's log is {how}.", evidence)


def _receivers(survey: Survey) -> tuple[Evidence, ...]:
    known = survey.facts.receivers if survey.facts else None
    if known is None:
        return ()
    return (Evidence(EvidenceKind.STATISTIC, f"{count(known, 'receiver')} of the log connected at this moment"),)


def _backed_up(survey: Survey) -> bool:
    signs = survey.deployment.signs if survey.deployment is not None else ()
    return any(sign.practice in _PRACTICES and sign.automated for sign in signs)
