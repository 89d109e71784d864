"""Renames that running code does not know of."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, Step, adds_column, rows_of, steps_on_old_tables

_STEPS = "add the new one, write both, copy, switch the readers, drop the old one"
_MAPPED = {
    "django": " (`db_column`, `db_table`)",
    "alembic": ' (`mapped_column("old_name")`, `__tablename__`)',
    "prisma": " (`@map`, `@@map`)",
    "drizzle": " (the name given to the column or table function)",
}


class RenamedWhileInUse(MigrationRule):
    """A name changes while running code uses it

    ## What it finds
    `RENAME COLUMN` and `RENAME TO` of a table in a migration that has not run yet, except where the same migration
    makes a view of the old name. Old renames are one remark for all, where they show a habit.

    ## Why it matters
    During the deployment old and new code run together, and each knows one of the names only: one of them fails until
    the other is gone. A rollback of the code alone fails too.

    ## When to leave it
    Where the application is stopped for the deployment, or the name in the code can change without the database's
    (Django's `db_column` and `db_table`, SQLAlchemy's `Column("old_name")`, Prisma's `@map` and `@@map`).

    ## How the fix works
    By hand: keep the name in the database and map it in the model; or add the new column, write both, copy, switch the
    readers and drop the old one; for a table make a view of the old name in the same migration.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html
    - https://docs.djangoproject.com/en/stable/ref/models/fields/#db-column
    """

    code = "MIG014"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "rename a column or table that running code uses"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every rename of a column or table."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            new = operation.value or operation.name
            if operation.kind is OperationKind.RENAME_TABLE and not _keeps_a_view(step):
                what = str(step.table)
            elif operation.kind is OperationKind.RENAME_COLUMN and not adds_column(step):
                what = str(operation.object)
            else:
                continue
            if rows_of(survey, step.table) == 0:
                continue
            yield Fault(
                step,
                f"renames {what}{f' to {new}' if new else ''}: code that still runs knows the old name only and fails",
                self.advice(history.tool),
                sized=False,
            )

    def advice(self, tool: str) -> str:
        """How the tool keeps the old name."""
        mapped = _MAPPED.get(tool, "")
        return f"Keep the name in the database and map it in the model{mapped}, or rename in steps: {_STEPS}."


def _keeps_a_view(step: Step) -> bool:
    return any(
        operation.kind is OperationKind.CREATE_VIEW
        and step.table.table in {operation.object.name, operation.object.table}
        for operation in step.following
    )
