"""Checks whose rows are all read under a lock."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, Step, steps_on_old_tables, with_rows
from dbarchitect.rules.migrations._tools import check_added

_HINT = (
    "Leave the CHECK out of ADD COLUMN and add it in a second statement, NOT VALID; validate it in the next migration."
)
_HINTS = {
    "django": "Where the table is large: take a field without a CHECK of its own (IntegerField), and add the CHECK by "
    "`AddConstraintNotValid` and `ValidateConstraint`.",
}


class CheckAddedWithValidation(MigrationRule):
    """A CHECK reads every row under a lock

    ## What it finds
    `ADD CONSTRAINT … CHECK` without `NOT VALID` on a table that may hold rows, in a migration that has not run yet.

    ## Why it matters
    The statement holds an ACCESS EXCLUSIVE lock while it reads every row: reads and writes of the table wait, for
    seconds per ten million rows.

    ## When to leave it
    Where the table is small, or the application is stopped for the deployment anyway.

    ## How the fix works
    By hand, in two migrations: `ADD CONSTRAINT … NOT VALID` holds for new rows at once and takes its lock for
    milliseconds; `VALIDATE CONSTRAINT`, in a transaction of its own, reads the rows while reads and writes go on.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    - https://docs.djangoproject.com/en/stable/ref/contrib/postgres/operations/#adding-constraints-without-enforcing-validation
    """

    code = "MIG004"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "add a CHECK to an existing table and read all its rows under the lock"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every check that is validated at once."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is not OperationKind.ADD_CHECK or operation.not_valid:
                continue
            if operation.cost is None or not operation.cost.scans:
                continue
            name = operation.object.name or operation.name
            of_column = _is_part_of_a_column(step)
            words = (
                f"adds the CHECK{' ' + name if name else ''} to {with_rows(survey, step.table)} and reads all its rows "
                "under an ACCESS EXCLUSIVE lock: reads and writes wait"
            )
            if of_column:
                words += ", although the column is new"
            hint = _HINTS.get(history.tool, _HINT) if of_column else check_added(history.tool)
            yield Fault(step, words, hint, level=Level.INFO if of_column else None)

    def advice(self, tool: str) -> str:
        """How the tool adds a CHECK in two steps."""
        return check_added(tool)


def _is_part_of_a_column(step: Step) -> bool:
    """True for a CHECK that comes with ADD COLUMN, as that of Django's positive integers."""
    own = step.operation.statement.lower()
    same = any(o.kind is OperationKind.ADD_COLUMN and o.statement.lower() == own for o in step.earlier)
    return bool(own) and same and "add constraint" not in own
