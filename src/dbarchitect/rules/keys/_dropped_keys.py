"""Foreign keys that a migration dropped and none has put back: somebody has decided to do without."""

from __future__ import annotations

from dbarchitect.catalog.migrations import History, Migration, Operation, OperationKind
from dbarchitect.catalog.refs import Ref

_ADDS = {OperationKind.ADD_FOREIGN_KEY}
_DROPS = {OperationKind.DROP_CONSTRAINT}
_Dropped = tuple[Migration, Operation]


def dropped_key(history: History | None, column: Ref) -> _Dropped | None:
    """The migration and operation that dropped the foreign key of this column; None where none did, or it is back.

    A key that was made with its table goes by the name that the server gives it (`orders_user_id_fkey`).
    """
    if history is None:
        return None
    table, named = column.table_ref.key, {f"{column.table}_{column.columns[0]}_fkey"}
    found: _Dropped | None = None
    for migration in history.migrations:
        for operation in migration.operations:
            if operation.kind not in _ADDS | _DROPS or operation.object.table_ref.key != table:
                continue
            name = operation.object.name
            if operation.kind in _ADDS and operation.object.columns == column.columns:
                found = None
                if name is not None:
                    named.add(name)
            elif operation.kind in _DROPS and name in named:
                found = (migration, operation)
    return found
