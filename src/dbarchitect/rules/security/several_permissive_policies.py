"""Several permissive policies for the same role and command."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Policy
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import listed
from dbarchitect.rules.security._hosted import PUBLIC, is_service, own_tables
from dbarchitect.rules.security._policies import COMMANDS, commands_of, names_of


class SeveralPermissivePolicies(Rule):
    """Several permissive policies for one role and command

    ## What it finds
    Tables on which two or more permissive policies hold for the same role and the same command: both named for it, or
    one of them for everybody (no TO). Policies for a service's own role, and restrictive ones, do not count.

    ## Why it matters
    Permissive policies are alternatives: the server joins their conditions with OR, so that each row is tried against
    all of them, and the widest decides. An index serves one condition, rarely an OR of several; and a reader of one
    policy does not see that another lets more through.

    ## When to leave it
    Small tables, and where one policy for each reason is worth more than the time: together they mean the same.

    ## How the fix works
    There is none by itself: write one policy whose condition is the OR of the others, or name the roles (TO) so that
    each role has one.

    ## References
    - https://www.postgresql.org/docs/current/sql-createpolicy.html
    """

    code = "SEC012"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.PERFORMANCE
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table."""
        for table in own_tables(survey):
            together = _together(table) if table.row_security else {}
            if not together:
                continue
            policies = [p for p in table.policies if any(p in found for found in together.values())]
            cases = "; ".join(f"{command}: {listed(names_of(found))}" for command, found in together.items())
            origin = policies[0].origin
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} has several permissive policies for the same role: each row is tried against all of "
                f"them ({cases}).",
                "Join them into one policy for each command, or name the roles that each is for.",
                tuple(
                    Evidence(EvidenceKind.CATALOG, f"{p.name}: {p.command} to {listed(p.roles) or PUBLIC}", p.origin)
                    for p in policies
                ),
                origin if origin.path else table.origin,
            )


def _together(table: Table) -> dict[str, list[Policy]]:
    """For each command: the permissive policies that hold for one role together."""
    found: dict[str, list[Policy]] = {}
    for command in COMMANDS:
        policies = [p for p in table.policies if p.permissive and command in commands_of(p) and not _of_service(p)]
        for_all = [p for p in policies if not p.roles]
        roles = sorted({role for p in policies for role in p.roles if not is_service(role)})
        groups = [[*for_all, *(p for p in policies if role in p.roles)] for role in roles] or [for_all]
        largest = max(groups, key=len)
        if len(largest) > 1:
            found[command] = sorted(largest, key=lambda p: p.name)
    return found


def _of_service(policy: Policy) -> bool:
    return bool(policy.roles) and all(map(is_service, policy.roles))
