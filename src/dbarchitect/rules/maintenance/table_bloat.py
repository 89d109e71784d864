"""The rule `table-bloat`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.bloat import bytes_of_table
from dbarchitect.rules._running.statistics import GIBIBYTE, MEBIBYTE, in_bytes, in_percent, stored_tables
from dbarchitect.rules._sql import count


@dataclass(frozen=True, slots=True)
class Options:
    """`minimum_bytes` of a table that matters; `share` of it that must be empty by the estimate."""

    minimum_bytes: int = 128 * MEBIBYTE
    share: float = 0.5


class TableBloat(Rule):
    """A table that is mostly empty space

    ## What it finds
    A table of 128 MiB or more (without its indexes and TOAST) at least half of which is empty by an estimate: from the
    number of its rows, the average width of their columns, and how a page is laid out.

    ## Why it matters
    Whatever reads the table from end to end reads the empty pages, too; so do backups and vacuums, and the cache keeps
    half-empty pages.

    ## When to leave it
    Where the space will be used again soon: it is free for new rows. The estimate does not see columns that were
    dropped while old rows still hold them; `pgstattuple_approx` measures.

    ## How the fix works
    By hand: `pg_repack` or `pg_squeeze` rewrite the table while the application goes on; `vacuum full` locks it for as
    long as it takes. Then let autovacuum come earlier, or it will be so again.

    ## References
    - https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY
    - https://www.postgresql.org/docs/current/pgstattuple.html
    """

    code = "MNT001"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.STATISTICS})
    engines = ("postgresql",)
    Options = Options

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table."""
        assert isinstance(self.options, Options)  # noqa: S101 - the registry has decoded them
        for table, size, needed in self._estimated(survey):
            wasted = size - needed
            if wasted >= self.options.share * size:
                rows = survey.facts_of(table).rows or 0
                text = f"{count(rows, 'row')}, {in_bytes(size)} as of the last vacuum or analyze"
                yield Finding(
                    self.name(),
                    table.ref,
                    f"{table.ref} takes {in_bytes(size)}, and its rows need about {in_bytes(needed)}: "
                    f"{in_percent(wasted / size)} of it is empty by the estimate.",
                    hint=f"Measure {table.ref} with pgstattuple_approx, then rewrite it with pg_repack, and let "
                    "autovacuum come to it earlier.",
                    evidence=(Evidence(EvidenceKind.STATISTIC, text),),
                    origin=table.origin,
                    level=Level.WARNING if wasted >= GIBIBYTE else None,
                )

    def _estimated(self, survey: Survey) -> Iterator[tuple[Table, int, int]]:
        assert isinstance(self.options, Options)  # noqa: S101 - as above
        for table in stored_tables(survey):
            size = survey.facts_of(table).table_bytes
            if size is not None and size >= self.options.minimum_bytes and not table.inherits:
                needed = bytes_of_table(survey, table)
                if needed is not None:
                    yield table, size, needed

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The large ones are full."""
        assert isinstance(self.options, Options)  # noqa: S101 - as above
        estimated = list(self._estimated(survey))
        if estimated and all(size - needed < self.options.share / 2 * size for _, size, needed in estimated):
            evidence = tuple(
                Evidence(EvidenceKind.STATISTIC, f"{table.ref}: {in_bytes(size)}, {in_bytes(needed)} needed")
                for table, size, needed in estimated
            )
            message = f"{count(len(estimated), 'large table')} estimated, none with much empty space."
            yield Strength(self.name(), Ref.database(), message, evidence)
