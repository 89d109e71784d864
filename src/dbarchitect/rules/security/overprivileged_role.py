"""A role that people or programs log in as, and that no rule of the database binds."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Role
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.security._hosted import is_service, own_tables

_SAFER_CREATEROLE = 16


class OverprivilegedRole(Rule):
    """Login role with more rights than an application needs

    ## What it finds
    Roles that can log in and are superusers, are exempt from row-level security (BYPASSRLS), or, before PostgreSQL 16,
    may create roles (and so give themselves almost any right). The server's first superuser and the roles that hosting
    services bring along are left out.

    ## Why it matters
    Whoever gets hold of such a login reads and changes everything, policies and grants notwithstanding; a superuser
    runs programs on the server, too. Where the role owns the application's tables, or was granted some, the application
    itself seems to use it, and one injected statement is enough.

    ## When to leave it
    Logins of administrators, and of the tools that back up or replicate the whole server.

    ## How the fix works
    There is none: roles belong to the whole server, and only you know who uses them. Take the attribute away (ALTER
    ROLE … NOSUPERUSER, NOBYPASSRLS, NOCREATEROLE) after giving the application a role that owns nothing.

    ## References
    - https://www.postgresql.org/docs/current/role-attributes.html
    """

    code = "SEC015"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """Roles are seen on a server only."""
        return None if survey.catalog.roles else "needs the roles of a server, which files do not tell"

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per role."""
        superusers = [role for role in survey.catalog.roles if role.superuser and role.login]
        for role in survey.catalog.roles:
            first = role in superusers and len(superusers) == 1
            rights = [] if first or is_service(role.name) or not role.login else _rights(role, survey)
            if rights:
                yield self._finding(role, rights, survey)

    def _finding(self, role: Role, rights: list[str], survey: Survey) -> Finding:
        guarded = any(table.row_security for table in own_tables(survey))
        used = _used_for(role, survey)
        unbound = guarded and (role.superuser or role.bypass_row_security)
        skips = " and is bound by no policy" if unbound else ""
        application = f"; {used}, so the application seems to use it" if used else ""
        return Finding(
            self.name(),
            Ref(Kind.ROLE, name=role.name),
            f"Role {role.name} can log in as {listed(rights)}{skips}{application}.",
            "Give the application a role without these rights that owns no table.",
            (Evidence(EvidenceKind.CATALOG, f"{role.name}: login, {', '.join(rights)}"),),
            level=Level.WARNING if used and (role.superuser or unbound) else None,
        )


def _rights(role: Role, survey: Survey) -> list[str]:
    if role.superuser:
        return ["superuser"]
    rights = ["a role exempt from row security"] if role.bypass_row_security else []
    major = survey.engine.major
    if role.create_role and major is not None and major < _SAFER_CREATEROLE:
        rights.append("one that creates roles")
    return rights


def _used_for(role: Role, survey: Survey) -> str | None:
    """What shows that the application works as this role."""
    owned = sum(table.owner == role.name for table in own_tables(survey))
    if owned:
        return f"it owns {count(owned, 'table')}"
    tables = {table.ref.key for table in own_tables(survey)}
    granted = len({g.object.key for g in survey.catalog.grants if g.role == role.name and g.object.key in tables})
    return f"it was granted {count(granted, 'table')}" if granted else None
