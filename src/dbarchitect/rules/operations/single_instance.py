"""One instance of the database, no replica."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import absence, has_server, is_operated, seen


class SingleInstance(Rule):
    """One instance of the database, no replica

    ## What it finds
    Applications on a server in whose repository nothing shows a second one: no replica in settings, compose files,
    manifests or Terraform.

    ## Why it matters
    When the one machine fails, the application is down until a backup is restored; reports and the application share
    its resources.

    ## When to leave it
    When an hour without the application is bearable, or the host fails over by itself. Most applications need a tested
    restore before they need a replica.

    ## How the fix works
    There is none in SQL. A standby for failover first; reading from it comes later and needs care (a reader may not see
    its own write).

    ## References
    - https://www.postgresql.org/docs/current/high-availability.html
    """

    code = "OPS006"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SCALABILITY
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_operated(survey) or not has_server(survey):
            return
        replicated = survey.facts is not None and (survey.facts.is_replica or bool(survey.facts.receivers))
        if not replicated and not deployment.signs_of(Practice.REPLICA):
            yield from absence(
                self.name(),
                survey,
                "The repository shows a single instance of the database, no replica: when it fails, the "
                "application is down until it is restored.",
                "Decide how long it may be down; add a standby where that is shorter than a restore takes.",
                "a standby that the host keeps",
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What shows the practice."""
        yield from seen(self.name(), survey, Practice.REPLICA, words="A replica is provided for: {what}.")
