"""NOT VALID and VALIDATE in one transaction."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, Step, steps_on_old_tables, with_rows
from dbarchitect.rules.migrations._tools import later


class ValidatedInSameTransaction(MigrationRule):
    """A constraint is validated where it was added

    ## What it finds
    `VALIDATE CONSTRAINT` in the same transaction as the `ADD CONSTRAINT … NOT VALID` of that constraint, on a table
    that may hold rows, in a migration that has not run yet.

    ## Why it matters
    The lock that ADD took is held until the transaction ends, so all rows are read under it: the two steps, meant to
    let reads and writes go on, lock as one would.

    ## When to leave it
    Where the table is small.

    ## How the fix works
    By hand: put `VALIDATE CONSTRAINT` into a migration with its own transaction.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """

    code = "MIG017"
    level = Level.WARNING
    category = Category.OPERATIONS

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every validation next to its constraint."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is OperationKind.VALIDATE_CONSTRAINT and operation.in_transaction and _is_added(step):
                name = operation.object.name or operation.name
                yield Fault(
                    step,
                    f"validates {name} in the transaction that added it: all of {with_rows(survey, step.table)} is "
                    "read under the lock that NOT VALID was to spare",
                    f"Put `VALIDATE CONSTRAINT` {later(history.tool)}.",
                )


def _is_added(step: Step) -> bool:
    """True where the constraint was added earlier, and no transaction ended in between."""
    name = step.operation.object.name or step.operation.name
    for operation in reversed(step.earlier):
        if operation.kind is OperationKind.COMMIT or not operation.in_transaction:
            return False
        same_table = operation.object.table_ref.key == step.table.key
        if operation.not_valid and same_table and (operation.object.name or operation.name) == name:
            return True
    return False
