"""Columns whose addition writes every row anew."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, steps_on_old_tables, with_rows

_HINT = "Add the column without the default, set the default in a second statement, and fill the old rows in batches."


class ColumnAddedWithRewrite(MigrationRule):
    """A new column rewrites the whole table

    ## What it finds
    `ADD COLUMN` with a default that differs from row to row (`gen_random_uuid()`, `clock_timestamp()`), a stored
    generated column, a serial or identity column, or a domain with a constraint, on a table that may hold rows, in a
    migration that has not run yet. A constant default, and `now()`, rewrite nothing since PostgreSQL 11.

    ## Why it matters
    Every row and every index is written anew under an ACCESS EXCLUSIVE lock: reads and writes of the table wait, and
    for that time it takes twice its space.

    ## When to leave it
    Where the table is small, or the application is stopped for the deployment anyway.

    ## How the fix works
    By hand: add the column without the default, set the default in a second statement (it then holds for new rows
    only), fill the old rows in batches. A stored generated column can be a plain one kept by a trigger, or, from
    PostgreSQL 18 on, a virtual one.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """

    code = "MIG007"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "add a column that rewrites its whole table"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every added column that rewrites its table."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is OperationKind.ADD_COLUMN and operation.cost is not None and operation.cost.rewrites:
                yield Fault(
                    step,
                    f"adds {operation.object} in a way that writes every row of {with_rows(survey, step.table)} anew "
                    "under an ACCESS EXCLUSIVE lock: reads and writes wait",
                    _HINT,
                )

    def advice(self, tool: str) -> str:  # noqa: ARG002 - the same for every tool
        """The way that rewrites nothing."""
        return _HINT
