"""A policy that lets every row through where nobody is signed in."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Policy
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import listed
from dbarchitect.rules.security._hosted import SIGNED_IN, has_api, is_service, others_may_use, own_tables
from dbarchitect.rules.security._policies import expressions_of, ways_without_identity

_USES = frozenset({"select", "insert", "update", "delete"})


class PolicyOpenToNull(Rule):
    """Policy that is open where nobody is signed in

    ## What it finds
    Permissive policies with an alternative that holds for every row as soon as nobody is signed in or a setting is not
    set: `auth.uid() IS NULL OR …`, `current_setting('app.user', true) = '' OR …`, and `coalesce(… , true)` around a
    comparison with either. An alternative that asks for more (`auth.uid() IS NULL AND published`) is none.

    ## Why it matters
    The policy is written to let a service or a migration through, which has no user. A request without credentials has
    none either, and neither has a connection on which the application forgot to set one: it sees every row, where a
    policy should show none.

    ## When to leave it
    Where the database is reached by one application only, and the alternative is how its own jobs work: better give
    them a role with BYPASSRLS.

    ## How the fix works
    There is none: drop the alternative, and let the jobs that relied on it connect as a role of their own.

    ## References
    - https://www.postgresql.org/docs/current/ddl-rowsecurity.html
    """

    code = "SEC013"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per policy."""
        for table in own_tables(survey):
            if not table.row_security or others_may_use(table.ref, survey, _USES) is False:
                continue
            for policy in table.policies:
                unset = _unset(policy)
                if policy.permissive and unset and _holds_for_strangers(policy):
                    yield self._finding(table, policy, unset, survey)

    def _finding(self, table: Table, policy: Policy, unset: list[str], survey: Survey) -> Finding:
        signed_out = [call for call in unset if call.startswith("auth.")]
        level = Level.ERROR if signed_out and has_api(survey) else Level.WARNING
        who = "a request without credentials" if signed_out else "a connection that has not set it"
        reach = {"select": "sees every row", "insert": "adds any row", "delete": "deletes any row"}.get(
            policy.command, "changes any row" if policy.command == "update" else "sees and changes every row"
        )
        return Finding(
            self.name(),
            table.ref.of(Kind.POLICY, policy.name),
            f"Policy {policy.name} on {table.ref} is open where {listed(unset)} is NULL or empty: {who} {reach}.",
            "Drop that alternative, and give the jobs that need it a role of their own.",
            tuple(
                Evidence(EvidenceKind.CATALOG, f"for {policy.command}: {part}", policy.origin)
                for part in expressions_of(policy)
            ),
            policy.origin if policy.origin.path else table.origin,
            level=level,
        )


def _unset(policy: Policy) -> list[str]:
    return list(dict.fromkeys(call for part in expressions_of(policy) for call in ways_without_identity(part)))


def _holds_for_strangers(policy: Policy) -> bool:
    """False for policies of the service's roles, and of those that only the signed-in have."""
    return not policy.roles or any(not is_service(role) and role not in SIGNED_IN for role in policy.roles)
