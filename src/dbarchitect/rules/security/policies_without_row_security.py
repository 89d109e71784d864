"""Policies on a table whose row-level security is off: they do nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import SetTableOptions
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import listed
from dbarchitect.rules.security._policies import names_of
from dbarchitect.rules.security._row_security import applies_to_nobody


class PoliciesWithoutRowSecurity(Rule):
    """Policies while row-level security is off

    ## What it finds
    Tables that have policies, but whose row-level security was never enabled, or was disabled again.

    ## Why it matters
    The server looks at policies only where row-level security is enabled. Until then everybody who may use the table
    sees and changes every row, while the schema reads as if they could not.

    ## When to leave it
    During a migration that enables it as its last step.

    ## How the fix works
    It enables row-level security, and forces it where nobody but the owner may use the table. The policies begin to
    apply, and a role that none of them lets through sees no rows any more: unsafe.

    ## References
    - https://www.postgresql.org/docs/current/ddl-rowsecurity.html
    """

    code = "SEC008"
    level = Level.ERROR
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table."""
        for table in survey.tables:
            if table.row_security or not table.policies:
                continue
            names = listed(names_of(table.policies))
            first = table.policies[0].origin
            forced = ", though it is forced on the owner" if table.force_row_security else ""
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} has policies ({names}), but row-level security is off: they do nothing.",
                "Enable row-level security on the table.",
                (
                    Evidence(EvidenceKind.CATALOG, f"policies {names}", first),
                    Evidence(EvidenceKind.CATALOG, f"row security is not enabled{forced}", table.origin),
                ),
                first if first.path else table.origin,
            )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Enable it."""
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        note = "The policies begin to apply: check that each role that uses the table has one that lets it through."
        enabled = replace(table, row_security=True)
        if applies_to_nobody(enabled, survey):
            enabled = replace(enabled, force_row_security=True)
        return Fix((SetTableOptions(table, enabled),), Applicability.UNSAFE, note)
