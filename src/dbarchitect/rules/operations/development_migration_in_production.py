"""A command that is made for a developer's database, run where the production one is."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import evidence_of


class DevelopmentMigrationInProduction(Rule):
    """A migration command of development runs in production

    ## What it finds
    `prisma migrate dev` and `prisma migrate reset` where production runs them: the last stage of a Dockerfile, a start
    or build script, a manifest, a script that deploys. Files and stages for development and tests, workflows, and
    commands that go on to start a development server do not count.

    ## Why it matters
    `migrate dev` is a dialogue: it makes a new migration when the schema has changed, needs the right to create a
    shadow database, and wants to reset the database, which deletes all rows, when the history is not what it expects;
    without a terminal it stops instead, and the container does not start. `migrate reset` deletes all rows each time.

    ## When to leave it
    The database is one to throw away: a demonstration that is filled anew at each start.

    ## How the fix works
    It is one of delivery: run `prisma migrate deploy` there, which applies the migrations that are pending and nothing
    else.

    ## References
    - https://www.prisma.io/docs/orm/prisma-migrate/workflows/development-and-production
    """

    code = "OPS022"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        signs = deployment.signs_of(Practice.DEVELOPMENT_MIGRATION) if deployment is not None else ()
        if not signs:
            return
        resets = [sign for sign in signs if "reset" in sign.text]
        shown = (resets or signs)[0]
        harm = (
            "it deletes every row and starts again"
            if resets
            else "it makes migrations by itself, wants to reset the database when the history differs, and fails where "
            "nobody can answer"
        )
        yield Finding(
            self.name(),
            Ref.database(),
            f"Production runs a command for developers ({shown.text}): {harm}.",
            "Run prisma migrate deploy there.",
            evidence_of(signs),
            shown.origin,
            level=Level.ERROR if resets else None,
        )
