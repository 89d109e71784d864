"""Required columns that rows and running code cannot fill."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules._sql import count
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, Step, rows_of, steps_on_old_tables


class RequiredColumnWithoutDefault(MigrationRule):
    """A required column is added without a default

    ## What it finds
    `ADD COLUMN … NOT NULL` without a default in the database, on a table that may hold rows, in a migration that has
    not run yet. An error where the table is known to hold rows. A remark where the migration fills the old rows by a
    default that it takes away again, as Django does: then only old code is in the way.

    ## Why it matters
    PostgreSQL refuses it as soon as the table has one row; and code that still runs while the deployment goes on does
    not know the column, so its INSERTs fail.

    ## When to leave it
    Where the table is empty and nothing writes to it before the new code runs.

    ## How the fix works
    By hand: add the column with a default (a constant one is not written into the rows: it costs nothing), or nullable;
    let the new code fill it, fill the old rows in batches, then set NOT NULL.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """

    code = "MIG006"
    level = Level.WARNING
    category = Category.DATA_INTEGRITY

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every required column that old rows or old code cannot fill."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is not OperationKind.ADD_COLUMN:
                continue
            filled = _loses_its_default(step, survey)
            rows = rows_of(survey, step.table)
            if rows == 0 or not (operation.required or filled):
                continue
            harm = "old code, which runs until the deployment ends, cannot insert a row without it"
            if not filled:
                failing = (
                    f"it fails, {step.table} holds {count(rows, 'row')}" if rows else "it fails if the table has a row"
                )
                harm = f"{failing}, and {harm}"
            yield Fault(
                step,
                f"adds the required column {operation.object} without a default in the database: {harm}",
                _hint(history.tool),
                level=Level.INFO if filled else Level.ERROR if rows else None,
                sized=False,
            )


def _loses_its_default(step: Step, survey: Survey) -> bool:
    """True where the old rows get a default that the same migration takes away again, as Django does."""
    ref = step.operation.object
    dropped = any(o.kind is OperationKind.DROP_DEFAULT and o.object.key == ref.key for o in step.following)
    table = survey.catalog.table(ref)
    column = table.column(ref.columns[0]) if table is not None and ref.columns else None
    return dropped and column is not None and not column.nullable and column.default is None


def _hint(tool: str) -> str:
    given = {
        "django": "Give the field a `db_default` (Django 5 and later)",
        "alembic": "Give the column a `server_default`",
    }.get(tool, "Give the column a DEFAULT")
    return f"{given}, or add it nullable, fill it in batches and set NOT NULL in a later deployment."
