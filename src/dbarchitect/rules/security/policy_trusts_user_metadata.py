"""A policy that believes what users write about themselves."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Kind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules.security._hosted import own_tables
from dbarchitect.rules.security._policies import expressions_of, reads_user_metadata


class PolicyTrustsUserMetadata(Rule):
    """Policy that trusts what users write about themselves

    ## What it finds
    Policies that read `user_metadata` of the token or `raw_user_meta_data` of the account.

    ## Why it matters
    Users of Supabase's authentication change that part themselves, with the call that changes their avatar: whoever
    writes `{"role": "admin"}` or another tenant's number there is let through. `app_metadata` (`raw_app_meta_data`) can
    be changed by the server only.

    ## When to leave it
    Never for a decision about access.

    ## How the fix works
    There is none: move what the policy needs to `app_metadata` or into a table of yours, and let it read that.

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security
    """

    code = "SEC018"
    level = Level.ERROR
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per policy."""
        for table in own_tables(survey):
            for policy in table.policies:
                believed = [part for part in expressions_of(policy) if reads_user_metadata(part)]
                if believed:
                    yield Finding(
                        self.name(),
                        table.ref.of(Kind.POLICY, policy.name),
                        f"Policy {policy.name} on {table.ref} decides by the user's own metadata, which every user "
                        "can change.",
                        "Read app_metadata or a table of yours instead.",
                        tuple(Evidence(EvidenceKind.CATALOG, str(part), policy.origin) for part in believed),
                        policy.origin if policy.origin.path else table.origin,
                    )
