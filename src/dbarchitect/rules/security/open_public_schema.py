"""Everybody may create tables and functions in the schema public."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import RunSql
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules.security._hosted import PUBLIC
from dbarchitect.rules.security._search_path import writable_schemas

_OPEN_BEFORE = 15
_SCHEMA = Ref(Kind.SCHEMA, name=PUBLIC)
_CLOSE = f"revoke create on schema {PUBLIC} from {PUBLIC}"
_OPEN = f"grant create on schema {PUBLIC} to {PUBLIC}"


class OpenPublicSchema(Rule):
    """Schema public in which everybody may create objects

    ## What it finds
    Databases in which the role PUBLIC, that is every role, has CREATE on the schema `public`: the default before
    PostgreSQL 15, and what databases keep that were upgraded from there.

    ## Why it matters
    The schema is on everybody's search path. A role that may create objects in it can put a function or operator there
    that another role's query takes for the server's own, and have it run with that role's rights (CVE-2018-1058).

    ## When to leave it
    Where only one role can connect.

    ## How the fix works
    It revokes the privilege. Roles that create their tables there need it granted by name: unsafe.

    ## References
    - https://www.postgresql.org/docs/current/ddl-schemas.html
    - https://www.postgresql.org/support/security/CVE-2018-1058/
    """

    code = "SEC014"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """Who may create objects is seen on a server only."""
        return None if _read_from_server(survey) else "needs the grants of a server, which files do not tell"

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the schema."""
        if PUBLIC not in writable_schemas(survey):
            return
        major = survey.engine.major
        default = " (the default before PostgreSQL 15)" if major is not None and major < _OPEN_BEFORE else ""
        others = [r for r in survey.catalog.roles if r.login and not r.superuser]
        yield Finding(
            self.name(),
            _SCHEMA,
            f"Every role may create tables and functions in the schema public{default}: one that others' queries take "
            "for the server's own runs with their rights.",
            "Revoke CREATE on the schema public from PUBLIC, and grant it to the roles that need it.",
            (Evidence(EvidenceKind.CATALOG, f"CREATE on schema {PUBLIC} is granted to PUBLIC"),),
            level=Level.INFO if survey.catalog.roles and len(others) < 2 else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The schema closed."""
        if PUBLIC not in writable_schemas(survey):
            evidence = (Evidence(EvidenceKind.CATALOG, f"no CREATE on schema {PUBLIC} for PUBLIC"),)
            yield Strength(self.name(), _SCHEMA, "Only named roles may create objects in the schema public.", evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:  # noqa: ARG002 - always the same
        """Revoke it."""
        change = RunSql("postgresql", (_CLOSE,), (_OPEN,), "closes the schema public to roles that were not named")
        return Fix(
            (change,), Applicability.UNSAFE, "Grant CREATE to the roles that make tables there, migrations first."
        )


def _read_from_server(survey: Survey) -> bool:
    return bool(survey.catalog.roles) or any(
        g.object.kind is Kind.SCHEMA and g.privileges for g in survey.catalog.grants
    )
