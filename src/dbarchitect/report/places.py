"""Places in files.

Every finding gets one: some readers of reports (code scanning, merge requests) take nothing without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dbarchitect.report.document import Application, Finding, Location, Report

if TYPE_CHECKING:
    from dbarchitect.catalog.refs import Origin

SETTINGS = Location("dbarchitect.toml", 1)
"""The place of what has none: a database that was audited alone is declared in no file but the audit's settings."""


def beginning(origin: Origin) -> Location | None:
    """Where a declaration begins, for lists of what there is; None for a database's catalog."""
    return None if origin.path is None else Location(origin.path, origin.line, origin.column)


class Places:
    """Answers for one report."""

    def __init__(self, report: Report) -> None:
        self._tables: Mapping[tuple[str, str | None, str], Location] = {
            (application.name, table.schema, table.name): table.location
            for application in report.applications
            for table in application.tables
            if table.location is not None
        }
        self._engines = {application.name: _engine(application) for application in report.applications}

    def of(self, finding: Finding) -> Location:
        """Where the object was declared; else its table, its evidence, the place that configures the engine."""
        if finding.location is not None:
            return finding.location
        ref = finding.object
        table = self._tables.get((finding.application, ref.schema, ref.table or ""))
        evidence = next((e.location for e in finding.evidence if e.location is not None), None)
        return table or evidence or self._engines.get(finding.application) or SETTINGS


def _engine(application: Application) -> Location | None:
    return next((fact.location for fact in application.inventory.stack if fact.location is not None), None)
