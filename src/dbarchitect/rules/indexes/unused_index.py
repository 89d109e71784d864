"""The rule `unused-index`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.facts import Facts, IndexFacts
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.change.operations import Drop
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
from dbarchitect.rules._running.statistics import MEBIBYTE, days_counted, in_bytes, in_days, too_young
from dbarchitect.rules._schema.paths import Path, is_indexed, paths
from dbarchitect.rules._sql import count

_LARGE = 100 * MEBIBYTE
_MONTH = 30


@dataclass(frozen=True, slots=True)
class Options:
    """`days` that the statistics must have counted, `minimum_bytes` of an index that matters, and `searches` by index
    that the whole database must have seen meanwhile (a copy that nobody uses tells nothing)."""

    days: float = 30.0
    minimum_bytes: int = MEBIBYTE
    searches: int = 10_000


class UnusedIndex(Rule):
    """An index that no query uses

    ## What it finds
    An index of a megabyte or more that was not used once, or less than once a month, since the server's statistics were
    reset, where they have counted for thirty days or more and the database was in use. Never one that keeps values
    unique or belongs to a constraint, and never the only one behind a foreign key.

    ## Why it matters
    Every insert and most updates write it, vacuum reads it, it takes memory from the cache, and an update of its
    columns can no longer stay within the page (HOT).

    ## When to leave it
    An index that was made lately: the server does not tell its age. A job that runs once a year may need it. Replicas
    count for themselves: where some are connected the finding is less sure, and on a replica the rule does not judge
    at all.

    ## How the fix works
    It drops the index. Look at the counters of every replica first, and at jobs that run less often than the statistics
    reach back; the way back is to create it again.

    ## References
    - https://www.postgresql.org/docs/current/monitoring-stats.html
    - https://www.postgresql.org/docs/current/sql-dropindex.html
    """

    code = "IDX004"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.STATISTICS})
    engines = ("postgresql",)
    Options = Options

    def unanswered(self, survey: Survey) -> str | None:
        """The counters must be old enough, the primary's, and those of a database in use."""
        assert isinstance(self.options, Options)  # noqa: S101 - the registry has decoded them
        if survey.facts is not None and survey.facts.is_replica:
            return "needs the primary's statistics, and this is a replica"
        if young := too_young(survey, self.options.days):
            return young
        searches = sum(facts.scans or 0 for facts in survey.facts.indexes.values()) if survey.facts else 0
        if searches < self.options.searches:
            return f"needs a database in use, and this one saw {count(searches, 'search', 'searches')} by index"
        return None

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each index."""
        if survey.facts is None or self.unanswered(survey):
            return
        days = days_counted(survey.facts) or 0.0
        for path, facts in self._judged(survey, survey.facts):
            scans = facts.scans or 0
            if scans * _MONTH < days and not _alone_behind_a_key(path):
                yield self._finding(survey, path, facts, days)

    def _judged(self, survey: Survey, facts: Facts) -> Iterator[tuple[Path, IndexFacts]]:
        """The indexes that could be dropped and are worth it."""
        assert isinstance(self.options, Options)  # noqa: S101 - as above
        for table in survey.tables:
            for path in paths(table) if table.partitioning is None else ():
                own = facts.index(path.named) if path.named else IndexFacts()
                large = own.bytes is not None and own.bytes >= self.options.minimum_bytes
                if path.key is None and not path.index.unique and large and own.scans is not None:
                    yield path, own

    def _finding(self, survey: Survey, path: Path, facts: IndexFacts, days: float) -> Finding:
        assert survey.facts is not None  # noqa: S101 - the caller has looked
        scans, size, receivers = facts.scans or 0, facts.bytes or 0, survey.facts.receivers
        table = survey.facts_of(path.table)
        writes = sum(n or 0 for n in (table.inserted, table.updated, table.deleted))
        used = "was not used once" if not scans else f"was used {'once' if scans == 1 else f'{scans} times'}"
        kept = f", while {count(writes, 'write')} had to keep it up" if writes else ""
        counted = f"{count(scans, 'scan')} in {in_days(days)}"
        if receivers:
            counted += f"; {count(receivers, 'receiver')} of the log connected, whose own use is not counted here"
        return Finding(
            self.name(),
            path.ref,
            f"On {path.table.ref}, {path} {used} in the {in_days(days)} since the statistics were reset (or since it "
            f"was made){kept}; it "
            f"takes {in_bytes(size)}.",
            hint=f"Drop {path}, after a look at the replicas' statistics and at rare jobs.",
            evidence=(
                Evidence(EvidenceKind.STATISTIC, counted),
                Evidence(EvidenceKind.CATALOG, path.described(), path.origin),
            ),
            origin=path.origin,
            level=Level.WARNING if size >= _LARGE and not scans and not receivers else None,
            precision=Precision.LOW if scans or receivers else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Every index that is worth a look is used."""
        if survey.facts is None or self.unanswered(survey):
            return
        judged, days = list(self._judged(survey, survey.facts)), days_counted(survey.facts) or 0.0
        if judged and all((facts.scans or 0) * _MONTH >= days for _, facts in judged):
            one, many = "index that could be dropped is", "indexes that could be dropped are"
            message = f"{count(len(judged), one, many)} in use, by statistics of {in_days(days)}."
            evidence = tuple(
                Evidence(EvidenceKind.STATISTIC, f"{path.ref}: {count(facts.scans or 0, 'scan')}", path.origin)
                for path, facts in judged
            )
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Drop it."""
        table = survey.catalog.table(finding.object)
        for path in paths(table) if table else ():
            if path.ref.key == finding.object.key and path.key is None:
                note = "Look at the replicas' statistics first, and at jobs that run less often than these reach back."
                return Fix((Drop(path.table.ref, path.index),), Applicability.UNSAFE, note)
        return None


def _alone_behind_a_key(path: Path) -> bool:
    """True where a foreign key would be without an index if this one went: who deletes needs it, however seldom."""
    rest = replace(path.table, indexes=tuple(index for index in path.table.indexes if index is not path.index))
    return any(is_indexed(path.table, k.columns) and not is_indexed(rest, k.columns) for k in path.table.foreign_keys)
