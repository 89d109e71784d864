"""The rule `low-cache-hit-ratio`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.facts import TableFacts
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import evidence_of, of_server
from dbarchitect.rules._running.statistics import in_percent
from dbarchitect.rules._sql import count

_CACHE_ELSEWHERE = frozenset({"neon"})
_GOOD = 0.99
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Options:
    """`info` and `warning`: the shares of blocks found in the cache below which it is said; `blocks` that must have
    been asked for (8 KiB each)."""

    info: float = 0.95
    warning: float = 0.9
    blocks: int = 1_000_000


class LowCacheHitRatio(Rule):
    """Too much is read from outside of the cache

    ## What it finds
    A database that found less than 95 % of the blocks that it asked for in the server's own cache (a warning below 90
    %), since the statistics were reset, where at least a million blocks were asked for.

    ## Why it matters
    A block that is not there comes from the operating system's cache at best, and from the disk at worst, which is a
    thousand times slower.

    ## When to leave it
    Reports and dumps that read everything once a day lower the ratio and harm nobody; so does a cache that was empty
    after a restart. The server cannot tell a read from the disk from one out of the operating system's cache.

    ## How the fix works
    By hand, in this order: indexes for what is read from end to end, shorter rows and fewer indexes, then more memory
    for `shared_buffers`.

    ## References
    - https://www.postgresql.org/docs/current/monitoring-stats.html
    - https://www.postgresql.org/docs/current/runtime-config-resource.html
    """

    code = "MNT005"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.STATISTICS})
    engines = ("postgresql",)
    Options = Options

    def unanswered(self, survey: Survey) -> str | None:
        """There must have been enough to do, on a server whose cache is the one that counts."""
        assert isinstance(self.options, Options)  # noqa: S101 - the registry has decoded them
        if survey.engine.hosted_by in _CACHE_ELSEWHERE:
            return f"needs the only cache's counters, and {survey.engine.hosted_by} keeps a second one"
        asked = sum(_ratio(survey))
        if asked < self.options.blocks:
            return f"needs a database in use, and {count(asked, 'block')} of this one were asked for"
        return None

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the database."""
        assert isinstance(self.options, Options)  # noqa: S101 - as above
        read, hit = _ratio(survey)
        if survey.facts is None or self.unanswered(survey) or hit >= self.options.info * (read + hit):
            return
        buffers = of_server(survey, "shared_buffers")
        yield Finding(
            self.name(),
            Ref.database(),
            f"{in_percent(hit / (read + hit))} of the blocks were found in the server's cache: {count(read, 'block')} "
            f"of {count(read + hit, 'block')} had to be fetched.",
            hint="Look at the tables that are read most for missing indexes first, then give the cache more memory.",
            evidence=(*_most_read(survey), *([evidence_of(buffers)] if buffers else [])),
            level=Level.INFO if hit >= self.options.warning * (read + hit) else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What is needed is in the cache."""
        read, hit = _ratio(survey)
        if self.unanswered(survey) is None and hit >= _GOOD * (read + hit):
            text = f"{count(hit, 'block')} found in the cache, {count(read, 'block')} fetched"
            message = f"{in_percent(hit / (read + hit))} of the blocks were found in the server's cache."
            yield Strength(self.name(), Ref.database(), message, (Evidence(EvidenceKind.STATISTIC, text),))


def _ratio(survey: Survey) -> tuple[int, int]:
    """Blocks fetched and blocks found, of all tables that hold rows themselves, with their indexes."""
    read = hit = 0
    for facts in _counted(survey).values():
        read += (facts.heap_blocks_read or 0) + (facts.index_blocks_read or 0)
        hit += (facts.heap_blocks_hit or 0) + (facts.index_blocks_hit or 0)
    return read, hit


def _counted(survey: Survey) -> dict[tuple[str, ...], TableFacts]:
    sums = {table.ref.key for table in survey.catalog.tables if table.partitioning is not None}
    known = survey.facts.tables if survey.facts is not None else {}
    return {key: facts for key, facts in known.items() if key not in sums}


def _most_read(survey: Survey) -> tuple[Evidence, ...]:
    names = {table.ref.key: str(table.ref) for table in survey.catalog.tables}
    reads = sorted(
        (-(facts.heap_blocks_read or 0) - (facts.index_blocks_read or 0), names[key])
        for key, facts in _counted(survey).items()
        if key in names
    )
    return tuple(
        Evidence(EvidenceKind.STATISTIC, f"{name}: {count(-read, 'block')} fetched")
        for read, name in reads[:_SHOWN]
        if read
    )
