"""Row-level security without a policy: nobody but the owner sees a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.security._hosted import is_service, own_tables

_SHOWN = 5


class RowSecurityWithoutPolicies(Rule):
    """Row-level security without a policy

    ## What it finds
    Tables with row-level security and no permissive policy, in a database where other tables have some. Tables that
    were granted to the hosting service's own roles alone are left out, and so are, on a live server, those that were
    granted to nobody.

    ## Why it matters
    Without a permissive policy everybody but the owner (and roles with BYPASSRLS) sees no row and can add none, and no
    error says so: queries come back empty.

    ## When to leave it
    Where that is meant: tables that only the owner or a server with BYPASSRLS touches are closed best this way.

    ## How the fix works
    There is none: who may see which rows is known to you only.

    ## References
    - https://www.postgresql.org/docs/current/ddl-rowsecurity.html
    """

    code = "SEC009"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table."""
        if not any(policy.permissive for table in own_tables(survey) for policy in table.policies):
            return
        for table in _closed(survey):
            roles = _users_of(table, survey)
            if not roles and (survey.catalog.roles or _is_granted(table, survey)):
                continue
            who = f"{listed(roles)} may use it and {'sees' if len(roles) == 1 else 'see'}"
            who = who if roles else "all but the owner see"
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} has row-level security without a permissive policy: {who} no rows, without an error.",
                "Add a policy for those who should see its rows, or say that nobody but the owner should.",
                (Evidence(EvidenceKind.CATALOG, "row security is on; no permissive policy", table.origin),),
                table.origin,
                precision=Precision.HIGH if roles else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Tables that are closed on purpose: nobody besides the owner was granted anything."""
        closed = [t for t in _closed(survey) if survey.catalog.roles and not _users_of(t, survey)]
        if closed:
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{t.ref}: row security is on, nothing is granted", t.origin)
                for t in closed[:_SHOWN]
            )
            words = f"Nobody but the owner reaches {count(len(closed), 'table')}."
            yield Strength(self.name(), Ref.database(), words, evidence)


def _closed(survey: Survey) -> Iterator[Table]:
    return (t for t in own_tables(survey) if t.row_security and not any(p.permissive for p in t.policies))


def _is_granted(table: Table, survey: Survey) -> bool:
    """True where somebody thought of who may use it; `_users_of` tells whether that is more than the service."""
    return any(grant.object.key == table.ref.key for grant in survey.catalog.grants)


def _users_of(table: Table, survey: Survey) -> list[str]:
    """The roles besides the service's own that were granted something on the table."""
    free = {role.name for role in survey.catalog.roles if role.superuser or role.bypass_row_security}
    roles = {grant.role for grant in survey.catalog.grants if grant.object.key == table.ref.key and grant.privileges}
    return sorted(role for role in roles - free if not is_service(role))
