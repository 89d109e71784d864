"""Accounts among which no administrator can be told."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, singular_words, thing_words
from dbarchitect.rules._shape import is_account
from dbarchitect.rules._sql import listed

_ROLE = phrases("role", "permission", "admin", "staff", "superuser", "is admin", "is staff", "is superuser", "privilege",
                "moderator", "access level", "user type", "account type", "group", "scope", "authority", "acl", "type",
                "capability", "is owner")  # fmt: skip
_LOGIN = phrases(
    "password", "password hash", "hashed password", "encrypted password", "passwd", "last login", "email verified"
)


class AccountWithoutRole(Rule):
    """Accounts have no role or permission

    ## What it finds
    The table that users sign in with (a password or the last sign-in among its columns) has no column for a role, a
    permission or an administrator's mark, and no table of roles, permissions, groups or memberships refers to it.

    ## Why it matters
    Who may see the administration's pages is then decided by a list in the code or in the environment: it is in no
    query, no audit and no foreign key, and changes with a deployment only.

    ## When to leave it
    When there is one kind of user, or an identity provider carries the roles.

    ## How the fix works
    There is none to be generated: which roles there are is the application's decision. A `role` column with a CHECK
    serves few roles; a table of roles and one that joins them to users serves many.

    ## References
    https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html
    """

    code = "DOM001"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table that users sign in with."""
        for table in survey.tables:
            if _signs_in(table) and not _roles(table, survey):
                columns = listed(column.name for column in table.ordered_columns if _LOGIN.whole(column.name))
                yield Finding(
                    self.name(),
                    table.ref,
                    f"{table.ref} has no role or permission: no query can tell an administrator from a user.",
                    "Add a role with a CHECK on its values, or a table of roles.",
                    (
                        Evidence(
                            EvidenceKind.CATALOG, f"users sign in here ({columns}); nothing names a role", table.origin
                        ),
                    ),
                    table.origin,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Accounts with roles."""
        for table in survey.tables:
            roles = _roles(table, survey) if _signs_in(table) else ()
            if roles:
                evidence = (Evidence(EvidenceKind.CATALOG, listed(roles[:3]), table.origin),)
                yield Strength(self.name(), table.ref, "roles or administrators are told apart", evidence)


def _signs_in(table: Table) -> bool:
    return is_account(table) and any(_LOGIN.whole(column.name) for column in table.columns)


def _roles(table: Table, survey: Survey) -> tuple[str, ...]:
    own = [f"{table.ref}.{c.name}" for c in table.ordered_columns if _ROLE.ends(c.name)]
    around = [
        str(other.ref)
        for other, _ in survey.catalog.references_to(table.ref)
        if set(singular_words(other.name)) & {"role", "permission", "group", "member", "membership", "admin", "staff"}
        or any(_ROLE.whole(c.name) for c in other.columns if "_".join(thing_words(other)).endswith(("user", "member")))
    ]
    return tuple(own + around)
