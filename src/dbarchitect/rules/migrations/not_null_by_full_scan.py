"""NOT NULL that reads the whole table first."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules._sql import quoted
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, is_filled, steps_on_old_tables, with_rows
from dbarchitect.rules.migrations._tools import not_null_set


class NotNullByFullScan(MigrationRule):
    """NOT NULL is set by reading the whole table

    ## What it finds
    `ALTER COLUMN … SET NOT NULL` on a table that may hold rows, in a migration that has not run yet, unless a validated
    CHECK already says that the column is not null: PostgreSQL believes it and reads nothing.

    ## Why it matters
    The statement holds an ACCESS EXCLUSIVE lock while it reads every row: reads and writes of the table wait; and one
    NULL anywhere makes the deployment fail.

    ## When to leave it
    Where the table is small, or the application is stopped for the deployment anyway.

    ## How the fix works
    By hand, in steps: `CHECK (column IS NOT NULL) NOT VALID`, `VALIDATE CONSTRAINT` in a transaction of its own, then
    `SET NOT NULL`, then drop the CHECK. From PostgreSQL 18 on `ADD CONSTRAINT … NOT NULL column NOT VALID` and
    `VALIDATE CONSTRAINT` do the same in two steps.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL
    """

    code = "MIG005"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "set NOT NULL on an existing column by reading its whole table under an exclusive lock"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every SET NOT NULL that reads the table."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is OperationKind.SET_NOT_NULL and operation.cost is not None and operation.cost.scans:
                fails = "" if is_filled(step) else ", and fails at the first NULL"
                yield Fault(
                    step,
                    f"sets {operation.object} NOT NULL by reading all of {with_rows(survey, step.table)} under an "
                    f"ACCESS EXCLUSIVE lock{fails}",
                    not_null_set(history.tool, ", ".join(map(quoted, operation.object.columns))),
                )

    def advice(self, tool: str) -> str:
        """The way that reads no row under the lock."""
        return not_null_set(tool)
