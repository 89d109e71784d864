"""The rule `autovacuum-behind`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.change.operations import SetTableOptions
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.statistics import stored_tables
from dbarchitect.rules._sql import count
from dbarchitect.rules.maintenance._autovacuum import MANY_DEAD, Fault, behind, changed_rows, lax, switched_off


@dataclass(frozen=True, slots=True)
class Options:
    """`turnover`: which part of its rows a large table must update or delete in a day to be a hot one."""

    turnover: float = 0.05


class AutovacuumBehind(Rule):
    """Dead rows pile up

    ## What it finds
    A table with autovacuum switched off among its storage parameters; a table with more than twice as many dead rows
    as autovacuum waits for (and a hundred thousand at least), by the server's settings and the table's own; for
    information a large hot table, of which a twentieth is updated or deleted every day and few updates stay within
    their page, that still has the default scale factor of a fifth of all rows.

    ## Why it matters
    Dead rows fill pages and indexes: every scan reads past them, and the space is not given back when they go. A vacuum
    that comes late has much to do at once, and runs for hours.

    ## When to leave it
    A table that is loaded and emptied as a whole (`truncate`). Right after a mass update dead rows are many for a
    while. Tables that are only added to make no dead rows: other settings are for them.

    ## How the fix works
    It removes `autovacuum_enabled = false`; for a hot table it sets `autovacuum_vacuum_scale_factor`, so that a vacuum
    has a hundredth to a twentieth of the rows to clear. Where autovacuum is behind though it is on, look for long
    transactions, abandoned replication slots and too few workers: no setting of the table helps while they hold it
    back.

    ## References
    - https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
    - https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-STORAGE-PARAMETERS
    """

    code = "MNT002"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.CATALOG, Need.STATISTICS})
    engines = ("postgresql",)
    Options = Options

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table: the worst that can be said of it."""
        for table, fault in self._faulty(survey):
            yield Finding(
                self.name(),
                table.ref,
                fault.message,
                fault.hint,
                tuple(Evidence(EvidenceKind.STATISTIC, text, table.origin) for text in fault.evidence),
                table.origin,
                salient=(fault.kind,),
                level=fault.level,
                precision=Precision.MEDIUM if fault.level is Level.INFO else None,
            )

    def _faulty(self, survey: Survey) -> Iterator[tuple[Table, Fault]]:
        assert isinstance(self.options, Options)  # noqa: S101 - the registry has decoded them
        for table in stored_tables(survey):
            fault = switched_off(survey, table) or behind(survey, table) or lax(survey, table, self.options.turnover)
            if fault is not None:
                yield table, fault

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """It keeps up, on tables where it has something to do."""
        busy = [
            t for t in stored_tables(survey) if (survey.facts_of(t).rows or 0) >= MANY_DEAD and changed_rows(survey, t)
        ]
        faulty = {table.ref.key for table, _ in self._faulty(survey)}
        if busy and not faulty:
            evidence = tuple(
                Evidence(EvidenceKind.STATISTIC, f"{t.ref}: {count(survey.facts_of(t).dead_rows or 0, 'dead row')}")
                for t in busy
            )
            one, many = "large table with changing rows", "large tables with changing rows"
            message = f"Autovacuum keeps up with {count(len(busy), one, many)}."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The storage parameters that mend it."""
        for table, fault in self._faulty(survey):
            if table.ref.key == finding.object.key and fault.kind in finding.salient and fault.options is not None:
                return Fix((SetTableOptions(table, replace(table, options=fault.options)),))
        return None
