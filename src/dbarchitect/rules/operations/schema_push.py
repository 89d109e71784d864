"""A schema that is pushed to production, past the migrations."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import evidence_of


class SchemaPush(Rule):
    """The schema is pushed to the database without migrations

    ## What it finds
    `prisma db push` and `drizzle-kit push` where production runs them: a Dockerfile, a start or build script, a
    manifest, a workflow that deploys. A script for it is told at the lowest level, and only where the project has no
    migrations beside. Development and tests may push.

    ## Why it matters
    A push makes the database like the schema file at once: a renamed column is a dropped one, nothing is reviewed,
    nothing can be taken back, and nobody knows later what was done.

    ## When to leave it
    For a prototype without data.

    ## How the fix works
    It is one of delivery: generate migrations (`prisma migrate dev`, `drizzle-kit generate`), review them, and run
    `prisma migrate deploy` or `drizzle-kit migrate` in production; a database that was pushed is given a baseline
    first.

    ## References
    - https://www.prisma.io/docs/orm/prisma-migrate/workflows/prototyping-your-schema
    - https://orm.drizzle.team/docs/drizzle-kit-push
    """

    code = "OPS017"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        every = survey.deployment.signs_of(Practice.SCHEMA_PUSH) if survey.deployment is not None else ()
        signs = [sign for sign in every if _is_of(survey, sign.text)]
        run = [sign for sign in signs if sign.automated]
        if run:
            loss = any("--accept-data-loss" in sign.text or "--force" in sign.text for sign in run)
            harm = "and data may be lost without a question" if loss else "and a renamed column is a dropped one"
            yield Finding(
                self.name(),
                Ref.database(),
                f"Production's schema is pushed ({run[0].text}), past any migration: nothing is reviewed, {harm}.",
                "Generate migrations, and deploy those.",
                evidence_of(run),
                run[0].origin,
                level=Level.ERROR if loss else None,
            )
        elif signs and not survey.migrations:
            yield Finding(
                self.name(),
                Ref.database(),
                f"The schema has no migrations, only a push ({signs[0].text}): what was done to the database, "
                "and how to take it back, nobody knows.",
                "Generate migrations before there is data to lose.",
                evidence_of(signs),
                signs[0].origin,
                level=Level.INFO,
            )


def _is_of(survey: Survey, command: str) -> bool:
    """Whether a command can push this application's schema: where several share a folder, Prisma's is Prisma's."""
    tool = next((tool for tool in ("prisma", "drizzle") if command.startswith(tool)), None)
    return tool is None or survey.application.framework in {None, tool}
