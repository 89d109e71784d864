"""Primary keys whose index is built under a lock."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules._sql import quoted
from dbarchitect.rules.migrations._judging import (
    Fault,
    MigrationRule,
    adds_column,
    is_partitioned,
    steps_on_old_tables,
    with_rows,
)
from dbarchitect.rules.migrations._tools import key_added


class PrimaryKeyAddedUnderLock(MigrationRule):
    """A primary key builds its index under a lock

    ## What it finds
    `ADD PRIMARY KEY` that is not given an index (`USING INDEX`), on a table that may hold rows, in a migration that has
    not run yet. A key over a column added in the same migration is left to the rules about that column.

    ## Why it matters
    The index is built, and NOT NULL is proved for every row, under an ACCESS EXCLUSIVE lock: reads and writes of the
    table wait until it is done.

    ## When to leave it
    Where the table is small, or the application is stopped for the deployment anyway.

    ## How the fix works
    By hand, in two steps: `CREATE UNIQUE INDEX CONCURRENTLY`, outside a transaction; then `ADD CONSTRAINT … PRIMARY KEY
    USING INDEX`. Columns that are not NOT NULL yet need that first, without a scan under the lock.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
    """

    code = "MIG010"
    level = Level.WARNING
    category = Category.OPERATIONS

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every primary key that builds its own index."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is not OperationKind.ADD_PRIMARY_KEY or operation.using_index or adds_column(step):
                continue
            if is_partitioned(survey, step.table):
                continue
            columns = operation.object.columns
            yield Fault(
                step,
                f"makes {', '.join(columns) or 'a column'} the primary key of {with_rows(survey, step.table)} and "
                "builds its index under an ACCESS EXCLUSIVE lock: reads and writes wait",
                key_added(history.tool, "PRIMARY KEY", ", ".join(map(quoted, columns)) or "…"),
            )
