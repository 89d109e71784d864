"""Unique constraints whose index is built under a lock."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules._sql import quoted
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, is_partitioned, steps_on_old_tables, with_rows
from dbarchitect.rules.migrations._tools import key_added


class UniqueAddedUnderLock(MigrationRule):
    """A unique constraint builds its index under a lock

    ## What it finds
    `ADD CONSTRAINT … UNIQUE` that is not given an index (`USING INDEX`), on a table that may hold rows, in a migration
    that has not run yet. Partitioned tables, where there is no other way, are left out.

    ## Why it matters
    The index is built under an ACCESS EXCLUSIVE lock: reads and writes of the table wait until it is done; and one
    duplicate makes the deployment fail after all that waiting.

    ## When to leave it
    Where the table is small, or the application is stopped for the deployment anyway.

    ## How the fix works
    By hand, in two steps: `CREATE UNIQUE INDEX CONCURRENTLY`, outside a transaction; then `ADD CONSTRAINT … UNIQUE
    USING INDEX`, which takes its lock for milliseconds.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
    """

    code = "MIG009"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "add a unique constraint to an existing table and build its index under an exclusive lock"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every unique constraint that builds its own index."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is not OperationKind.ADD_UNIQUE or operation.using_index:
                continue
            if is_partitioned(survey, step.table):
                continue
            columns = operation.object.columns
            yield Fault(
                step,
                f"makes {operation.object.over(columns)} unique and builds the index of "
                f"{with_rows(survey, step.table)} under an ACCESS EXCLUSIVE lock: reads and writes wait, and it fails "
                "at the first duplicate",
                key_added(history.tool, "UNIQUE", ", ".join(map(quoted, columns)) or "…"),
            )

    def advice(self, tool: str) -> str:
        """How the tool makes a column unique in two steps."""
        return key_added(tool, "UNIQUE")
