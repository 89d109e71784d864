"""BEGIN and COMMIT where the tool has opened a transaction already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Level, Strength
from dbarchitect.rules.migrations._judging import Fault, MigrationRule, Step, migration_origin, migration_ref, steps
from dbarchitect.rules.migrations._tools import CANNOT_LEAVE_TRANSACTION, NO_TRANSACTION_OF_ITS_OWN, outside

_ENOUGH = 2


class NestedTransaction(MigrationRule):
    """A migration ends the transaction that its tool opened

    ## What it finds
    BEGIN or COMMIT in a migration that has not run yet, and that its tool runs inside a transaction. Where the COMMIT
    lets CONCURRENTLY or VALIDATE CONSTRAINT run afterwards, or the tool knows no other way out, it is meant. Migrations
    that all run whole inside a transaction are a strength.

    ## Why it matters
    PostgreSQL has no nested transactions: BEGIN is a warning, COMMIT ends the tool's transaction. What follows, the
    tool's own mark that the migration ran too, is no longer undone when something fails.

    ## When to leave it
    Where the tool is configured to open no transaction, in a way that is not visible from here.

    ## How the fix works
    By hand: leave BEGIN and COMMIT out, or tell the tool to open no transaction for this migration.

    ## References
    - https://www.postgresql.org/docs/current/sql-begin.html
    """

    code = "MIG024"
    level = Level.WARNING
    category = Category.OPERATIONS

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:  # noqa: ARG002 - the history tells all
        """The first BEGIN or COMMIT of each migration that has a transaction already."""
        if history.tool in NO_TRANSACTION_OF_ITS_OWN:
            return
        told = -1
        for step in steps(history, self.newest):
            kind = step.operation.kind
            if step.place == told or kind not in {OperationKind.BEGIN, OperationKind.COMMIT}:
                continue
            told = step.place
            if step.migration.transactional and not _is_meant(step, history.tool):
                yield Fault(
                    step,
                    f"says {kind.value.upper()} inside the transaction that its tool opened: COMMIT ends that one, and "
                    "what follows is not undone when something fails",
                    f"Leave BEGIN and COMMIT out; what must not run in a transaction runs {outside(history.tool)}.",
                    object=migration_ref(step.migration),
                    sized=False,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Every migration runs in a transaction, and none leaves it."""
        history = survey.history
        if history is None or len(history.migrations) < _ENOUGH or history.tool in NO_TRANSACTION_OF_ITS_OWN:
            return
        leaving = {OperationKind.BEGIN, OperationKind.COMMIT}
        whole = all(m.transactional and not leaving & {o.kind for o in m.operations} for m in history.migrations)
        if whole:
            last = history.migrations[-1]
            evidence = Evidence(EvidenceKind.MIGRATION, f"{last.name}: in a transaction", migration_origin(last))
            text = f"All {len(history.migrations):,} migrations are atomic: one that fails leaves nothing half done."
            yield Strength(self.name(), Ref.database(), text, (evidence,))


def _is_meant(step: Step, tool: str) -> bool:
    """True for a COMMIT that lets what follows run outside the transaction, as its author knows."""
    if step.operation.kind is not OperationKind.COMMIT:
        return False
    apart = any(o.concurrently or o.kind is OperationKind.VALIDATE_CONSTRAINT for o in step.following)
    return apart or tool in CANNOT_LEAVE_TRANSACTION
