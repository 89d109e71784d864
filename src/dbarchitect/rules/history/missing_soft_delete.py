"""Accounts and what users made, deleted for good at once."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Action, Column
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.apply import apply_all
from dbarchitect.change.operations import AddColumn, Change
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
from dbarchitect.rules._names import in_style
from dbarchitect.rules._schema.domains import extended, is_user_content, signs_in
from dbarchitect.rules._schema.shape import is_soft_delete
from dbarchitect.rules._schema.soft_delete import can_be_marked, full_uniques, made_partial
from dbarchitect.rules._schema.versions import is_said
from dbarchitect.rules._sql import listed

_SHOWN = 4


class MissingSoftDelete(Rule):
    """Accounts or user content cannot be deleted softly

    ## What it finds
    Tables of accounts, and tables of what users say to everybody (posts, questions, announcements), without a mark
    for deleted rows: no `deleted_at`, no `is_deleted`, no `archived`, no `visible`, no state that means gone. A bare
    `is_active` bars a sign-in; it does not say that and when somebody asked for deletion, and does not count. Of
    documents that users work on `content-without-versions` says what a deletion loses.

    ## Why it matters
    A deletion by mistake can only be undone from a backup, and with it go the rows that depend on it: support cannot
    restore one user, and nobody can tell afterwards what there was.

    ## When to leave it
    When a law or your own promise asks for deletion at once, or when deleted rows move to another table. Soft
    deletion has a price: every query must leave the marked rows out, and unique keys must be partial.

    ## How the fix works
    By hand, since the application must set `deleted_at` instead of deleting, and leave marked rows out of its
    queries. The changes add the column, nullable, and make unique keys on names that people give and take (an
    address, a slug) partial, so that `soft-delete-without-partial-unique` has nothing to say afterwards.

    ## References
    - https://www.postgresql.org/docs/current/indexes-partial.html
    """

    code = "HIS002"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table."""
        for table in survey.tables:
            account = signs_in(table, survey.catalog)
            said = is_said(table, survey.catalog)
            whole = (table, *extended(table, survey.catalog))
            if not (account or said) or any(can_be_marked(survey.catalog, part) for part in whole):
                continue
            swept = {
                str(child.ref)
                for child, key in survey.catalog.references_to(table.ref)
                if Action.CASCADE in {key.on_delete, key.application_on_delete} and child.ref.key != table.ref.key
            }
            shown = sorted(swept)[:_SHOWN]
            names = [*shown, f"{len(swept) - _SHOWN} more tables"] if len(swept) > _SHOWN + 1 else sorted(swept)
            also = f", and with it its rows in {listed(names)}" if swept else ""
            what = "an account" if account else "what a user wrote"
            mark = in_style("deleted_at", table)
            where = Evidence(EvidenceKind.CATALOG, "no deleted_at, is_deleted, archived, or state that means gone")
            yield Finding(
                self.name(),
                table.ref,
                f"Deleting from {table.ref} loses {what} for good{also}: there is no mark for deleted rows.",
                f"Add {mark}, set it instead of deleting, and leave marked rows out of queries.",
                (Evidence(where.kind, where.text, table.origin),),
                table.origin,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Accounts and content that have the mark."""
        for table in survey.tables:
            mark = next((c for c in table.ordered_columns if is_soft_delete(c)), None)
            if mark is not None and (signs_in(table, survey.catalog) or is_user_content(table, survey.catalog)):
                origin = survey.origin_of(table.ref.column(mark.name))
                evidence = (Evidence(EvidenceKind.CATALOG, f"{mark.name} {mark.type}", origin),)
                yield Strength(self.name(), table.ref, "Rows are deleted softly.", evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Add a nullable `deleted_at`, and make the unique keys on names partial."""
        table = survey.catalog.table(finding.object)
        if table is None or table.column(name := in_style("deleted_at", table)) is not None:
            return None
        moment = parse_type("timestamptz" if survey.engine.capabilities.time_zones else "datetime")
        position = max((column.position for column in table.columns), default=0) + 1
        mark = Column(name, moment, position=position)
        changes: tuple[Change, ...] = (AddColumn(table.ref, mark),)
        for columns in full_uniques(survey.catalog, table):
            after = apply_all(changes, survey.catalog)
            changed = after.table(table.ref)
            changes += made_partial(after, changed, mark, columns) if changed is not None else ()
        note = "The application must set it instead of deleting, and leave marked rows out of every query."
        return Fix(changes, Applicability.MANUAL, note)
