"""Long work while an exclusive lock is held."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import (
    Fault,
    MigrationRule,
    Step,
    is_dropped_after,
    steps,
    steps_on_old_tables,
    with_rows,
    written,
)

_EXCLUSIVE = "ACCESS EXCLUSIVE"
_CODE = frozenset({"django", "alembic"})
_HINT = "Put the long work into a migration of its own, after the one that changes the schema."
_HINTS = {
    "alembic": "Put the long work into a revision of its own; env.py needs `transaction_per_migration=True` for that, "
    "else all pending revisions share one transaction.",
    "drizzle": "Put the long work into a migration that is deployed later: Drizzle runs all pending ones in one "
    "transaction.",
}
_WORK = {
    OperationKind.CREATE_INDEX: "build an index",
    OperationKind.ADD_UNIQUE: "build a unique index",
    OperationKind.ADD_PRIMARY_KEY: "build the primary key",
    OperationKind.ADD_FOREIGN_KEY: "check a foreign key",
    OperationKind.ADD_CHECK: "check all rows",
    OperationKind.SET_NOT_NULL: "check for NULL in all rows",
    OperationKind.VALIDATE_CONSTRAINT: "validate a constraint",
    OperationKind.CHANGE_TYPE: "rewrite the rows",
    OperationKind.ADD_COLUMN: "rewrite the rows",
    OperationKind.UPDATE: "update rows",
    OperationKind.DELETE: "delete rows",
    OperationKind.RUN_CODE: "run code",
}


class WorkUnderExclusiveLock(MigrationRule):
    """Long work follows while an exclusive lock is held

    ## What it finds
    A migration that has not run yet, where after an ACCESS EXCLUSIVE lock on a table that may hold rows, in the same
    transaction, other statements read or rewrite a table, build an index, change rows or run code. Not what takes the
    same lock on the same table by itself: other rules speak of that.

    ## Why it matters
    A lock is held until the transaction ends: the change of a millisecond keeps readers and writers of its table out
    for as long as all that follows takes.

    ## When to leave it
    Where the tables are small, or the application is stopped for the deployment anyway.

    ## How the fix works
    By hand: put the quick change of the schema and the long work into two migrations, each with its own transaction.

    ## References
    - https://www.postgresql.org/docs/current/explicit-locking.html
    """

    code = "MIG016"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "go on with long work in the transaction that holds an exclusive lock"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """The first such work of each migration."""
        old = {(step.place, step.index) for step in steps_on_old_tables(survey, history, self.newest)}
        lock: Step | None = None
        told = -1
        for step in steps(history, self.newest):
            operation = step.operation
            ends = operation.kind is OperationKind.COMMIT or not operation.in_transaction
            if ends or (lock is not None and lock.place != step.place):
                lock = None
            if step.place == told or ends:
                continue
            is_old = (step.place, step.index) in old
            if lock is not None and _is_work(step, lock, history.tool, is_old=is_old) and not _same_place(lock, step):
                told = step.place
                yield Fault(
                    lock,
                    f"locks {with_rows(survey, lock.table)} against reads and writes, and holds the lock while it goes "
                    f"on to {_WORK.get(operation.kind, operation.kind.value)}{_of(step)}",
                    _HINTS.get(history.tool, _HINT),
                    object=lock.table,
                    evidence=(written(step),),
                )
            elif lock is None and is_old and _locks(step):
                lock = step

    def advice(self, tool: str) -> str:
        """How the work gets a transaction of its own."""
        return _HINTS.get(tool, _HINT)


def _locks(step: Step) -> bool:
    """True for an ACCESS EXCLUSIVE lock on a table that stays."""
    operation = step.operation
    exclusive = operation.cost is not None and operation.cost.lock == _EXCLUSIVE
    return exclusive and operation.kind is not OperationKind.DROP_TABLE and not is_dropped_after(step)


def _is_work(step: Step, lock: Step, tool: str, *, is_old: bool) -> bool:
    operation, cost = step.operation, step.operation.cost
    if operation.kind is OperationKind.RUN_CODE:
        return tool in _CODE  # a DO block of plain SQL is mostly a condition around a change
    own = cost is not None and cost.lock == _EXCLUSIVE and step.table.key == lock.table.key
    if not is_old or operation.concurrently or own:
        return False  # what takes the same lock by itself holds nobody off longer than it would alone
    match operation.kind:
        case OperationKind.UPDATE | OperationKind.DELETE:
            return not operation.filtered or (
                operation.kind is OperationKind.UPDATE and step.table.key == lock.table.key
            )
        case OperationKind.ADD_COLUMN:
            return cost is not None and cost.rewrites
        case _:
            return cost is not None and (cost.scans or cost.rewrites)


def _same_place(first: Step, second: Step) -> bool:
    """True for two effects of one line or statement: they cannot be parted."""
    one, other = first.operation, second.operation
    same_line = one.origin.line is not None and (one.origin.path, one.origin.line) == (
        other.origin.path,
        other.origin.line,
    )
    return same_line or (bool(one.statement) and one.statement == other.statement)


def _of(step: Step) -> str:
    return f" of {step.table}" if step.operation.object.table is not None else ""
