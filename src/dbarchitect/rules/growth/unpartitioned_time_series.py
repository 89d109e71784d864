"""A table that grows with every use, in one piece."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Partitioning
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.domains import is_audit, is_stream, stream_time
from dbarchitect.rules._schema.shape import time_columns
from dbarchitect.rules._sql import count

_MANY_ROWS = 10_000_000
_FEW_ROWS = 100_000
_FEW = 3


class UnpartitionedTimeSeries(Rule):
    """A time series grows without partitions

    ## What it finds
    Tables that gain a row whenever something happens and are not changed afterwards (logs, events, measurements: by
    name, by a time column, and by what they lack: a time of change, a title, a plan, rows that refer to them), in one
    piece. With statistics the level follows the estimated rows: a warning from ten million, silence below a hundred
    thousand. Audit trails count only when they are large. An index on the time is said as a strength.

    ## Why it matters
    Old rows can then only be deleted one by one, which leaves dead rows for vacuum and bloats every index; with a
    partition a month, dropping a month takes milliseconds, and queries for recent rows read small indexes.

    ## When to leave it
    While the table is small: below some ten million rows partitions cost more than they give. Foreign keys that point
    at the table, and unique keys without the time, stand in the way.

    ## How the fix works
    By hand: an existing table cannot become partitioned in place; rows are moved, and the primary key must contain the
    time. Where the engine has no partitions, delete old rows in small batches instead.

    ## References
    - https://www.postgresql.org/docs/current/ddl-partitioning.html
    """

    code = "SCA001"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SCALABILITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table."""
        for table in survey.tables:
            rows = survey.facts_of(table).rows
            large = rows is not None and rows >= _MANY_ROWS
            counts = is_stream(table, survey.catalog) or (large and is_audit(table))
            if not counts or table.partitioning is not None or (rows is not None and rows < _FEW_ROWS):
                continue
            time = stream_time(table)
            origin = survey.origin_of(table.ref.column(time.name))
            evidence = [Evidence(EvidenceKind.CATALOG, f"{time.name} {time.type} orders its rows", origin)]
            if rows is not None:
                evidence.append(Evidence(EvidenceKind.STATISTIC, f"{count(rows, 'row')} by the planner's estimate"))
            size = f" has {count(rows, 'row')}" if rows is not None else ", by its name, gains a row with every use"
            can = survey.engine.capabilities.partitioning
            piece = "is one piece" if can else "is one piece, on an engine without partitions"
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref}{size} and {piece}: old rows can only be deleted one by one.",
                f"Partition it by month of {time.name} before it is large."
                if can
                else f"Delete old rows by {time.name} in small batches, or move it to an engine with partitions.",
                tuple(evidence),
                table.origin,
                level=Level.WARNING if large else None,
                precision=Precision.HIGH if large else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Time series that are partitioned, or at least found by time."""
        parted = [
            (table.ref, _partitioned(table, table.partitioning))
            for table in survey.tables
            if table.partitioning is not None and time_columns(table)
        ]
        if len(parted) > _FEW:
            text = f"{len(parted)} tables whose rows have a time are partitioned."
            yield Strength(self.name(), Ref.database(), text, tuple(evidence for _, evidence in parted))
        else:
            for ref, evidence in parted:
                yield Strength(self.name(), ref, "The table is partitioned.", (evidence,))
        for table in survey.tables:
            if table.partitioning is None and (is_stream(table, survey.catalog) or is_audit(table)):
                yield from self._found_by_time(table, survey)

    def _found_by_time(self, table: Table, survey: Survey) -> Iterable[Strength]:
        time = stream_time(table)
        for path in table.access_paths():
            if path.valid and path.predicate is None and path.column_names[:1] == (time.name,):
                ref = table.ref.column(time.name)
                evidence = (Evidence(EvidenceKind.CATALOG, f"index on {time.name}", survey.origin_of(ref)),)
                yield Strength(self.name(), ref, f"An index on {time.name} finds the rows of a period.", evidence)
                return


def _partitioned(table: Table, how: Partitioning) -> Evidence:
    return Evidence(EvidenceKind.CATALOG, f"{table.ref}: {how.strategy} by {', '.join(how.keys)}", table.origin)
