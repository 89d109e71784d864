"""Indexes that everybody waits for while they are dropped."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules._sql import quoted
from dbarchitect.rules.migrations._judging import (
    Fault,
    MigrationRule,
    is_dropped_after,
    is_partitioned,
    steps_on_old_tables,
    with_rows,
)
from dbarchitect.rules.migrations._tools import index_dropped


class IndexDroppedNotConcurrently(MigrationRule):
    """An index is dropped under an exclusive lock

    ## What it finds
    `DROP INDEX` without `CONCURRENTLY` on a table that may hold rows, in a migration that has not run yet. Not where
    the same migration drops the table, nor on partitioned tables, where nothing else is possible.

    ## Why it matters
    The drop itself is quick, but it needs an ACCESS EXCLUSIVE lock on the table: it queues behind every running query,
    and all later ones, reads too, queue behind it.

    ## When to leave it
    Where `lock_timeout` is set and the migration is tried again, the queue is short; for that it is only a remark.

    ## How the fix works
    By hand, in the migration: `DROP INDEX CONCURRENTLY` outside a transaction, as the tool allows it.

    ## References
    - https://www.postgresql.org/docs/current/sql-dropindex.html
    """

    code = "MIG002"
    level = Level.INFO
    category = Category.OPERATIONS

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every index that is not dropped concurrently."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is not OperationKind.DROP_INDEX or operation.concurrently or is_dropped_after(step):
                continue
            if is_partitioned(survey, step.table):
                continue
            name = operation.object.name or operation.name
            drop = f"DROP INDEX CONCURRENTLY {quoted(name)}" if name else "DROP INDEX CONCURRENTLY …"
            yield Fault(
                step,
                f"drops the index {name or 'over ' + ', '.join(operation.object.columns)} of "
                f"{with_rows(survey, step.table)} without CONCURRENTLY: while it waits for running queries, "
                "all others wait behind it",
                index_dropped(history.tool, drop),
            )
