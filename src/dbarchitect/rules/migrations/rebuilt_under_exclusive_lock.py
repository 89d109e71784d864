"""Tables, indexes and materialized views rebuilt while readers wait."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, Operation, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, Step, is_partitioned, steps, steps_on_old_tables
from dbarchitect.rules.migrations._tools import outside

_TABLE = "Leave it out of the migrations: pg_repack or pg_squeeze rebuild a table while it is used, and plain VACUUM "
_HINTS = {
    OperationKind.VACUUM_FULL: f"{_TABLE}is enough for space that will be used again.",
    OperationKind.CLUSTER: f"{_TABLE}keeps the visibility map fresh without an order of the rows.",
    OperationKind.SET_TABLE_OPTIONS: "Do it while the application is stopped, or copy in batches into a new table.",
}
_READERS = "reads and writes wait until it is done"


class RebuiltUnderExclusiveLock(MigrationRule):
    """A table or view is rebuilt while its readers wait

    ## What it finds
    `VACUUM FULL`, `CLUSTER`, `REINDEX` without `CONCURRENTLY`, `SET LOGGED`, `SET UNLOGGED` and `SET TABLESPACE`, and
    `REFRESH MATERIALIZED VIEW` without `CONCURRENTLY`, in a migration that has not run yet, on what existed before.

    ## Why it matters
    All of it is written anew under an ACCESS EXCLUSIVE lock (REINDEX: on each index in turn, which stops
    writers and nearly every reader, for the planner looks at all indexes of a table): whoever uses it waits until that
    is done, which is minutes for some gigabytes.

    ## When to leave it
    Where it is small, or the application is stopped for the deployment anyway. VACUUM FULL cannot run in a transaction
    at all.

    ## How the fix works
    By hand: `REINDEX … CONCURRENTLY` (PostgreSQL 12 and later); `REFRESH … CONCURRENTLY`, which needs a unique index on
    the view; an online tool instead of VACUUM FULL and CLUSTER.

    ## References
    - https://www.postgresql.org/docs/current/explicit-locking.html
    - https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
    """

    code = "MIG021"
    level = Level.WARNING
    category = Category.OPERATIONS

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every rebuild that readers wait for."""
        old = {(step.place, step.index) for step in steps_on_old_tables(survey, history, self.newest)}
        for step in steps(history, self.newest):
            operation = step.operation
            if not _rebuilds(operation) or operation.concurrently:
                continue
            is_table = operation.object.table is not None and operation.kind is not OperationKind.REFRESH_VIEW
            if (is_table and (step.place, step.index) not in old) or _was_made_here(step):
                continue
            what = operation.object.table_ref if is_table else operation.object
            hint = _HINTS.get(operation.kind)
            if hint is None and is_partitioned(survey, step.table):
                continue
            verb = "changes the storage of" if operation.kind is OperationKind.SET_TABLE_OPTIONS else "rebuilds"
            yield Fault(
                step,
                f"{verb} {what} by {operation.kind.value.upper()}: {_READERS}",
                hint or f"Run it with CONCURRENTLY, {outside(history.tool)}.",
            )


def _rebuilds(operation: Operation) -> bool:
    if operation.kind is OperationKind.SET_TABLE_OPTIONS:
        return operation.cost is not None and operation.cost.rewrites
    return operation.kind in {
        OperationKind.VACUUM_FULL,
        OperationKind.CLUSTER,
        OperationKind.REINDEX,
        OperationKind.REFRESH_VIEW,
    }


def _was_made_here(step: Step) -> bool:
    """True for a view that the same migration made."""
    name = step.operation.object.name or step.operation.object.table
    return any(o.kind is OperationKind.CREATE_VIEW and name in {o.object.name, o.object.table} for o in step.earlier)
