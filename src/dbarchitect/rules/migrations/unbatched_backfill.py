"""Whole tables changed by one statement."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, is_dropped_after, steps_on_old_tables, with_rows

_VERBS = {OperationKind.UPDATE: "updates", OperationKind.DELETE: "deletes"}
_APART = {
    "django": "by RunPython in a migration of its own with `atomic = False`",
    "alembic": "in a revision of its own, inside `with op.get_context().autocommit_block():`",
}


class UnbatchedBackfill(MigrationRule):
    """A migration changes every row in one statement

    ## What it finds
    UPDATE or DELETE without WHERE over a table that may hold rows, in a migration that has not run yet. Old ones are
    one remark for all, where they show a habit.

    ## Why it matters
    Every row stays locked until the transaction ends, each leaves a dead version behind, replicas lag, and a failure
    near the end undoes all of it.

    ## When to leave it
    Where the table is small: a lookup table, settings.

    ## How the fix works
    By hand: change the rows in batches of some thousand by key, each in a transaction of its own, outside the
    migration or in one that runs without a transaction. To delete every row, TRUNCATE is instant.

    ## References
    - https://www.postgresql.org/docs/current/routine-vacuuming.html
    """

    code = "MIG018"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "update or delete every row of a table in one statement"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every UPDATE or DELETE without a bound."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind not in _VERBS or operation.filtered or is_dropped_after(step):
                continue
            yield Fault(
                step,
                f"{_VERBS[operation.kind]} every row of {with_rows(survey, step.table)} in one statement: the rows "
                "stay locked until it ends, and each leaves a dead version behind",
                self.advice(history.tool),
            )

    def advice(self, tool: str) -> str:
        """Batches, as the tool allows them."""
        return (
            f"Change the rows in batches by key, each committed by itself, {_APART.get(tool, 'outside the migration')}."
        )
