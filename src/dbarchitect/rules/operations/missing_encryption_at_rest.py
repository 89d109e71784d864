"""Personal data on a disk of which nothing says that it is encrypted."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import absence, has_server, is_operated, seen
from dbarchitect.rules._schema.domains import login_tables


class MissingEncryptionAtRest(Rule):
    """Personal data and no word of encryption at rest

    ## What it finds
    Applications with a place to run and a table of people who sign in, where nothing says that the disk is encrypted:
    no setting in Terraform, no text, no hosting service that is known.

    ## Why it matters
    Who gets hold of the disk, or of a copy of it, reads everything. It protects against nothing else: the running
    server reads in the clear.

    ## When to leave it
    When the host encrypts its disks, as most do; laws on personal data ask for the answer in writing.

    ## How the fix works
    There is none in SQL: PostgreSQL of the community encrypts no files. Encrypt the disk (LUKS, or the host's setting),
    the backups by their tool, and single columns in the application.

    ## References
    - https://www.postgresql.org/docs/current/encryption-options.html
    """

    code = "OPS016"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SECURITY
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_operated(survey) or not has_server(survey) or deployment.hosted_by is not None:
            return
        people = login_tables(survey.catalog)
        if not people or deployment.signs_of(Practice.ENCRYPTION_AT_REST):
            return
        nearest = min(people, key=lambda table: (len(table.name), table.name))
        yield from absence(
            self.name(),
            survey,
            f"Nothing says that the disk of the database is encrypted at rest, which holds the people in "
            f"{nearest.ref}.",
            "Encrypt the disk and the backups, or write down that the host does.",
            "the disks of the host",
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Encryption that is seen."""
        yield from seen(
            self.name(), survey, Practice.ENCRYPTION_AT_REST, words="Encryption at rest is to be seen: {what}."
        )
