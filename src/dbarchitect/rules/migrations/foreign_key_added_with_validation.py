"""Foreign keys whose rows are all checked under a lock."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import (
    Fault,
    MigrationRule,
    Step,
    adds_column,
    is_filled,
    is_partitioned,
    steps_on_old_tables,
    with_rows,
)
from dbarchitect.rules.migrations._tools import foreign_key_added


class ForeignKeyAddedWithValidation(MigrationRule):
    """A foreign key checks every row under a lock

    ## What it finds
    `ADD CONSTRAINT … FOREIGN KEY` without `NOT VALID` on a table that may hold rows, in a migration that has not run
    yet. For a column added in the same migration only a remark: there is nothing to check, yet the table is read. Where
    `REFERENCES` stands in `ADD COLUMN` itself, and the column has no default, PostgreSQL does not read it: no finding.

    ## Why it matters
    Both tables are locked against writes (SHARE ROW EXCLUSIVE) while every row is looked up in the other table.

    ## When to leave it
    Where both tables are small, or the application is stopped for the deployment anyway. A partitioned table takes
    `NOT VALID` for foreign keys only from PostgreSQL 18 on.

    ## How the fix works
    By hand, in two migrations: `ADD CONSTRAINT … NOT VALID` holds for new rows at once and takes its lock for
    milliseconds; `VALIDATE CONSTRAINT`, in a transaction of its own, reads the rows while writes go on.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    - https://alembic.sqlalchemy.org/en/latest/ops.html#alembic.operations.Operations.create_foreign_key
    """

    code = "MIG003"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "add a foreign key to an existing table and check all its rows under the lock"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every foreign key that is validated at once."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is not OperationKind.ADD_FOREIGN_KEY or operation.not_valid:
                continue
            if operation.cost is not None and not operation.cost.scans:
                continue
            new = adds_column(step)
            if (new and _is_part_of_the_column(step)) or is_partitioned(survey, step.table):
                continue
            added = new and not is_filled(step)
            words = (
                f"adds a foreign key on {operation.object.over(operation.object.columns)} and reads all of "
                f"{with_rows(survey, step.table)} under a lock that writers of both tables wait for"
            )
            if added:
                words += ", although the column is new and empty"
            yield Fault(step, words, _hint(history.tool, added), level=Level.INFO if added else None)

    def advice(self, tool: str) -> str:
        """How the tool adds a foreign key in two steps."""
        return foreign_key_added(tool)


def _is_part_of_the_column(step: Step) -> bool:
    """True for REFERENCES in ADD COLUMN itself, which is not checked: the column is NULL in every row."""
    own, column = step.operation, step.table.column(step.operation.object.columns[0])
    added = (o for o in step.earlier if o.kind is OperationKind.ADD_COLUMN and o.object.key == column.key)
    adding = next(added, None)
    if adding is None or adding.required or len(own.object.columns) > 1:
        return False
    return bool(own.statement) and adding.statement == own.statement and "foreign key" not in own.statement.lower()


def _hint(tool: str, added: bool) -> str:
    if added and tool not in {"django", "alembic"}:
        return "Write REFERENCES in ADD COLUMN itself: a new column without default is not checked."
    return foreign_key_added(tool)
