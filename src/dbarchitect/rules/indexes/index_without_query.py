"""The rule `index-without-query`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.change.operations import Drop
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.paths import Path, paths
from dbarchitect.rules._sql import count
from dbarchitect.rules._usage.lookups import lookups_of, named_columns
from dbarchitect.rules._usage.needs import is_reference, is_well_read

_MANY = 8
_ENOUGH = 5
"""Queries of a table that must be known before an index is said to serve none."""


class IndexWithoutQuery(Rule):
    """An index that no query of the code could use

    ## What it finds
    A plain index whose first column is neither compared, sorted, grouped nor joined by in any query that the code
    makes, where the code was read well: most tables are asked in ways that are known, and this one at least five times,
    never with conditions that only show when the program runs.

    ## Why it matters
    Every insert and most updates maintain it, it takes memory from those that are used, and it keeps PostgreSQL from
    updating rows in place.

    ## When to leave it
    Reports, other programs or people with a console ask by it: the code cannot tell, the server's statistics can (see
    `unused-index`).

    ## How the fix works
    It drops the index: look at the server's statistics of all its replicas first.

    ## References
    - https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ALL-INDEXES-VIEW
    - https://www.postgresql.org/docs/current/storage-hot.html
    """

    code = "IDX015"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each index; one for all where they are many."""
        if survey.code is None or not is_well_read(survey):
            return
        idle = [path for table in survey.tables for path in _idle(survey.code, table) if not _is_scanned(survey, path)]
        if len(idle) > _MANY:
            yield self._of_all(idle)
            return
        for path in idle:
            table = path.table
            known = count(len(lookups_of(survey.code, table.ref)), "query", "queries")
            yield Finding(
                self.name(),
                path.ref,
                f"On {table.ref}, {path} serves none of the {known} that the code makes of it, and all writes maintain "
                "it.",
                hint=f"Drop {path} if the server's statistics show no use of it.",
                evidence=(Evidence(EvidenceKind.CATALOG, path.described(), path.origin),),
                origin=path.origin,
            )

    def _of_all(self, idle: list[Path]) -> Finding:
        tables = count(len({path.table.ref.key for path in idle}), "table")
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(idle)} indexes of {tables} serve no query that the code makes ({idle[0].described()} is the first): "
            "all writes maintain them.",
            hint="Look at the server's statistics of these indexes, and drop those that show no use.",
            evidence=tuple(Evidence(EvidenceKind.CATALOG, path.described(), path.origin) for path in idle),
            origin=idle[0].origin,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Drop it, once the statistics agree."""
        table = survey.catalog.table(finding.object)
        for path in _idle(survey.code, table) if table is not None and survey.code is not None else ():
            if path.ref.key == finding.object.key:
                note = "Other programs may ask by it: look at the server's statistics of the index first."
                return Fix((Drop(path.table.ref, path.index),), Applicability.UNSAFE, note)
        return None


def _idle(code: Code, table: Table) -> Iterator[Path]:
    """The plain indexes of a table whose first column no query names."""
    lookups = lookups_of(code, table.ref)
    functions = {lookup.query.place.function for lookup in lookups}
    if len(functions) < _ENOUGH or any("where" in lookup.query.dynamic for lookup in lookups):
        return
    named = named_columns(code)
    for path in paths(table):
        index = path.index
        if path.key is not None or index.unique or index.method != "btree" or not index.column_names:
            continue
        lead = index.column_names[0]
        if index.columns[0].operator_class is not None:
            continue  # one for LIKE that Django adds by itself
        if (table.ref.key, lead) in named or is_reference(table, lead) or _refers(table, lead):
            continue
        if not any(lead in query.text for query in code.about(table.ref)):  # some expression may name it
            yield path


def _is_scanned(survey: Survey, path: Path) -> bool:
    """Whether the server's statistics show that something uses it."""
    named = path.named
    return survey.facts is not None and named is not None and bool(survey.facts.index(named).scans)


def _refers(table: Table, column: str) -> bool:
    return any(column in key.columns for key in table.foreign_keys)
