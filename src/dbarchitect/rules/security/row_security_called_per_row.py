"""Policies that ask who is asking once for every row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.expressions import Expression, expression, functions_of
from dbarchitect.catalog.members import Policy
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add, Change, Drop
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
from dbarchitect.rules.security._hosted import own_tables
from dbarchitect.rules.security._policies import (
    IDENTITY,
    asked_once,
    calls_per_row,
    expressions_of,
    names_of,
    stable_functions,
)

_LARGE = 10_000
_MANY = 12
_SHOWN = 5


class RowSecurityCalledPerRow(Rule):
    """Policy that calls a function for every row

    ## What it finds
    Policies that call `auth.uid()`, `auth.jwt()`, `current_setting(…)` or a stable function of the application without
    arguments outside a sub-select. Calls inside a sub-query, and calls that depend on the row, are left out. Where
    more than twelve tables have such policies, those that are not large are one finding.

    ## Why it matters
    The answer is the same for all rows of a statement, but the server does not know it: where the condition is a filter
    it calls the function again for each row that it reads. In a sub-select of its own, `(select auth.uid())`, it runs
    once for each statement. A scan of 100,000 rows makes 100,000 calls or one.

    ## When to leave it
    Small tables, and queries that an index narrows to a few rows first.

    ## How the fix works
    It replaces each policy by one that asks in a sub-select; both let the same rows through. The policy is absent for
    a moment, during which fewer rows are visible, unless both statements run in one transaction: unsafe outside of one.

    ## References
    - https://supabase.com/docs/guides/database/postgres/row-level-security#call-functions-with-select
    - https://www.postgresql.org/docs/current/ddl-rowsecurity.html
    """

    code = "SEC011"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.PERFORMANCE
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table; one for the database where it is the custom of many that are not large."""
        stable = stable_functions(survey.catalog)
        found = [
            (table, repeated)
            for table in own_tables(survey)
            if table.row_security
            and (repeated := {policy.name: calls for policy in table.policies if (calls := _calls(policy, stable))})
        ]
        habitual = [table for table, _ in found if (survey.facts_of(table).rows or 0) < _LARGE]
        if len(habitual) > _MANY:
            yield self._of_custom(habitual)
        for table, repeated in found:
            if len(habitual) <= _MANY or table not in habitual:
                yield self._finding(table, repeated, survey)

    def _of_custom(self, tables: list[Table]) -> Finding:
        return Finding(
            self.name(),
            Ref.database(),
            f"The policies of {len(tables)} tables can ask who is asking once for every row that a query reads "
            f"({tables[0].ref} is the first).",
            "Write (select …) around the calls: then each runs once for each statement.",
            tuple(
                Evidence(EvidenceKind.CATALOG, f"{table.ref}: {listed(names_of(table.policies))}", table.origin)
                for table in tables
            ),
            tables[0].origin,
            salient=("custom",),
        )

    def _finding(self, table: Table, repeated: dict[str, list[str]], survey: Survey) -> Finding:
        rows = survey.facts_of(table).rows
        calls = listed(f"{call}()" for call in sorted({call for found in repeated.values() for call in found}))
        size = f" ({count(rows, 'row')})" if rows is not None else ""
        policies = [policy for policy in table.policies if policy.name in repeated]
        evidence = tuple(
            Evidence(
                EvidenceKind.CATALOG,
                f"policy {p.name}: {' / '.join(str(part) for part in expressions_of(p))}",
                p.origin,
            )
            for p in policies[:_SHOWN]
        )
        some = "a policy" if len(policies) == 1 else f"{count(len(policies), 'policy', 'policies')}"
        return Finding(
            self.name(),
            table.ref,
            f"{table.ref}{size} has {some} that can call {calls} once for every row that a query reads: "
            f"{listed(names_of(policies[:_SHOWN]))}{' …' if len(policies) > _SHOWN else ''}.",
            f"Write (select …) around {calls}: then it runs once for each statement.",
            evidence,
            policies[0].origin if policies[0].origin.path else table.origin,
            level=Level.WARNING if rows is not None and rows >= _LARGE else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Policies that ask once, where all do."""
        tables = [t for t in own_tables(survey) if t.row_security]
        asking = [
            t
            for t in tables
            if any(IDENTITY & set(functions_of(part)) for p in t.policies for part in expressions_of(p))
        ]
        stable = stable_functions(survey.catalog)
        if asking and not any(_calls(policy, stable) for table in tables for policy in table.policies):
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{t.ref}: {listed(names_of(t.policies))}", t.origin)
                for t in asking[:_SHOWN]
            )
            words = f"The policies of {count(len(asking), 'table')} ask who is asking once for each statement."
            yield Strength(self.name(), Ref.database(), words, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Each policy again, asking in a sub-select."""
        table = survey.catalog.table(finding.object) if finding.object.table else None
        if table is None:
            return None
        stable = stable_functions(survey.catalog)
        changes: list[Change] = []
        for policy in table.policies:
            if _calls(policy, stable):
                once = replace(
                    policy, using=_once(policy.using, stable), check=_once(policy.check, stable), origin=Origin()
                )
                if _calls(once, stable):
                    return None  # written in a way that we cannot rewrite
                changes += [Drop(table.ref, policy), Add(table.ref, once)]
        note = "Run both statements in one transaction, so that the table is never without the policy."
        return Fix(tuple(changes), Applicability.UNSAFE, note)


def _calls(policy: Policy, stable: frozenset[str]) -> list[str]:
    return sorted({call for part in expressions_of(policy) for call in calls_per_row(part, stable)})


def _once(part: Expression | None, stable: frozenset[str]) -> Expression | None:
    return None if part is None else expression(asked_once(part.text, stable))
