"""No text says how to recover the database."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import absence, is_operated, seen


class MissingRecoveryPlan(Rule):
    """No text says how to recover the database

    ## What it finds
    Applications with a place to run and with documents, none of which says how the database is brought back: no text on
    disaster recovery, no chapter on restoring.

    ## Why it matters
    In the hour it is needed nobody has time to find out which copy, which command, which order, and who decides.

    ## When to leave it
    When the plan is kept outside of the repository.

    ## How the fix works
    There is none in SQL. One page: where the copies are, the commands, how long it takes, how much is lost, who
    decides.

    ## References
    - https://www.postgresql.org/docs/current/backup.html
    """

    code = "OPS007"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_operated(survey) or not deployment.count("documents"):
            return
        if not deployment.signs_of(Practice.DISASTER_RECOVERY):
            number = deployment.count("documents")
            none = "the one document" if number == 1 else f"none of the {number:,} documents"
            negation = " does not say" if number == 1 else " says"
            yield from absence(
                self.name(),
                survey,
                f"{none[0].upper()}{none[1:]} of the repository{negation} how to recover the database after a loss.",
                "Write one page: where the copies are, the commands, how long it takes, who decides.",
                "documents that are kept elsewhere",
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What shows the practice."""
        yield from seen(self.name(), survey, Practice.DISASTER_RECOVERY, words="Recovery is described: {what}.")
