"""A table that does not say when its rows were made or changed."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Column, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family, parse_type
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
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._shape import (
    is_creation_time,
    is_event,
    is_log,
    is_lookup,
    is_update_time,
    joined_columns,
    time_columns,
)
from dbarchitect.rules._sql import count, listed

_OWN_TIMES = phrases("joined", "registered", "signed up", "date joined", "occurred at", "sent at", "received at", "time",
                     "date", "recorded at", "issued at", "submitted at", "started at", "paid at", "published at")  # fmt: skip
_FEWEST_COLUMNS = 4


class MissingTimestamps(Rule):
    """Rows do not say when they were made or changed

    ## What it finds
    Tables of the application's things with no column for the time of making (`created_at`, or a time of its own such as
    `date_joined`), or, where rows are changed, none for the time of the last change (`updated_at`). Logs and events need
    the first only. Lookup tables, tables that only join others, and tables of fewer than four columns are left alone.

    ## Why it matters
    When something went wrong, the first question is when; without the column nobody can answer, not even for the rows of
    yesterday. Incremental exports, caches and sync need `updated_at` too. It cannot be filled in later.

    ## When to leave it
    When rows are never changed, or another table keeps their history.

    ## How the fix works
    Adds the missing columns, nullable and without a default: existing rows say honestly that the time is not known. The
    model then fills them (`auto_now`, `onupdate`, `@updatedAt`), or a default and a trigger do.

    ## References
    https://www.postgresql.org/docs/current/ddl-alter.html
    """

    code = "HIS001"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.MAINTAINABILITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table, naming what is missing."""
        for table in survey.tables:
            missing = _missing(table)
            if not missing:
                continue
            times = listed(column.name for column in time_columns(table)) or "none"
            questions = {"created_at": "was made", "updated_at": "was last changed"}
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} has no {listed(missing, 'and no')}: when a row "
                f"{listed((questions[m] for m in missing), 'or')} cannot be told.",
                f"Add {listed(missing)}, and let the model or a trigger fill {'it' if len(missing) == 1 else 'them'}.",
                (Evidence(EvidenceKind.CATALOG, f"columns that hold a time: {times}", table.origin),),
                table.origin,
                salient=missing,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Every judged table has both."""
        judged = [table for table in survey.tables if not _exempt(table)]
        complete = [table for table in judged if not _missing(table)]
        if len(complete) >= 2 and len(complete) * 2 > len(judged):
            names = listed(str(table.ref) for table in complete[:6])
            evidence = (Evidence(EvidenceKind.CATALOG, f"{names}{' and others' if len(complete) > 6 else ''}"),)
            message = f"{len(complete)} of {count(len(judged), 'table')} say when their rows were made and changed"
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Add the columns, nullable."""
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        last = max((column.position for column in table.columns), default=0)
        zoned = survey.engine.capabilities.time_zones
        type_ = parse_type("timestamptz" if zoned else "datetime")
        changes = tuple(
            AddColumn(table.ref, Column(name, type_, position=last + number))
            for number, name in enumerate(_missing(table), 1)
        )
        return Fix(
            changes, Applicability.UNSAFE, "The model must fill the new columns; existing rows stay NULL: not known."
        )


def _exempt(table: Table) -> bool:
    return (
        len(table.columns) < _FEWEST_COLUMNS
        or is_lookup(table)
        or bool(joined_columns(table))
        or not thing_words(table)
    )


def _missing(table: Table) -> tuple[str, ...]:
    if _exempt(table):
        return ()
    times = time_columns(table)
    made = any(is_creation_time(c) or _OWN_TIMES.whole(c.name) for c in times)
    changed = any(is_update_time(c) for c in times) or any(
        is_update_time(c) or is_creation_time(c) for c in table.columns if c.type.family is Family.INTEGER
    )
    made = made or any(is_creation_time(c) for c in table.columns if c.type.family is Family.INTEGER)
    grows_only = is_log(table) or is_event(table)
    return (() if made or (grows_only and times) else ("created_at",)) + (
        () if changed or grows_only else ("updated_at",)
    )
