"""A policy that lets everybody write every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Policy
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import listed
from dbarchitect.rules.security._hosted import (
    ANONYMOUS,
    PUBLIC,
    SIGNED_IN,
    grants_tables_to_api,
    has_api,
    others_may_use,
    own_tables,
)
from dbarchitect.rules.security._policies import check_of, commands_of, is_always_true, restricted

_WRITES = frozenset({"insert", "update", "delete"})


class AlwaysTruePolicy(Rule):
    """Policy that lets everybody write every row

    ## What it finds
    Permissive policies for INSERT, UPDATE, DELETE or ALL whose conditions are always true and that hold for everybody
    (PUBLIC), for requests without credentials (`anon`) or for anyone who is signed in (`authenticated`). Policies for
    reading, for a service's own role, and tables with a restrictive policy for everybody beside them, are left out.

    ## Why it matters
    The table has row-level security and looks guarded, yet the policy takes nothing away: whoever may use the table
    changes or deletes any row. A policy without TO holds for every role, not for the one in its name.

    ## When to leave it
    Forms that anybody may send in (INSERT alone; it is reported as worth knowing), and databases where GRANT alone
    decides who writes.

    ## How the fix works
    There is none: whose rows they are is known to you only.

    ## References
    - https://www.postgresql.org/docs/current/sql-createpolicy.html
    """

    code = "SEC010"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per policy."""
        for table in own_tables(survey):
            if not table.row_security or others_may_use(table.ref, survey, _WRITES) is False:
                continue
            for policy in table.policies:
                open_ = [command for command in _open_commands(policy) if not restricted(table, command)]
                who = _whom(policy, survey)
                if open_ and who:
                    yield self._finding(table, policy, open_, who, survey)

    def _finding(self, table: Table, policy: Policy, open_: list[str], who: str, survey: Survey) -> Finding:
        level = _level(table, policy, open_, survey)
        what = " and ".join(
            filter(None, (", ".join(w for w in open_ if w != "insert"), "insert" * ("insert" in open_)))
        )
        rows = "new rows" if open_ == ["insert"] else "any row"
        condition = f"using {policy.using or '—'}, with check {policy.check or '—'}"
        roles = listed(policy.roles) or PUBLIC
        return Finding(
            self.name(),
            table.ref.of(Kind.POLICY, policy.name),
            f"Policy {policy.name} on {table.ref} is always true: {who} may {what} {rows}.",
            "Name the rows that each user may write, or the role that the policy is for (TO).",
            (Evidence(EvidenceKind.CATALOG, f"for {policy.command} to {roles} {condition}", policy.origin),),
            policy.origin if policy.origin.path else table.origin,
            level=level,
        )


def _open_commands(policy: Policy) -> Iterator[str]:
    """The writing commands for which the policy lets every row through, before and after."""
    if not policy.permissive:
        return
    for command in commands_of(policy):
        old = command == "insert" or is_always_true(policy.using)
        new = command == "delete" or is_always_true(check_of(policy))
        if command != "select" and old and new:
            yield command


def _whom(policy: Policy, survey: Survey) -> str | None:
    """Whom the policy lets in, in words; None for roles that we know nothing of."""
    roles = set(policy.roles)
    if not roles:
        return "everybody, signed in or not," if has_api(survey) else "every role that may use the table"
    if roles & ANONYMOUS:
        return "everybody, signed in or not,"
    return "anyone who is signed in" if roles & SIGNED_IN else None


def _level(table: Table, policy: Policy, open_: list[str], survey: Survey) -> Level:
    if open_ == ["insert"] or (not policy.roles and not has_api(survey)):
        return Level.INFO
    nobody_signed_in = not policy.roles or bool(ANONYMOUS & set(policy.roles))
    if not nobody_signed_in:
        return Level.WARNING
    granted = any(
        grant.role in ANONYMOUS and grant.object.key == table.ref.key and set(open_) & set(grant.privileges)
        for grant in survey.catalog.grants
    )
    return Level.ERROR if granted or grants_tables_to_api(survey) else Level.WARNING
