"""No backup of the database is to be seen."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import absence, has_server, is_operated, is_set, seen


class MissingBackup(Rule):
    """No backup of the database is to be seen

    ## What it finds
    Applications with a place to run (containers, a hosting manifest, Terraform …) in whose repository nothing shows a
    backup: no dump in a script or a cron table, no backup image in a compose file, no operator's resource, no setting
    of a hosting service, no text. Software that others install, and libraries, are not told; where nothing of the
    database's operations is seen at all, `unseen-operations` says so once.

    ## Why it matters
    What is deleted by a mistake, a fault of the application or a lost disk is gone without a copy, and a replica
    repeats the mistake within a second.

    ## When to leave it
    When the copies are made where the repository does not reach: a hosting service's console, another repository.

    ## How the fix works
    There is none in SQL. A dump by `pg_dump --format=custom` every night is the least; a physical backup with archived
    WAL brings back any moment. Keep one copy away from the server's account.

    ## References
    - https://www.postgresql.org/docs/current/backup.html
    - https://www.sqlite.org/backup.html
    """

    code = "OPS001"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or deployment.signs_of(Practice.BACKUP) or is_set(survey, "archive_mode", "off"):
            return
        if is_operated(survey):
            also = " nor an archived log to return to a point in time" if has_server(survey) else ""
            yield from absence(
                self.name(),
                survey,
                f"Nothing in the repository makes a backup of the database{also}: what a mistake or a lost disk takes "
                "is gone.",
                "Take a backup every night, keep a copy away from the server, and restore one now and then.",
                "backups that the host or another repository makes",
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What shows the practice."""
        yield from seen(self.name(), survey, Practice.BACKUP, words="A backup is to be seen: {what}.")
