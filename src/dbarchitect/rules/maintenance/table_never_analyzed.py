"""The rule `table-never-analyzed`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.change.operations import RunSql
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
from dbarchitect.rules._running.settings import is_off, of_server
from dbarchitect.rules._running.statistics import stored_tables
from dbarchitect.rules._sql import count, quoted
from dbarchitect.rules.maintenance._autovacuum import is_switched_off

_ROWS = 10_000


class TableNeverAnalyzed(Rule):
    """The planner knows nothing of a table

    ## What it finds
    A table of ten thousand rows or more, by the server's counters, that was never analyzed nor vacuumed: right after a
    load, or because autovacuum does not come.

    ## Why it matters
    The planner guesses the number of rows from the size of the file and the distribution of values not at all: it
    joins and scans as if every condition kept the same share of rows, and a wrong join order can take hours instead of
    seconds.

    ## When to leave it
    A minute after a load autovacuum has not come by yet.

    ## How the fix works
    `analyze` reads a sample of the rows; the application goes on meanwhile.

    ## References
    - https://www.postgresql.org/docs/current/sql-analyze.html
    - https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-STATISTICS
    """

    code = "MNT004"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.STATISTICS})
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table."""
        server_off = is_off(of_server(survey, "autovacuum"))
        for table in stored_tables(survey):
            facts = survey.facts_of(table)
            rows = facts.live_rows or 0
            if facts.rows is not None or facts.last_analyze is not None or rows < _ROWS:
                continue
            off = server_off or is_switched_off(table)
            why = ", and autovacuum, which would do it, is off" if off else ""
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} has about {count(rows, 'row')} and was never analyzed{why}: the planner guesses how many "
                "rows each condition keeps.",
                hint=f"Analyze {table.ref}, always after a load.",
                evidence=(
                    Evidence(EvidenceKind.STATISTIC, f"{count(rows, 'live row')} counted, no estimate of its own"),
                ),
                origin=table.origin,
                level=Level.WARNING if off else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """All tables that are worth it were analyzed."""
        tables = list(stored_tables(survey))
        known = [t for t in tables if (survey.facts_of(t).rows or 0) >= _ROWS and survey.facts_of(t).last_analyze]
        worth = [t for t in tables if max(survey.facts_of(t).rows or 0, survey.facts_of(t).live_rows or 0) >= _ROWS]
        if known and len(known) == len(worth):
            evidence = tuple(
                Evidence(EvidenceKind.STATISTIC, f"{t.ref}: analyzed on {survey.facts_of(t).last_analyze:%Y-%m-%d}")
                for t in known
            )
            message = f"The planner knows {count(len(known), 'large table')}: all were analyzed."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Analyze it."""
        ref = finding.object
        name = ".".join(quoted(part) for part in (ref.schema, ref.table) if part)
        change = RunSql(survey.engine.name, (f"analyze {name}",), (), "reads a sample of the rows for the planner")
        return Fix((change,), Applicability.MANUAL, "It changes no schema; run it at any time.")
