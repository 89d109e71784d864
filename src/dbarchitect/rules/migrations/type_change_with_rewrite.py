"""Changes of type that write every row anew."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import (
    Fault,
    MigrationRule,
    adds_column,
    steps,
    steps_on_old_tables,
    with_rows,
)

_MAKING = frozenset({OperationKind.CREATE_TABLE, OperationKind.RENAME_TABLE, OperationKind.ADD_COLUMN})
_SAYS_TYPE = "existing_type"  # Alembic's: the table may be older than the migrations, then the old type is not known
_HINT = (
    "Add a column of the new type, write both from then on (a trigger), copy the old rows in batches, "
    "switch the readers, and drop the old column in a later deployment."
)


class TypeChangeWithRewrite(MigrationRule):
    """A change of type rewrites the whole table

    ## What it finds
    `ALTER COLUMN … TYPE` where the stored bytes differ (integer to bigint, text to uuid or an enum, timestamp to
    timestamptz, any USING), on a table that may hold rows, in a migration that has not run yet. A longer varchar,
    varchar to text and a wider numeric of the same scale rewrite nothing and are no finding.

    ## Why it matters
    Every row and every index is written anew under an ACCESS EXCLUSIVE lock: reads and writes of the table wait, and
    for that time it takes twice its space. Code that still runs may not know the new type.

    ## When to leave it
    Where the table is small, or the application is stopped for the deployment anyway.

    ## How the fix works
    By hand, over several deployments: add a column of the new type, let a trigger or the code write both, copy the old
    rows in batches, read from the new one, drop the old one.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """

    code = "MIG008"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "change a type in a way that rewrites the whole table"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every change of type that rewrites its table."""
        made = {step.operation.object.key for step in steps(history) if step.operation.kind in _MAKING}
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is not OperationKind.CHANGE_TYPE or operation.cost is None or adds_column(step):
                continue
            known = step.table.key in made or operation.object.key in made or _SAYS_TYPE in operation.statement
            if operation.cost.rewrites and known:
                yield Fault(
                    step,
                    f"changes the type of {operation.object}, which writes every row of "
                    f"{with_rows(survey, step.table)} anew under an ACCESS EXCLUSIVE lock: reads and writes wait",
                    _HINT,
                )

    def advice(self, tool: str) -> str:  # noqa: ARG002 - the same for every tool
        """The way that rewrites nothing."""
        return _HINT
