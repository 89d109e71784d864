"""CONCURRENTLY where PostgreSQL refuses it."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, Step, steps
from dbarchitect.rules.migrations._tools import NO_TRANSACTION_OF_ITS_OWN, RUNS_CONCURRENTLY_APART, outside

_KINDS = frozenset(
    {
        OperationKind.CREATE_INDEX,
        OperationKind.DROP_INDEX,
        OperationKind.REINDEX,
        OperationKind.DETACH_PARTITION,
    }
)


class ConcurrentlyInTransaction(MigrationRule):
    """CONCURRENTLY runs inside a transaction and fails

    ## What it finds
    `CREATE INDEX`, `DROP INDEX`, `REINDEX` or `DETACH PARTITION` with `CONCURRENTLY` in a migration that has not run
    yet, and that its tool or its own BEGIN runs inside a transaction. Tools that run such statements apart by
    themselves are left out.

    ## Why it matters
    PostgreSQL refuses it ("cannot run inside a transaction block"): the deployment stops there.

    ## When to leave it
    Where the tool is configured to open no transaction, in a way that is not visible from here.

    ## How the fix works
    By hand, in the migration: tell the tool to run it outside a transaction; the hint says how.

    ## References
    - https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
    """

    code = "MIG015"
    level = Level.ERROR
    category = Category.OPERATIONS

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:  # noqa: ARG002 - the history tells all
        """Every CONCURRENTLY in a transaction."""
        for step in steps(history, self.newest):
            operation = step.operation
            if operation.kind not in _KINDS or not operation.concurrently or not operation.in_transaction:
                continue
            apart = history.tool in RUNS_CONCURRENTLY_APART and not _has_begun(step)
            if apart or (history.tool in NO_TRANSACTION_OF_ITS_OWN and len(step.migration.operations) == 1):
                continue
            yield Fault(
                step,
                f"runs {operation.kind.value.upper()} CONCURRENTLY inside a transaction, where PostgreSQL refuses it: "
                "the deployment stops there",
                f"Run it {outside(history.tool)}.",
                sized=False,
            )


def _has_begun(step: Step) -> bool:
    open_ = [o.kind for o in step.earlier if o.kind in {OperationKind.BEGIN, OperationKind.COMMIT}]
    return bool(open_) and open_[-1] is OperationKind.BEGIN
