"""Migrations that run for the first time in production."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import evidence_of


class UntestedMigrations(Rule):
    """CI never runs the migrations

    ## What it finds
    Projects with migrations and with workflows that run tests, where neither a workflow nor what it calls (scripts, a
    Makefile, fixtures of the tests) runs a migration. Django's test runner runs all of them, which counts.

    ## Why it matters
    Tests that make their tables from the models prove nothing of the migrations: a broken chain, a missing migration, a
    statement that the server refuses is seen by the deployment.

    ## When to leave it
    When a staging database takes every migration before production.

    ## How the fix works
    It is one of CI: a job with an empty database that runs all migrations, and asks whether the models have anything
    left (`alembic check`, `prisma migrate diff`, `makemigrations --check`).

    ## References
    - https://alembic.sqlalchemy.org/en/latest/autogenerate.html#running-alembic-check-to-test-for-new-upgrade-operations
    """

    code = "OPS018"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not survey.migrations or not deployment.tests:
            return
        if deployment.signs_of(Practice.MIGRATION_TEST):
            return
        number = len(survey.migrations)
        word = "migration" if number == 1 else "migrations"
        yield Finding(
            self.name(),
            Ref.database(),
            f"CI runs tests but none of the {number:,} {word}: a broken one is found in production.",
            "Run every migration on an empty database in CI, and check that the models have none left.",
            tuple(Evidence(EvidenceKind.SETTING, ground.text, ground.origin) for ground in deployment.tests[:3]),
            deployment.tests[0].origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Migrations that CI runs."""
        signs = survey.deployment.signs_of(Practice.MIGRATION_TEST) if survey.deployment is not None else ()
        if signs and survey.migrations and signs[0].automated:
            words = f"CI runs the migrations ({signs[0].text})."
            yield Strength(self.name(), Ref.database(), words, evidence_of(signs))
