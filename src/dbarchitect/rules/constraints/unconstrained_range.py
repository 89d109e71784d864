"""The rule `unconstrained-range`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add
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
from dbarchitect.rules._fixes.members import new_check
from dbarchitect.rules._schema.limits import is_bounded
from dbarchitect.rules._sql import count, literal, quoted
from dbarchitect.rules.constraints._ranges import Order, Range, orders, ranges


class UnconstrainedRange(Rule):
    """A number or a pair of dates that can leave its range

    ## What it finds
    Numbers with a range that everybody knows (percentages, latitude and longitude, the day of a week) or that the
    model's validators declare, and pairs of dates of which one begins what the other ends, without a CHECK. For dates
    an exclusion constraint over the range is enough.

    ## Why it matters
    Validators run in forms: what an import, a script or a second service writes is checked by the database or by
    nobody. An event that ends before it begins is in no calendar.

    ## When to leave it
    Measured values that must be kept as they came, wrong ones included.

    ## How the fix works
    It adds a CHECK with the bounds (or that the end is not before the start). It fails while other values are stored:
    look for them first. A CHECK lets NULL through, which is right for an end that is open.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS
    - https://docs.djangoproject.com/en/stable/ref/models/constraints/
    """

    code = "CHK003"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column, and one for each pair."""
        for table in survey.tables:
            for found in _open_ranges(survey, table):
                yield self._of_range(survey, table, found)
            for pair in _open_orders(survey, table):
                yield self._of_order(survey, table, pair)

    def _of_range(self, survey: Survey, table: Table, found: Range) -> Finding:
        ref = table.ref.column(found.column.name)
        return Finding(
            self.name(),
            ref,
            f"{ref} is meant to be {found} ({found.why}), and the database accepts any {found.column.type}.",
            hint=f"Add a CHECK that keeps {ref} to {found}.",
            evidence=(Evidence(EvidenceKind.CATALOG, f"{ref} {found.column.type}, no CHECK", survey.origin_of(ref)),),
            origin=survey.origin_of(ref),
            precision=found.precision if found.precision is not self.precision else None,
        )

    def _of_order(self, survey: Survey, table: Table, pair: Order) -> Finding:
        ref = table.ref.over((pair.first.name, pair.second.name))
        origin = survey.origin_of(table.ref.column(pair.second.name))
        return Finding(
            self.name(),
            ref,
            f"Nothing keeps {table.ref.column(pair.second.name)} from lying before {pair.first.name}.",
            hint=f"Add CHECK ({quoted(pair.second.name)} >= {quoted(pair.first.name)}) to {table.ref}.",
            evidence=(
                Evidence(EvidenceKind.CATALOG, f"no CHECK names {pair.first.name} and {pair.second.name}", origin),
            ),
            origin=origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The ranges that the database keeps."""
        kept: list[Evidence] = []
        for table in survey.tables:
            held = [r for r in ranges(survey.catalog, table) if is_bounded(survey.catalog, table, r.column)]
            kept.extend(
                Evidence(
                    EvidenceKind.CATALOG, f"{table.ref.column(found.column.name)} is kept to a range", table.origin
                )
                for found in held
            )
        if kept:
            message = f"{count(len(kept), 'range')} that the database itself keeps."
            yield Strength(self.name(), Ref.database(), message, tuple(kept))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The CHECK."""
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        columns = finding.object.columns
        text = next((_text(found) for found in _open_ranges(survey, table) if (found.column.name,) == columns), None)
        if len(columns) == 2:
            text = f"{quoted(columns[1])} >= {quoted(columns[0])}"
        if text is None:
            return None
        check = new_check(survey.catalog, table, columns, text)
        return Fix((Add(table.ref, check),), Applicability.UNSAFE, f"Look for rows where not ({text}) first.")


def _text(found: Range) -> str:
    name, family = quoted(found.column.name), found.column.type.family
    low = f"{name} >= {literal(found.low, family)}" if found.low is not None else ""
    high = f"{name} <= {literal(found.high, family)}" if found.high is not None else ""
    return " and ".join(part for part in (low, high) if part)


def _open_ranges(survey: Survey, table: Table) -> Iterator[Range]:
    for found in ranges(survey.catalog, table):
        choices = found.column.declared.choices if found.column.declared else ()
        if not choices and not is_bounded(survey.catalog, table, found.column):
            yield found


def _open_orders(survey: Survey, table: Table) -> Iterator[Order]:
    for pair in orders(survey.catalog, table):
        both = {pair.first.name.casefold(), pair.second.name.casefold()}
        checked = any(both <= {n.casefold() for n in columns_of(check.expression)} for check in table.checks)
        excluded = any(
            all(name in element.casefold() for name in both)
            for exclusion in table.exclusions
            for element, _ in exclusion.elements
        )
        if not checked and not excluded:
            yield pair
