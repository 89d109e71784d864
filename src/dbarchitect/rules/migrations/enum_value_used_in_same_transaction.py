"""New enum values used before they are committed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, Operation, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, Step, steps
from dbarchitect.rules.migrations._tools import later

_ADDED = re.compile(r"ADD\s+VALUE\s+(?:IF\s+NOT\s+EXISTS\s+)?'((?:[^']|'')+)'", re.IGNORECASE)


class EnumValueUsedInSameTransaction(MigrationRule):
    """A new enum value is used before it is committed

    ## What it finds
    `ALTER TYPE … ADD VALUE`, and in the same transaction a statement with that value (a default, a CHECK, a partial
    index), in a migration that has not run yet. Not where the same transaction made the type.

    ## Why it matters
    PostgreSQL refuses it ("unsafe use of new value"; before version 12 it refuses ADD VALUE in a transaction
    altogether): the deployment stops there.

    ## When to leave it
    Where the tool is configured to open no transaction, in a way that is not visible from here.

    ## How the fix works
    By hand: add the value in one migration, use it in the next one.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES
    """

    code = "MIG025"
    level = Level.ERROR
    category = Category.OPERATIONS

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:  # noqa: ARG002 - the history tells all
        """Every value that is used too early."""
        for step in steps(history, self.newest):
            operation = step.operation
            value = _value(operation)
            if value is None or not operation.in_transaction:
                continue
            if any(o.kind is OperationKind.CREATE_TYPE and o.object.key == operation.object.key for o in step.earlier):
                continue
            user = _user(step, value)
            if user is not None:
                yield Fault(
                    step,
                    f"adds the value {value!r} to {operation.object} and uses it in the same transaction "
                    f"({user.kind.value} on {user.object}): PostgreSQL refuses that",
                    f"Add the value in this migration, and use it {later(history.tool)}.",
                    sized=False,
                )


def _value(operation: Operation) -> str | None:
    """The value that is added: the reader says it, or the statement does."""
    if operation.kind is not OperationKind.ADD_ENUM_VALUE:
        return None
    written = _ADDED.search(operation.statement)
    return operation.value or (written[1].replace("''", "'") if written is not None else None)


def _user(step: Step, value: str) -> Operation | None:
    """The first later operation of the transaction whose statement holds the value as a constant."""
    constant = "'" + value.replace("'", "''") + "'"
    for operation in step.following:
        if operation.kind is OperationKind.COMMIT or not operation.in_transaction:
            return None
        if operation.kind is not OperationKind.ADD_ENUM_VALUE and constant in operation.statement:
            return operation
    return None
