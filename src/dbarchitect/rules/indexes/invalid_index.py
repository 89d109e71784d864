"""The rule `invalid-index`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.change.operations import Add, Drop
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
from dbarchitect.rules._schema.paths import Path, forwards, paths
from dbarchitect.rules._sql import count

_LEFT_BY_REINDEX = re.compile(r"_cc(new|old)\d*$")


class InvalidIndex(Rule):
    """An index that was never finished

    ## What it finds
    An index that the server marks as invalid: a concurrent build or rebuild that failed has left it. One that is being
    built at the moment of the reading is none, nor is the index of a partitioned table that waits for its partitions.

    ## Why it matters
    No query may use it, while writes may have to maintain it; a unique one does not guarantee that values are unique. A
    migration that says `if not exists` takes it for the index that it wanted, and goes on.

    ## When to leave it
    While another attempt is running.

    ## How the fix works
    It drops the index and creates it again; one that a failed `reindex` has left beside the whole one is only dropped.
    A unique index can fail again for the same reason: look for duplicates first.

    ## References
    - https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
    - https://www.postgresql.org/docs/current/sql-reindex.html
    """

    code = "IDX005"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.STATISTICS})
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each index."""
        for table in survey.tables:
            for path in _invalid(survey, table):
                unique = ", and it does not guarantee that its values are unique" if path.index.unique else ""
                yield Finding(
                    self.name(),
                    path.ref,
                    f"On {table.ref}, {path} is invalid: a concurrent build has failed, no query may use it{unique}.",
                    hint=f"Look for duplicates, then drop {path} and create it again."
                    if path.index.unique
                    else f"Drop {path} and create it again.",
                    evidence=(Evidence(EvidenceKind.CATALOG, f"{path.described()}: not valid", path.origin),),
                    origin=path.origin,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """All are whole."""
        indexes = [index for table in survey.tables for index in table.indexes]
        if len(indexes) > 1 and all(index.valid for index in indexes):
            text = f"{count(len(indexes), 'index', 'indexes')} beside those of the keys, all valid"
            evidence = (Evidence(EvidenceKind.CATALOG, text),)
            yield Strength(self.name(), Ref.database(), "Every index is complete.", evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Drop it, and create it again where no other does its work."""
        table = survey.catalog.table(finding.object)
        for path in _invalid(survey, table) if table else ():
            if path.ref.key == finding.object.key:
                drop = Drop(path.table.ref, path.index)
                if _LEFT_BY_REINDEX.search(path.index.name or "") or _has_another(path):
                    return Fix((drop,))
                again = Add(path.table.ref, replace(path.index, valid=True))
                if path.index.unique:
                    note = "It fails again while two rows have the same values: look for them first."
                    return Fix((drop, again), Applicability.UNSAFE, note)
                return Fix((drop, again))
        return None


def _invalid(survey: Survey, table: Table) -> Iterator[Path]:
    if table.partitioning is not None:
        return
    for index in table.indexes:
        path = Path(table, index)
        building = survey.facts is not None and path.named is not None and survey.facts.index(path.named).being_built
        if not index.valid and not building:
            yield path


def _has_another(path: Path) -> bool:
    """True where a valid index holds the same."""
    own = path.index
    return any(
        other.index.method == own.method
        and forwards(other.index) == forwards(own)
        and other.index.predicate == own.predicate
        and set(own.include) <= set(other.index.include)
        and (other.index.unique or not own.unique)
        for other in paths(path.table)
    )
