"""Accounts and what users made, deleted for good at once."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Action, Column, Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.operations import AddColumn
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
from dbarchitect.rules._domains import is_user_content
from dbarchitect.rules._names import phrases
from dbarchitect.rules._shape import is_account, is_soft_delete
from dbarchitect.rules._sql import listed

_STATES = phrases("status", "state", "account status", "visibility")
_GONE = {"deleted", "archived", "removed", "trashed", "inactive", "closed", "discarded"}
_MARKS = phrases("archived", "is archived", "trashed", "is trashed", "trashed at", "closed at", "deactivated at")


class MissingSoftDelete(Rule):
    """Accounts or user content cannot be deleted softly

    ## What it finds
    Tables of accounts, and tables of what users write or make, without a mark for deleted rows: no `deleted_at`, no
    `is_deleted`, no `archived`, no state that means gone. A bare `is_active` bars a sign-in; it does not say that and
    when somebody asked for deletion, and does not count.

    ## Why it matters
    A deletion by mistake can only be undone from a backup, and with it go the rows that depend on it: support cannot
    restore one user, and nobody can tell afterwards what there was.

    ## When to leave it
    When a law or your own promise asks for deletion at once, or when deleted rows move to another table. Soft deletion
    has a price: every query must leave the marked rows out, and unique keys must be partial.

    ## How the fix works
    Adds a nullable `deleted_at`. The application must set it instead of deleting, and leave marked rows out of its
    queries; full unique keys on names should become partial (`soft-delete-without-partial-unique`).

    ## References
    https://www.postgresql.org/docs/current/indexes-partial.html
    """

    code = "HIS002"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table."""
        for table in survey.tables:
            account = is_account(table)
            if not (account or is_user_content(table, survey.catalog)) or _has_mark(table):
                continue
            swept = [
                str(child.ref)
                for child, key in survey.catalog.references_to(table.ref)
                if key.on_delete is Action.CASCADE or key.application_on_delete is Action.CASCADE
            ]
            also = f", and with it its rows in {listed(sorted(set(swept))[:4])}" if swept else ""
            what = "an account" if account else "what a user made"
            yield Finding(
                self.name(),
                table.ref,
                f"Deleting from {table.ref} loses {what} at once{also}: there is no mark for deleted rows.",
                "Add deleted_at, set it instead of deleting, and leave marked rows out of queries.",
                (
                    Evidence(
                        EvidenceKind.CATALOG,
                        "no deleted_at, is_deleted, archived or state that means gone",
                        table.origin,
                    ),
                ),
                table.origin,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Tables that have the mark."""
        for table in survey.tables:
            mark = next((c for c in table.ordered_columns if is_soft_delete(c)), None)
            if mark is not None and (is_account(table) or is_user_content(table, survey.catalog)):
                evidence = (
                    Evidence(
                        EvidenceKind.CATALOG, f"{mark.name} {mark.type}", survey.origin_of(table.ref.column(mark.name))
                    ),
                )
                yield Strength(self.name(), table.ref, "rows are deleted softly", evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Add a nullable `deleted_at`; where a unique key on a name stands in the way, the decision is the reader's."""
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        type_ = parse_type("timestamptz" if survey.engine.capabilities.time_zones else "datetime")
        position = max((column.position for column in table.columns), default=0) + 1
        changes = (AddColumn(table.ref, Column("deleted_at", type_, position=position)),)
        note = "The application must set it instead of deleting, filter on it, and unique names must become partial."
        return Fix(changes, Applicability.MANUAL, note)


def _has_mark(table: Table) -> bool:
    for column in table.columns:
        if is_soft_delete(column) or _MARKS.whole(column.name):
            return True
        declared = column.declared
        if _STATES.whole(column.name) and declared is not None and {c.lower() for c in declared.choices} & _GONE:
            return True
    return False
