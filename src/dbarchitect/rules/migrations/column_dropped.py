"""Columns that are dropped with what they hold."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level
from dbarchitect.rules.migrations._judging import (
    Fault,
    MigrationRule,
    Standing,
    Step,
    adds_column,
    is_dropped_after,
    is_replaced,
    rows_of,
    steps_on_old_tables,
    with_rows,
)

_FREEING = frozenset({OperationKind.DROP_NOT_NULL, OperationKind.SET_DEFAULT})
_HINT = "Deploy code that does not name the column first, drop it in a later deployment, and keep what may be wanted."
_AGAIN = "Change the type in place (`ALTER COLUMN … TYPE … USING …`), or fill the new column before the old one goes."


class ColumnDropped(MigrationRule):
    """A column is dropped with what it holds

    ## What it finds
    `DROP COLUMN` on a table that may hold rows, in a migration that has not run yet; with special words where the same
    migration adds a column of the same name again, as generators do for a change of type: then its values are lost
    although it stays. A column that is known to be NULL in every row is a remark, and so is one that a migration
    shortly before made optional (nullable, or with a default): that is the first half of a drop in two deployments. A
    column whose name goes to another one in the same migration is exchanged, not dropped.

    ## Why it matters
    The values come back only from a backup; and code that still runs while the deployment goes on reads and writes the
    column, in every statement where an object-relational mapper lists it.

    ## When to leave it
    Where the code that used the column was gone one deployment before, and the values are kept elsewhere or worthless.

    ## How the fix works
    By hand: first deploy code that does not name the column any more, then drop it in a later deployment; keep a copy
    of what might be wanted. For a change of type: `ALTER COLUMN … TYPE … USING`, or a new column that is filled first.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html
    - https://www.prisma.io/docs/orm/prisma-migrate/workflows/customizing-migrations
    """

    code = "MIG012"
    level = Level.WARNING
    category = Category.DATA_INTEGRITY

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every column dropped while its table stays."""
        young: set[tuple[str, ...]] = set()
        freed: dict[tuple[str, ...], Step] = {}
        for step in steps_on_old_tables(survey, history, self.newest):
            operation, key = step.operation, step.operation.object.key
            if operation.kind is OperationKind.ADD_COLUMN and step.standing is Standing.PENDING:
                young.add(key)
            if operation.kind in _FREEING:
                freed[key] = step
            if operation.kind is not OperationKind.DROP_COLUMN or is_dropped_after(step) or key in young:
                continue
            if adds_column(step) or is_replaced(step) or rows_of(survey, step.table) == 0:
                continue
            again = any(o.kind is OperationKind.ADD_COLUMN and o.object.key == key for o in step.following)
            if again:
                rows = with_rows(survey, step.table)
                words = f"drops {operation.object} and adds it again: every value of {rows} is lost"
                yield Fault(step, words, _AGAIN, sized=False)
                continue
            empty = survey.facts is not None and survey.facts.column(operation.object).null_fraction == 1.0
            prepared = self._is_prepared(step, freed.get(key))
            if prepared and step.standing is Standing.OPEN:
                continue
            held = (
                "it is NULL in every row by the planner's statistics"
                if empty
                else "only a backup brings its values back"
            )
            yield Fault(
                step,
                f"drops {operation.object}: {held}, and code that still names it fails",
                _HINT,
                level=Level.INFO if empty or prepared else None,
                sized=False,
            )

    def _is_prepared(self, step: Step, freed: Step | None) -> bool:
        """True where a migration shortly before let rows do without the column, so that code could stop naming it."""
        return freed is not None and freed.place != step.place and step.rank - freed.rank <= 2 * self.newest
