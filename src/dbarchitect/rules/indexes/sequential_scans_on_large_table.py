"""The rule `sequential-scans-on-large-table`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.statistics import days_counted, in_days, stored_tables, too_young
from dbarchitect.rules._sql import count

_ENORMOUS_A_DAY = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """`rows` of a table that is large; `scans_a_day` of it that are too many; `days` that the statistics must have
    counted."""

    rows: int = 100_000
    scans_a_day: float = 100.0
    days: float = 1.0


class SequentialScansOnLargeTable(Rule):
    """A large table is read from end to end all day

    ## What it finds
    A table of a hundred thousand rows or more that is read sequentially a hundred times a day or more, where each scan
    reads at least half of the rows on average. A nightly report or dump does not count, nor do scans that stop early.

    ## Why it matters
    Each of these scans reads the table to find what an index would find in a few pages, pushes other tables out of the
    cache, and takes longer with every row that is added.

    ## When to leave it
    Where the queries need most of the rows: sums over everything, exports. Then a summary table or a replica takes the
    load away.

    ## How the fix works
    There is none without the queries: find those that read this table in pg_stat_statements or the log, and look at
    their plans.

    ## References
    - https://www.postgresql.org/docs/current/monitoring-stats.html
    - https://www.postgresql.org/docs/current/using-explain.html
    """

    code = "IDX008"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.STATISTICS})
    engines = ("postgresql",)
    Options = Options

    def unanswered(self, survey: Survey) -> str | None:
        """The counters must be old enough."""
        assert isinstance(self.options, Options)  # noqa: S101 - the registry has decoded them
        return too_young(survey, self.options.days)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table."""
        assert isinstance(self.options, Options)  # noqa: S101 - as above
        if survey.facts is None or self.unanswered(survey):
            return
        days = days_counted(survey.facts) or 1.0
        for table in stored_tables(survey):
            facts = survey.facts_of(table)
            scans, read, rows = facts.sequential_scans or 0, facts.sequential_rows or 0, facts.rows or 0
            often = scans / days >= self.options.scans_a_day
            if rows < self.options.rows or not often or read < scans * rows / 2:
                continue
            by_index = f"; {count(facts.index_scans, 'scan')} by index" if facts.index_scans is not None else ""
            text = f"{count(scans, 'sequential scan')} read {count(read, 'row')} in {in_days(days)}{by_index}"
            a_day = f"{scans / days:,.0f} times a day"
            yield Finding(
                self.name(),
                table.ref,
                f"{table.ref} is read from end to end {a_day}, all {count(rows, 'row')} of it for each: "
                f"{count(int(read / days), 'row')} a day.",
                hint=f"Find the queries that read {table.ref} in pg_stat_statements or the log, and index what they "
                "search by.",
                evidence=(Evidence(EvidenceKind.STATISTIC, text),),
                origin=table.origin,
                level=Level.WARNING if read / days >= _ENORMOUS_A_DAY else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Large tables are searched by index."""
        assert isinstance(self.options, Options)  # noqa: S101 - as above
        if survey.facts is None or self.unanswered(survey) or self.findings(survey):
            return
        large = [t for t in stored_tables(survey) if (survey.facts_of(t).rows or 0) >= self.options.rows]
        used = [t for t in large if (survey.facts_of(t).index_scans or 0) > (survey.facts_of(t).sequential_scans or 0)]
        if used and len(used) == len(large):
            evidence = tuple(
                Evidence(EvidenceKind.STATISTIC, f"{t.ref}: {count(survey.facts_of(t).index_scans or 0, 'index scan')}")
                for t in used
            )
            message = f"{count(len(used), 'large table is', 'large tables are')} searched by index."
            yield Strength(self.name(), Ref.database(), message, evidence)
