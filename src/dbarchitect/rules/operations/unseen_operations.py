"""Nothing shows how the database is operated."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import absence, has_server, is_unseen
from dbarchitect.rules._schema.domains import login_tables


class UnseenOperations(Rule):
    """Nothing shows how the database is operated

    ## What it finds
    Web applications in whose repository nothing at all says how their database is operated. What a well-run database
    has and is not seen here (backups, a way to a point in time, monitoring, a slow-query log, a replica, a text on
    recovery, a word on encryption at rest where people sign in) is told once; where one of them is seen, the others
    are told each by its own rule. Software that others install, and libraries, are not told.

    ## Why it matters
    An application goes into production as its repository is: what is not planned there is usually missing.

    ## When to leave it
    When the application is a demonstration, or its deployment lives elsewhere.

    ## How the fix works
    There is none in SQL: begin with a nightly backup that is restored once a month, and with a record of slow queries.

    ## References
    - https://www.postgresql.org/docs/current/backup.html
    """

    code = "OPS020"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_unseen(survey):
            return
        wanted = _OF_ALL + (_OF_SERVERS if has_server(survey) else ())
        if has_server(survey) and deployment.hosted_by is None and login_tables(survey.catalog):
            wanted += ((Practice.ENCRYPTION_AT_REST, "word on encryption at rest"),)
        missing = [words for practice, words in wanted if not deployment.signs_of(practice)]
        given = f" ({deployment.hosted_by} brings the rest)" if len(missing) < len(wanted) else ""
        yield from absence(
            self.name(),
            survey,
            f"Nothing in the repository shows how the database is operated: no {', no '.join(missing)}{given}.",
            "Plan backups with a tested restore first, then monitoring of connections and disk with a record of slow "
            "queries.",
            "how it is run where it is deployed",
        )


_OF_ALL = (
    (Practice.BACKUP, "backup"),
    (Practice.DISASTER_RECOVERY, "text on recovery"),
    (Practice.MONITORING, "monitoring or alerting"),
)
_OF_SERVERS = (
    (Practice.POINT_IN_TIME_RECOVERY, "point-in-time recovery"),
    (Practice.SLOW_QUERY_LOG, "slow-query log"),
    (Practice.REPLICA, "replica"),
)
