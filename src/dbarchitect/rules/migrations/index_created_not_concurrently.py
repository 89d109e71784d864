"""Indexes that writers wait for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.migrations import History, Operation, OperationKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Level, Strength
from dbarchitect.rules.migrations._judging import (
    Fault,
    MigrationRule,
    is_partitioned,
    steps,
    steps_on_old_tables,
    with_rows,
    written,
)
from dbarchitect.rules.migrations._tools import index_created

_CREATE = re.compile(r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+", re.IGNORECASE)
_ON_ONLY = re.compile(r"CREATE\s[^(]*?\sON\s+ONLY\s", re.IGNORECASE)  # of a partitioned table: nothing is built
_ENOUGH = 3
_SHOWN = 5
_PARTITIONED = (
    "Create it `ON ONLY` the partitioned table, then CONCURRENTLY on each partition, and attach those with "
    "ALTER INDEX … ATTACH PARTITION."
)


class IndexCreatedNotConcurrently(MigrationRule):
    """An index is built while writers wait

    ## What it finds
    `CREATE INDEX` without `CONCURRENTLY` on a table that may hold rows, in a migration that has not run yet. What the
    tables were before each migration counts: a table made in the same migration, or shortly before, is empty. Old
    migrations are one finding for all, where they show a habit. Indexes that were built concurrently are a strength.

    ## Why it matters
    The build holds a SHARE lock: every INSERT, UPDATE and DELETE on the table waits until it ends, which is minutes for
    some ten million rows, and the connections that wait are missing elsewhere.

    ## When to leave it
    Where the table is small and stays so, or the application is stopped for the deployment anyway.

    ## How the fix works
    By hand, in the migration: `CREATE INDEX CONCURRENTLY` outside a transaction, as the tool allows it. It takes two
    passes over the table, and when it fails it leaves an invalid index, to be dropped before the next try. On a
    partitioned table it is not possible: create the index on the parent with `ON ONLY`, then concurrently on each
    partition, and attach those.

    ## References
    - https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
    - https://docs.djangoproject.com/en/stable/ref/contrib/postgres/operations/#concurrent-index-operations
    """

    code = "MIG001"
    level = Level.WARNING
    category = Category.OPERATIONS
    habit = "build an index on an existing table while its writers wait"

    def faults(self, survey: Survey, history: History) -> Iterator[Fault]:
        """Every index that is not built concurrently."""
        for step in steps_on_old_tables(survey, history, self.newest):
            operation = step.operation
            if operation.kind is not OperationKind.CREATE_INDEX or operation.concurrently:
                continue
            if not _ON_ONLY.match(operation.statement):
                yield Fault(
                    step,
                    f"builds the index {_name(operation)} on {with_rows(survey, step.table)} without CONCURRENTLY: "
                    "everything that writes to the table waits until it is built",
                    _PARTITIONED
                    if is_partitioned(survey, step.table)
                    else index_created(history.tool, _better(operation)),
                )

    def advice(self, tool: str) -> str:
        """How the tool builds an index concurrently."""
        return index_created(tool)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The indexes that were built concurrently."""
        if survey.history is None:
            return
        done = [
            step
            for step in steps(survey.history, self.newest)
            if step.operation.kind is OperationKind.CREATE_INDEX and step.operation.concurrently
        ]
        if len(done) >= _ENOUGH:
            last = done[-1].migration.name
            text = f"{len(done)} indexes were built with CONCURRENTLY, the last in {last}: writers went on."
            yield Strength(self.name(), Ref.database(), text, tuple(written(step) for step in done[-_SHOWN:]))


def _name(operation: Operation) -> str:
    name = operation.object.name or operation.name
    columns = f"({', '.join(operation.object.columns)})" if operation.object.columns else ""
    return f"{name} {columns}".strip() if name else columns


def _better(operation: Operation) -> str:
    """The statement as written, with the word that is missing; a pattern where it is not there in full."""
    written_ = operation.statement.rstrip("; ")
    start = _CREATE.match(written_)
    if start is None or written_.endswith("…"):
        return "CREATE INDEX CONCURRENTLY …"
    word = "concurrently" if start[0].islower() else "CONCURRENTLY"
    return f"{start[0].rstrip()} {word} {written_[start.end() :]}"
