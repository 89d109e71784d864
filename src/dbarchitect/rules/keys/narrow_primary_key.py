"""The rule `narrow-primary-key`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family, SqlType
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
from dbarchitect.rules._fixes.retyping import referring_columns, retyped
from dbarchitect.rules._schema.domains import is_stream as fills_by_itself
from dbarchitect.rules._sql import count
from dbarchitect.rules.keys._numbered_keys import LIMITS, is_stream, is_wide, narrow_key, single_key

_NEAR = 0.1
_SOON = 0.5
_SMALL = 1_000_000


class NarrowPrimaryKey(Rule):
    """A numbered key that will run out

    ## What it finds
    A primary key that the server numbers, of type `integer` (2,147,483,647 rows) or `smallint` (32,767), in a table
    that gains a row whenever something happens (logs, events, measurements): for information as long as nothing tells
    how many there are. Statistics decide where they are there, for any table: a sequence or a number of rows past a
    tenth of the limit is a warning, past half of it an error; a log of a million rows is a warning, and below that it
    is left alone. SQLite numbers with 64 bits.

    ## Why it matters
    When the numbers run out every insert fails at once, and widening the key then means rewriting the table while the
    application is down. Rolled-back inserts use numbers up as well.

    ## When to leave it
    Things of which there will never be two thousand million.

    ## How the fix works
    It widens the key, and every column that refers to it, to `bigint`. The server rewrites these tables under an
    exclusive lock: a large one is widened by a new column, a copy in batches and a swap.

    ## References
    - https://www.postgresql.org/docs/current/datatype-numeric.html
    - https://www.sqlite.org/autoinc.html
    """

    code = "KEY006"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SCALABILITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each key."""
        if survey.engine.capabilities.integer_primary_key_is_64_bit:
            return
        for table in survey.tables:
            column = narrow_key(survey, table)
            if column is not None:
                verdict = _verdict(survey, table, column)
                if verdict is not None:
                    yield self._finding(survey, table, column, *verdict)

    def _finding(self, survey: Survey, table: Table, column: Column, level: Level, why: str, measured: bool) -> Finding:
        ref = table.ref.column(column.name)
        others = referring_columns(survey.catalog, ref)
        limit = LIMITS[survey.catalog.base_type(column.type).name]
        verb = "refers" if len(others) == 1 else "refer"
        more = f"; {count(len(others), 'column')} that {verb} to it would have to follow" if others else ""
        kind = EvidenceKind.STATISTIC if measured else EvidenceKind.CATALOG
        return Finding(
            self.name(),
            ref,
            f"{ref} is {column.type} and runs out at {limit:,}: {why}{more}.",
            hint=f"Widen {ref} to bigint while {table.ref} is small.",
            evidence=(
                Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}, primary key", survey.origin_of(ref)),
                Evidence(kind, why, survey.origin_of(ref)),
            ),
            origin=survey.origin_of(ref),
            level=level if level is not self.level else None,
            precision=Precision.HIGH if measured else _sure(survey, table),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line where every key is wide enough for good."""
        keys = [(table, single_key(table)) for table in survey.tables]
        known = [(table, column) for table, column in keys if column is not None]
        wide = [(t, c) for t, c in known if is_wide(survey, c)]
        if wide and len(wide) == len(known):
            uuids = sum(1 for _, c in wide if survey.catalog.family(c.type) is Family.UUID)
            kind = "uuids" if uuids == len(wide) else "64 bits wide or uuids"
            evidence = tuple(
                Evidence(
                    EvidenceKind.CATALOG, f"{t.ref.column(c.name)} {c.type}", survey.origin_of(t.ref.column(c.name))
                )
                for t, c in wide
            )
            message = f"No primary key can run out ({count(len(wide), 'key')}, {kind})."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The key, and all that refer to it, as bigint."""
        table = survey.catalog.table(finding.object)
        column = table.column(finding.object.columns[0]) if table else None
        if table is None or column is None:
            return None
        note = "Each table is rewritten under an exclusive lock; a large one needs a new column and a copy in batches."
        return Fix(retyped(survey.catalog, table, column, SqlType("bigint")), Applicability.UNSAFE, note)


def _sure(survey: Survey, table: Table) -> Precision | None:
    """What users' every step writes may reach two thousand million rows; a log of imports, by its name, hardly."""
    return None if fills_by_itself(table, survey.catalog) else Precision.LOW


def _verdict(survey: Survey, table: Table, column: Column) -> tuple[Level, str, bool] | None:
    """How bad it is, why, and whether that was measured; None where the table stays small."""
    limit = LIMITS[survey.catalog.base_type(column.type).name]
    facts = survey.facts_of(table)
    sequence = survey.facts.sequences.get(table.ref.column(column.name).key) if survey.facts else None
    used = max(facts.rows or 0, (sequence.last_value or 0) if sequence else 0)
    if used > _NEAR * limit:
        share = f"{used:,} numbers are used up ({100 * used / limit:.0f} %)"
        return (Level.ERROR if used > _SOON * limit else Level.WARNING), share, True
    if facts.rows is not None and facts.rows < _SMALL:
        return None
    if is_stream(survey, table):
        level = Level.WARNING if facts.rows is not None else Level.INFO
        return level, "by its name it gains a row with every event", facts.rows is not None
    return None
