"""Tables that are dropped or emptied with what they hold."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import (
    Fault,
    MigrationRule,
    Step,
    rows_of,
    steps,
    steps_on_old_tables,
    with_rows,
)

_HINT = "Take a copy, deploy code that does not use it first, and drop it in a later deployment."
_ANEW = "Make the new table under another name, copy the rows that are to stay, and exchange the names."


class TableDropped(MigrationRule):
    """A table is dropped with what it holds

    ## What it finds
    `DROP TABLE`, `TRUNCATE … CASCADE`, `DROP SCHEMA … CASCADE` and `DROP DATABASE` in a migration that has not run
    yet, for tables that earlier migrations made. Not a table that the same migration made, nor one whose rows another
    table takes over by its name (make anew, copy, drop, rename).

    ## Why it matters
    The rows come back only from a backup; with CASCADE also those of tables that nobody named; and code that still
    runs while the deployment goes on fails.

    ## When to leave it
    Where the code that used the table was gone one deployment before, and the rows are kept elsewhere or worthless.

    ## How the fix works
    By hand: rename the table in one deployment, drop it some weeks later; name each table instead of CASCADE.

    ## References
    - https://www.postgresql.org/docs/current/sql-droptable.html
    - https://www.postgresql.org/docs/current/sql-truncate.html
    """

    code = "MIG013"
    level = Level.WARNING
    category = Category.DATA_INTEGRITY

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every table, or set of tables, that goes."""
        made: set[tuple[str, ...]] = set()
        for step in steps(history, self.newest):
            operation = step.operation
            if operation.kind is OperationKind.CREATE_TABLE:
                made.add(operation.object.key)
            elif operation.kind is OperationKind.DROP_DATABASE or (
                operation.kind is OperationKind.DROP_SCHEMA and operation.cascade
            ):
                yield Fault(step, f"drops the {operation.object} with everything in it", _HINT, sized=False)
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is OperationKind.TRUNCATE and operation.cascade:
                rows = with_rows(survey, step.table)
                words = f"empties {rows} with CASCADE: every table that refers to it is emptied too"
                yield Fault(step, words, "Name each table to be emptied, without CASCADE.", sized=False)
            elif operation.kind is OperationKind.DROP_TABLE and not _is_replaced(step):
                absent = operation.conditional and operation.object.key not in made
                if absent or rows_of(survey, step.table) == 0:
                    continue
                if any(o.kind is OperationKind.CREATE_TABLE and o.object.key == step.table.key for o in step.following):
                    words = f"drops {with_rows(survey, step.table)} and makes it anew: every row is lost"
                    yield Fault(step, words, _ANEW, sized=False)
                    continue
                cascade = " with CASCADE" if operation.cascade else ""
                words = f"drops {with_rows(survey, step.table)}{cascade}: its rows come back only from a backup"
                yield Fault(step, f"{words}, and code that still runs fails on it", _HINT, sized=False)


def _is_replaced(step: Step) -> bool:
    """True where another table gets the dropped one's name in the same migration: its rows were copied before."""
    return any(o.kind is OperationKind.RENAME_TABLE and step.table.table in {o.value, o.name} for o in step.following)
