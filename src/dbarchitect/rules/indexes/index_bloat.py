"""The rule `index-bloat`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
from dbarchitect.rules._running.bloat import bytes_of_btree
from dbarchitect.rules._running.statistics import GIBIBYTE, MEBIBYTE, in_bytes, in_percent, stored_tables
from dbarchitect.rules._schema.paths import Path, paths
from dbarchitect.rules._sql import count, quoted


@dataclass(frozen=True, slots=True)
class Options:
    """`minimum_bytes` of an index that matters; `share` of it that must be wasted by the estimate."""

    minimum_bytes: int = 64 * MEBIBYTE
    share: float = 0.6


class IndexBloat(Rule):
    """An index that is mostly empty

    ## What it finds
    A btree of 64 MiB or more of whose size at least 60 % is empty by an estimate: from the number of its entries, the
    average width of their columns, and how a page is laid out. Indexes on expressions, and other methods, are not
    estimated.

    ## Why it matters
    The empty pages are read, cached, backed up and vacuumed like full ones; searches and scans touch more of them.

    ## When to leave it
    Where the index will fill up again soon (a queue that is long every night). An estimate can be wrong, as with values
    whose width varies much: `pgstattuple` measures.

    ## How the fix works
    By hand: `reindex index concurrently` rebuilds it beside the old one while the application goes on; it needs the
    space for both, and an hour without long transactions.

    ## References
    - https://www.postgresql.org/docs/current/routine-reindex.html
    - https://www.postgresql.org/docs/current/pgstattuple.html
    """

    code = "IDX006"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.STATISTICS})
    engines = ("postgresql",)
    Options = Options

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each index."""
        assert isinstance(self.options, Options)  # noqa: S101 - the registry has decoded them
        for path, size, needed in self._estimated(survey):
            wasted = size - needed
            if wasted >= self.options.share * size:
                yield Finding(
                    self.name(),
                    path.ref,
                    f"On {path.table.ref}, {path} takes {in_bytes(size)}, and about {in_bytes(needed)} would do: "
                    f"{in_percent(wasted / size)} of it is empty by the estimate.",
                    hint=f"Rebuild {path} concurrently; measure with pgstattuple before, where it is installed.",
                    evidence=(Evidence(EvidenceKind.STATISTIC, _entries(survey, path)),),
                    origin=path.origin,
                    level=Level.WARNING if wasted >= GIBIBYTE else None,
                )

    def _estimated(self, survey: Survey) -> Iterator[tuple[Path, int, int]]:
        assert isinstance(self.options, Options)  # noqa: S101 - as above
        if survey.facts is None:
            return
        for table in stored_tables(survey):
            for path in paths(table):
                size = survey.facts.index(path.named).bytes if path.named else None
                if size is not None and size >= self.options.minimum_bytes:
                    needed = bytes_of_btree(survey, path)
                    if needed is not None:
                        yield path, size, needed

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The large ones are full."""
        assert isinstance(self.options, Options)  # noqa: S101 - as above
        estimated = list(self._estimated(survey))
        if estimated and all(size - needed < self.options.share / 2 * size for _, size, needed in estimated):
            evidence = tuple(
                Evidence(
                    EvidenceKind.STATISTIC, f"{path.ref}: {in_bytes(size)}, {in_bytes(needed)} needed", path.origin
                )
                for path, size, needed in estimated
            )
            large = count(len(estimated), "large btree")
            message = f"{large} estimated, none with much empty space."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Rebuild it beside the old one."""
        if not finding.object.name:
            return None
        schema = f"{quoted(finding.object.schema)}." if finding.object.schema else ""
        statement = f"reindex index concurrently {schema}{quoted(finding.object.name)}"
        change = RunSql(survey.engine.name, (statement,), (), "rebuilds the index; its contents stay the same")
        return Fix((change,), Applicability.MANUAL, "It needs disk space for a second copy until it is done.")


def _entries(survey: Survey, path: Path) -> str:
    facts = survey.facts.index(path.named) if survey.facts is not None and path.named is not None else None
    rows = facts.rows if facts is not None else None
    return f"{count(rows or 0, 'entry', 'entries')}, sizes as of the last vacuum or analyze; {path.described()}"
