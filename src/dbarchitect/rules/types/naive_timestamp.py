"""The rule `naive-timestamp`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.expressions import expression, is_current_timestamp
from dbarchitect.catalog.objects import Column, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import AlterColumn
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._sql import count, listed, quoted

_NAIVE, _AWARE = "timestamp without time zone", "timestamp with time zone"
_AHEAD = phrases(
    "scheduled, schedule, expires, expire, expiry, expiration, due, deadline, start, begin, end, trial, remind, "
    "reminder, publish at, run at, send at, next, valid until, valid to, until, renew"
)
_ZONES = phrases("timezone, time zone, tz, tzid, utc offset")
_LOCAL = phrases("local, wall clock")


class NaiveTimestamp(Rule):
    """A moment without its time zone

    ## What it finds
    Columns of type `timestamp without time zone`, listed by table: as a warning where the rest of the schema knows time
    zones or the moment lies ahead (a deadline, an expiry, a schedule), else for information. A local time beside a
    column that names its zone is meant as it is. Prisma's own client writes UTC into this type: there only the moments
    ahead are reported.

    ## Why it matters
    The server stores the digits and forgets what they were relative to. The first session with another time zone
    (a report, a laptop, a second service) reads or writes hours away from the truth, and `now()` compares wrongly.

    ## When to leave it
    Local times by design: opening hours, a birthday with its hour.

    ## How the fix works
    It changes the columns to `timestamp with time zone`, taking what is stored for UTC. Make sure that it is: where a
    server's local time was written, name that zone instead. The table is rewritten under an exclusive lock.

    ## References
    - https://www.postgresql.org/docs/current/datatype-datetime.html
    - https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_timestamp_.28without_time_zone.29
    """

    code = "TYP003"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table."""
        mixed = any(c.type.name == _AWARE for table in survey.tables for c in table.columns)
        for table in survey.tables:
            naive = _naive(table)
            ahead = [column for column in naive if _AHEAD.within(column.name)]
            if naive and (ahead or survey.application.framework != "prisma"):
                yield self._finding(survey, table, naive, ahead, mixed)

    def _finding(
        self, survey: Survey, table: Table, naive: tuple[Column, ...], ahead: list[Column], mixed: bool
    ) -> Finding:
        names = tuple(column.name for column in naive)
        ref = table.ref.over(names)
        verb = "has" if len(names) == 1 else "have"
        if mixed:
            why = "while other tables keep theirs with one"
        elif ahead:
            why = f"so that {ahead[0].name} comes hours early or late for a session in another zone"
        else:
            why = "so that a session in another zone reads it hours off"
        origin = survey.origin_of(table.ref.column(names[0]))
        prisma = survey.application.framework == "prisma"
        return Finding(
            self.name(),
            ref,
            f"{listed(names)} of {table.ref} {verb} no time zone, {why}.",
            hint="Use timestamp with time zone.",
            evidence=(Evidence(EvidenceKind.CATALOG, f"{table.ref}: {listed(names)} {_NAIVE}", origin),),
            origin=origin,
            level=Level.WARNING if (mixed or ahead) and not prisma else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line where every moment has its zone."""
        moments = [(t, c) for t in survey.tables for c in t.ordered_columns if c.type.name in {_NAIVE, _AWARE}]
        if moments and all(column.type.name == _AWARE for _, column in moments):
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{table.ref.column(column.name)} {column.type}", column.origin)
                for table, column in moments
            )
            message = f"Every one of {count(len(moments), 'timestamp')} has a time zone."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The type with time zone, the stored digits taken for UTC."""
        table = survey.catalog.table(finding.object)
        if table is None or _is_partition_key(table, finding.object.columns):
            return None
        columns = [column for column in map(table.column, finding.object.columns) if column is not None]
        changes = tuple(_aware(table, column) for column in columns)
        note = (
            "The stored values are taken for UTC: make sure that UTC was written. Views on the table must be made anew."
        )
        return Fix(changes, Applicability.UNSAFE, note)


def _naive(table: Table) -> tuple[Column, ...]:
    zoned = any(_ZONES.ends(column.name) for column in table.columns)
    return tuple(
        column
        for column in table.ordered_columns
        if column.type.name == _NAIVE
        and not column.type.dimensions
        and column.generated is None
        and not _LOCAL.within(column.name)
        and not (zoned and (_AHEAD.within(column.name) or words(column.name)[-1:] == ("time",)))
    )


def _aware(table: Table, column: Column) -> AlterColumn:
    type_ = replace(column.type, name=_AWARE, spelled="")
    default = column.default
    if default is not None and is_current_timestamp(default):
        default = expression("now()")
    new = replace(column, type=type_, default=default)
    return AlterColumn(table.ref, column, new, using=f"{quoted(column.name)} at time zone 'UTC'")


def _is_partition_key(table: Table, columns: tuple[str, ...]) -> bool:
    keys = " ".join(table.partitioning.keys) if table.partitioning else ""
    return any(column in keys for column in columns)
