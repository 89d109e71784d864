"""Backups that cannot return to a point in time."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import (
    evidence_of,
    has_server,
    is_operated,
    is_set,
    made_backups,
    seen,
    tells_itself,
    where_looked,
)


class MissingPointInTimeRecovery(Rule):
    """Backups that cannot return to a point in time

    ## What it finds
    Applications on a server whose backups are dumps: nothing archives the write-ahead log (`archive_command`, a tool
    such as pgBackRest, WAL-G or Barman, an operator, a hosting service's retention). Where no backup is seen at all,
    `missing-backup` says so; where the server was asked as well, `wal-archiving-off` judges what it said.

    ## Why it matters
    A dump of last night loses all of today. With a physical backup and the archived log the database can be brought to
    the minute before the mistake.

    ## When to leave it
    When a day of data may be lost, or the hosting service archives (its console tells).

    ## How the fix works
    There is none in SQL. WAL is replayed on a physical backup (`pg_basebackup`), never on a dump: set up both, by a
    tool that knows how.

    ## References
    - https://www.postgresql.org/docs/current/continuous-archiving.html
    """

    code = "OPS003"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_operated(survey) or not has_server(survey):
            return
        if tells_itself(survey, "archive_mode"):
            return
        backups = made_backups(deployment)
        if not backups or is_set(survey, "archive_mode", "off") or deployment.signs_of(Practice.POINT_IN_TIME_RECOVERY):
            return
        yield Finding(
            self.name(),
            Ref.database(),
            f"The backups that are seen ({backups[0].text}) bring back the moment they were made: there is no "
            "point-in-time recovery, and what was written since is lost.",
            "Archive the write-ahead log beside physical backups (pgBackRest, WAL-G, Barman), or turn it on at "
            "the host.",
            (*evidence_of(backups), where_looked(deployment, "what the host archives")),
            backups[0].origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What shows the practice."""
        if tells_itself(survey, "archive_mode") and not is_set(survey, "archive_mode", "off"):
            return  # what the repository plans is not what the server does
        words = "The database can be brought back to a point in time: {what}."
        yield from seen(self.name(), survey, Practice.POINT_IN_TIME_RECOVERY, words=words)
