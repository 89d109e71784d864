"""Rows of several tenants in one table, with nothing in the database that keeps them apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add, Change, SetTableOptions
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
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.security._hosted import open_by_default
from dbarchitect.rules.security._row_security import (
    applies_to_nobody,
    guarding_columns,
    isolating_policies,
    keeps_apart,
    policy_columns,
    separating_column,
)

_ENOUGH = 3
_SHOWN = 8


class MissingRowLevelSecurity(Rule):
    """Tenants share tables without row-level security

    ## What it finds
    Three cases. A table's policies apply to nobody, because no role but the owner may use the table and the owner is
    not subject to them (seen on a live server only). Other tables use policies on a column (`organization_id`,
    `user_id`) that this table has too, and it has none. No table uses policies although at least three hold rows of
    several tenants (one finding for the database, with the tables as evidence).

    ## Why it matters
    One query that forgets its `where organization_id = …` shows one customer another's data. Row-level security makes
    the server add the condition to every query of the application's role.

    ## When to leave it
    When every query goes through one layer that adds the condition, and tests prove it; when each tenant has a
    database or a schema of its own.

    ## How the fix works
    Enables row-level security and adds the policies by which another table is guarded over the same column; where
    there is none, one that compares the column with the setting `app.tenant_id`, which the application sets in each
    transaction (unset it is NULL or empty, and no row is seen). It forces the policies on the owner too: most
    applications connect as the owner, whom policies do not bind otherwise. Superusers and roles with BYPASSRLS are
    never bound. Until the application sets the tenant it sees no rows: unsafe.

    ## References
    - https://www.postgresql.org/docs/current/ddl-rowsecurity.html
    """

    code = "SEC003"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table where some use it, else one for the database."""
        yield from self._without_effect(survey)
        guards = guarding_columns(survey)
        unguarded = [t for t in survey.tables if not t.row_security and not t.policies]
        if any(table.row_security or table.policies for table in survey.tables):
            for table in unguarded:
                column = separating_column(table, survey, guards)
                if column is not None:
                    yield self._one(table, column, survey, by_policy=column.casefold() in policy_columns(survey))
            return
        tenants = [(t, column) for t in unguarded if (column := separating_column(t, survey, frozenset()))]
        if len(tenants) >= _ENOUGH:
            yield self._all(tenants)

    def _without_effect(self, survey: Survey) -> Iterator[Finding]:
        for table in survey.tables:
            if not applies_to_nobody(table, survey):
                continue
            names = listed(policy.name for policy in table.policies)
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} has policies ({names}), but no role but the owner {table.owner} may use it, who is not "
                "subject to them: they do nothing.",
                "Force row-level security on the owner, or let the application connect as another role.",
                (Evidence(EvidenceKind.CATALOG, f"policies {names}; row security {_switches(table)}", table.origin),),
                table.policies[0].origin if table.policies[0].origin.path else table.origin,
                salient=("owner",),
                precision=Precision.HIGH,
            )

    def _one(self, table: Table, column: str, survey: Survey, *, by_policy: bool) -> Finding:
        origin = survey.origin_of(table.ref.column(column))
        api = open_by_default(table, survey)
        harm = "; through the API, whoever has the project's anonymous key may read and write all of it" if api else ""
        whose = "other tables are guarded by a policy on that column" if by_policy else "other tables use it"
        return Finding(
            self.name(),
            table.ref,
            f"{table.ref} holds rows of several owners ({column}) without row-level security, while {whose}{harm}.",
            f"Enable row-level security and add a policy on {column}.",
            (Evidence(EvidenceKind.CATALOG, f"{column} says whose row it is; row security off, no policy", origin),),
            origin,
        )

    def _all(self, tables: list[tuple[Table, str]]) -> Finding:
        evidence = [
            Evidence(EvidenceKind.CATALOG, f"{table.ref}.{column} names the tenant; row security off", table.origin)
            for table, column in tables[:_SHOWN]
        ]
        if len(tables) > _SHOWN:
            evidence.append(Evidence(EvidenceKind.CATALOG, f"and {count(len(tables) - _SHOWN, 'more table')}"))
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(len(tables), 'table')} hold rows of several tenants, and nothing in the database parts them: "
            "a query that forgets the tenant shows another's rows.",
            "Enable row-level security with a policy on the tenant column, beginning with the most sensitive table.",
            tuple(evidence),
            tables[0][0].origin,
            level=Level.INFO,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Tables whose policies keep rows apart; where nobody forces them on the owner, that is said too."""
        guarded = [t for t in survey.tables if keeps_apart(t) and not applies_to_nobody(t, survey)]
        if guarded:
            evidence = tuple(
                Evidence(
                    EvidenceKind.CATALOG, f"{t.ref}: {listed(p.name for p in t.policies)}; {_switches(t)}", t.origin
                )
                for t in guarded[:_SHOWN]
            )
            forced = all(table.force_row_security for table in guarded)
            words = (
                f"Row-level security guards {count(len(guarded), 'table')}{'' if forced else ' (not from the owner)'}."
            )
            yield Strength(self.name(), Ref.database(), words, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Enable, force, and add policies where there are none; nothing for the database as a whole."""
        table = survey.catalog.table(finding.object) if finding.object.table else None
        if table is None:
            return None
        if table.policies:
            forced = replace(table, force_row_security=True)
            note = "The policies begin to apply: check that each role that uses the table has one that lets it through."
            return Fix((SetTableOptions(table, forced),), Applicability.UNSAFE, note)
        column = separating_column(table, survey, guarding_columns(survey))
        held = table.column(column) if column else None
        if held is None:
            return None
        policies, force = isolating_policies(held, survey)
        enabled = replace(table, row_security=True, force_row_security=force)
        note = "Let the application set what the policy compares with in each transaction; until then it sees no rows."
        changes: tuple[Change, ...] = (SetTableOptions(table, enabled), *(Add(table.ref, p) for p in policies))
        return Fix(changes, Applicability.UNSAFE, note)


def _switches(table: Table) -> str:
    return "on and forced on the owner" if table.force_row_security else "on, the owner exempt"
