"""Accounts among which no administrator can be told."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.domains import has_credentials, signs_in
from dbarchitect.rules._schema.shape import is_account, is_tenant
from dbarchitect.rules._sql import listed

_ROLE = frozenset(
    words(
        "role permission admin administrator staff superuser privilege moderator authority acl capability scope "
        "superadmin rank"
    )
)
_KINDS = phrases("type, user type, account type, kind, access level, user kind, account level, level")
_AROUND = frozenset(words("role permission group member membership admin administrator staff moderator collaborator"))
_PLAN = frozenset(words("subscription tier plan billing"))
_TRIAL = frozenset(words("trial"))
_BALANCE = frozenset(words("credit credits balance quota"))


class AccountWithoutRole(Rule):
    """Accounts have no role or permission

    ## What it finds
    The table that users sign in with (a password or the last sign-in among its columns) has no column for a role, a
    permission or an administrator's mark, and no table of roles, permissions, groups, members or collaborators refers
    to it. What accounts have is said as a strength: roles, and a subscription with plan, trial and credits.

    ## Why it matters
    Who may see the administration's pages is then decided by a list in the code or in the environment: it is in no
    query, no audit and no foreign key, and changes with a deployment only.

    ## When to leave it
    When there is one kind of user, or an identity provider carries the roles.

    ## How the fix works
    There is none to be generated: which roles there are is the application's decision. A `role` column with a CHECK
    serves few roles; a table of roles and one that joins them to users serves many.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Authorization_Cheat_Sheet.html
    """

    code = "DOM001"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table that users sign in with."""
        for table in survey.tables:
            if not _is_login(table, survey) or _roles(table, survey):
                continue
            columns = ", ".join(column.name for column in table.ordered_columns)
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} has no role or permission: no query can tell an administrator from a user.",
                "Add a role with a CHECK on its values, or a table of roles.",
                (
                    Evidence(EvidenceKind.CATALOG, f"columns: {columns}", table.origin),
                    Evidence(EvidenceKind.CATALOG, f"no table of roles, groups or members refers to {table.ref}"),
                ),
                table.origin,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Accounts with roles; accounts that carry their subscription."""
        for table in survey.tables:
            if not _is_login(table, survey):
                continue
            roles = _roles(table, survey)
            if roles:
                evidence = (Evidence(EvidenceKind.CATALOG, listed(roles[:3]), table.origin),)
                yield Strength(self.name(), table.ref, "Roles or administrators are told apart.", evidence)
            paid = _subscription(table)
            if paid:
                evidence = (Evidence(EvidenceKind.CATALOG, listed(paid), table.origin),)
                message = "Subscription, trial or credits stand with the account."
                yield Strength(self.name(), table.ref, message, evidence)


def _is_login(table: Table, survey: Survey) -> bool:
    return signs_in(table, survey.catalog) and has_credentials(table)


def _roles(table: Table, survey: Survey) -> tuple[str, ...]:
    """The columns that tell users apart, and the tables around that do."""
    own = [f"{table.ref}.{c.name}" for c in table.ordered_columns if _tells(c.name)]
    parents = [key.referenced.table_ref for key in table.foreign_keys]
    own += [str(parent) for parent in parents if _AROUND & set(singular_words(parent.table or ""))]
    around = [
        str(other.ref)
        for other, _ in survey.catalog.references_to(table.ref)
        if other.ref.key != table.ref.key
        and (
            _is_around(other)
            or (thing_words(other)[-1:] == ("user",) and any(_tells(column.name) for column in other.columns))
        )
    ]
    tenants = [
        str(parent.ref)
        for parent in survey.catalog.tables
        if is_tenant(parent)
        and not is_account(parent)
        and "account" not in thing_words(parent)
        and (thing_words(parent)[-1:] != ("group",) or _is_around(parent))
        and any(k.referenced.table_ref.key == table.ref.key for k in parent.foreign_keys)
    ]
    return (*own, *around, *tenants)


def _is_around(other: Table) -> bool:
    """True for tables of roles and members; for groups where they are of people, and never for a log."""
    things = {*thing_words(other), *singular_words(other.name)}
    if thing_words(other)[-1:] in {("log",), ("event",)}:
        return False
    people = "group" in things and (thing_words(other) == ("group",) or bool(things & {"user", "member", "account"}))
    return bool(_AROUND & things - {"group"}) or people


def _tells(name: str) -> bool:
    own = singular_words(name)
    own = own[:-1] if own[-1:] == ("id",) else own
    return bool(_ROLE & set(own)) or own[-1:] == ("group",) or _KINDS.whole(name)


def _subscription(table: Table) -> tuple[str, ...]:
    """The columns of plan, trial and credits, where there is at least one of two of these kinds."""
    kinds = [[c.name for c in table.ordered_columns if kind & set(words(c.name))] for kind in (_PLAN, _TRIAL, _BALANCE)]
    return tuple(name for kind in kinds for name in kind) if sum(map(bool, kinds)) >= 2 else ()
