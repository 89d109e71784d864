"""A table that grows with every use, in one piece."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._shape import is_log, is_update_time, time_columns
from dbarchitect.rules._sql import count

_MANY_ROWS = 10_000_000
_FEW_ROWS = 100_000


class UnpartitionedTimeSeries(Rule):
    """A time series grows without partitions

    ## What it finds
    Tables that gain a row whenever something happens and are not changed afterwards (logs, events, metrics: by name and
    by a time column), in one piece. With statistics the level follows the estimated rows: a warning from ten million,
    silence below a hundred thousand.

    ## Why it matters
    Old rows can then only be deleted one by one, which leaves dead rows for vacuum and bloats every index; with a
    partition a month, dropping a month takes milliseconds, and queries for recent rows read small indexes.

    ## When to leave it
    While the table is small: below some ten million rows partitions cost more than they give. Foreign keys that point at
    the table, and unique keys without the time, stand in the way.

    ## How the fix works
    By hand: an existing table cannot become partitioned in place; rows are moved, and the primary key must contain the
    time. Where the engine has no partitions, delete old rows in small batches instead.

    ## References
    https://www.postgresql.org/docs/current/ddl-partitioning.html
    """

    code = "SCA001"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SCALABILITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table."""
        for table in survey.tables:
            rows = survey.facts_of(table).rows
            if not is_append_only(table) or table.partitioning is not None or (rows is not None and rows < _FEW_ROWS):
                continue
            time = series_time(table)
            can = survey.engine.capabilities.partitioning
            size = f"{count(rows, 'row')} (the planner's estimate)" if rows is not None else "grows with every use"
            evidence = [Evidence(EvidenceKind.CATALOG, f"{time} orders its rows; not partitioned", table.origin)]
            if rows is not None:
                evidence.append(Evidence(EvidenceKind.STATISTIC, f"{count(rows, 'row')} by the planner's estimate"))
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} {'has ' + size if rows is not None else size} and is one piece: old rows can only be "
                "deleted one by one.",
                f"Partition it by month of {time} before it is large."
                if can
                else f"Delete old rows by {time} in small batches; this engine has no partitions.",
                tuple(evidence),
                table.origin,
                level=Level.WARNING if rows is not None and rows >= _MANY_ROWS else None,
                precision=Precision.HIGH if rows is not None and rows >= _MANY_ROWS else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Time series that are partitioned."""
        for table in survey.tables:
            if table.partitioning is not None and time_columns(table):
                keys = ", ".join(table.partitioning.keys)
                evidence = (Evidence(EvidenceKind.CATALOG, f"{table.partitioning.strategy} by {keys}", table.origin),)
                yield Strength(self.name(), table.ref, "the table is partitioned", evidence)


def is_append_only(table: Table) -> bool:
    """True for a log: rows come, with a time, and no column speaks of a later change."""
    return is_log(table) and not any(is_update_time(column) for column in table.columns)


def series_time(table: Table) -> str:
    """The time that orders the rows: the required one first, in the table's order."""
    times = sorted(time_columns(table), key=lambda column: (column.nullable, column.position))
    return times[0].name
