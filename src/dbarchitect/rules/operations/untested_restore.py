"""Backups that nothing ever restores."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import evidence_of, is_operated, made_backups, seen, where_looked


class UntestedRestore(Rule):
    """Backups that nothing ever restores

    ## What it finds
    Applications that make backups of their own, where no script, workflow or text restores one to see whether it is
    whole. A script that can restore and that nothing runs is named: somebody must think of it.

    ## Why it matters
    A backup is as good as its last restore: dumps of the wrong database, archives compressed twice, a missing extension
    or role come to light only there.

    ## When to leave it
    When restores are tried by hand or elsewhere, and somebody knows when the last one was.

    ## How the fix works
    There is none in SQL. Restore the newest copy into an empty server by the clock, and count the rows of the largest
    tables.

    ## References
    - https://www.postgresql.org/docs/current/app-pgrestore.html
    """

    code = "OPS002"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_operated(survey):
            return
        backups = made_backups(deployment)
        restores = deployment.signs_of(Practice.RESTORE_TEST)
        by_hand = [sign for sign in restores if sign.text == "pg_restore" and not sign.automated]
        if not backups or len(by_hand) < len(restores):
            return
        lacking = "nothing in the repository restores one"
        if by_hand:
            place = f" in {by_hand[0].origin.path}" if by_hand[0].origin.path else ""
            lacking = f"the restore that is here ({by_hand[0].text}{place}) is run by nothing"
        yield Finding(
            self.name(),
            Ref.database(),
            f"Backups are made ({backups[0].text}) and {lacking}: whether they are whole is known only when one is "
            "needed.",
            "Restore the newest backup into an empty server by the clock, and count its rows.",
            (*evidence_of((*backups[:1], *by_hand)), where_looked(deployment, "restores that are tried by hand")),
            backups[0].origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What shows the practice."""
        yield from seen(self.name(), survey, Practice.RESTORE_TEST, words="Restores are tested: {what}.")
