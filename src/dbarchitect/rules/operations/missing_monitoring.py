"""Nothing watches the database."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import absence, is_operated, seen


class MissingMonitoring(Rule):
    """Nothing watches the database

    ## What it finds
    Applications with a place to run in whose repository nothing watches the database or its queries: no exporter, no
    agent, no tracing of queries, no insights of the hosting service, no alert. A health endpoint is not counted: it
    says that the server answers, not how.

    ## Why it matters
    A full disk, connections that run out, a query that became a hundred times slower are seen by the users first.

    ## When to leave it
    When the host's own graphs are looked at and send alerts.

    ## How the fix works
    There is none in SQL. An exporter (`postgres_exporter`) or traces of queries, with alerts on connections, disk,
    replication lag and the age of the oldest transaction.

    ## References
    - https://www.postgresql.org/docs/current/monitoring.html
    """

    code = "OPS004"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_operated(survey):
            return
        watching = deployment.signs_of(Practice.MONITORING)
        alerting = deployment.signs_of(Practice.ALERTING)
        if not watching and not alerting:
            yield from absence(
                self.name(),
                survey,
                "Nothing in the repository monitors the database or raises an alert: a full disk, exhausted "
                "connections and slow queries are noticed by its users.",
                "Watch connections, disk, slow queries and replication, with alerts.",
                "what the host shows and reports",
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What shows the practice."""
        yield from seen(
            self.name(), survey, Practice.MONITORING, words="The database or its queries are watched: {what}."
        )
        yield from seen(self.name(), survey, Practice.ALERTING, words="Alerts are declared: {what}.")
