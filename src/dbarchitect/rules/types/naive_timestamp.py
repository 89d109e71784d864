"""The rule `naive-timestamp`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
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
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.types._moments import AWARE, NAIVE, is_partition_key, lies_ahead, naive_columns, with_time_zone

_FEW = 3


class NaiveTimestamp(Rule):
    """A moment without its time zone

    ## What it finds
    Columns of type `timestamp without time zone`: by table, as a warning, where most of the schema knows time zones,
    and for information where they are few; once for the database where it is the custom of the whole schema. A local
    time beside a column that names its zone is meant as it is.

    ## Why it matters
    The first session with another time zone (a report, a laptop, a second service) reads or writes hours away from the
    truth, and `now()` compares wrongly. The server stores the digits and forgets what they were relative to.

    ## When to leave it
    Local times by design: opening hours, a birthday with its hour. A client that reads and writes UTC whatever the
    session's zone is (Prisma's does).

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
        """One finding for each table where most of the schema knows zones; else one for the database."""
        aware = sum(c.type.name == AWARE for table in survey.tables for c in table.columns)
        tables = [(table, columns) for table in survey.tables if (columns := naive_columns(table))]
        odd = aware > sum(len(columns) for _, columns in tables)
        if odd or len(tables) <= _FEW:
            yield from (self._finding(survey, table, columns, odd=odd) for table, columns in tables)
        else:
            yield self._of_all(tables)

    def _finding(self, survey: Survey, table: Table, columns: tuple[Column, ...], *, odd: bool) -> Finding:
        names = tuple(column.name for column in columns)
        ahead = next((name for name in names if lies_ahead(name)), None)
        if odd:
            why = "while most others of the schema have one"
        elif ahead is not None:
            why = f"so that {ahead} comes hours early or late for a session in another zone"
        else:
            why = "so that a session in another zone reads it hours off"
        origin = survey.origin_of(table.ref.column(names[0]))
        return Finding(
            self.name(),
            table.ref.over(names),
            f"{listed(names)} of {table.ref} {'has' if len(names) == 1 else 'have'} no time zone, {why}.",
            hint="Use timestamp with time zone.",
            evidence=(Evidence(EvidenceKind.CATALOG, f"{table.ref}: {listed(names)} {NAIVE}", origin),),
            origin=origin,
            level=Level.WARNING if odd else None,
            precision=None if odd else Precision.MEDIUM,
        )

    def _of_all(self, tables: list[tuple[Table, tuple[Column, ...]]]) -> Finding:
        number = sum(len(columns) for _, columns in tables)
        ahead = [table.ref.column(c.name) for table, columns in tables for c in columns if lies_ahead(c.name)]
        worst = f" ({ahead[0]} among them, a moment to come)" if ahead else ""
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(number, 'timestamp')} of {count(len(tables), 'table')} have no time zone{worst}: a session in "
            "another zone reads them hours off.",
            hint="Use timestamp with time zone, or keep every session and every server at UTC.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{table.ref}: {listed(c.name for c in columns)}", table.origin)
                for table, columns in tables
            ),
            origin=tables[0][0].origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line where every moment has its zone."""
        moments = [(t, c) for t in survey.tables for c in t.ordered_columns if c.type.name in {NAIVE, AWARE}]
        if moments and all(column.type.name == AWARE for _, column in moments):
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{table.ref.column(column.name)} {column.type}", column.origin)
                for table, column in moments
            )
            message = f"Timestamps have a time zone ({count(len(moments), 'column')})."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The type with time zone, the stored digits taken for UTC."""
        if finding.object.table is None:
            tables = [(table, columns) for table in survey.tables if (columns := naive_columns(table))]
        else:
            table = survey.catalog.table(finding.object)
            tables = [(table, naive_columns(table))] if table else []
        changes = [
            with_time_zone(table, c) for table, columns in tables for c in columns if not is_partition_key(table, c)
        ]
        note = (
            "The stored values are taken for UTC: make sure that UTC was written. Views on the table must be made anew."
        )
        return Fix(tuple(changes), Applicability.UNSAFE, note) if changes else None
