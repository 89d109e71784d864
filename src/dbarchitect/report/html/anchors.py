"""Where things are on the page: an id for every finding, table and rule, harmless whatever their names are."""

from __future__ import annotations

import hashlib
import re

from dbarchitect.report.document import Finding, Reference, Report

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}(\.[A-Za-z0-9_-]{1,60}){0,2}")


class Anchors:
    """The ids of a report's page, and from names to tables. `tables` has a list for each application."""

    def __init__(self, report: Report) -> None:
        self._taken: set[str] = set()
        self.findings: tuple[str, ...] = tuple(self._new("f", f.fingerprint) for f in report.findings)
        self.rules: dict[str, str] = {}
        for rule in report.rules:
            self.rules.setdefault(rule.rule, self._new("rule", rule.rule))
        several = len(report.applications) > 1
        self.tables: list[list[str]] = []
        self._tables: dict[tuple[int, str | None, str], str] = {}
        self._bare: dict[tuple[int, str], str] = {}
        self._of_name: dict[str, int] = {}
        for number, application in enumerate(report.applications):
            self._of_name.setdefault(application.name, number)
            self.tables.append([])
            for table in application.tables:
                name = f"{application.name}.{table}" if several else str(table)
                made = self._new("t", name)
                self.tables[-1].append(made)
                self._tables.setdefault((number, table.schema, table.name), made)
                self._bare.setdefault((number, table.name), made)

    def of_finding(self, finding: Finding) -> str | None:
        """The id of the section of the table that a finding is about."""
        if finding.object.table is None or finding.application not in self._of_name:
            return None
        return self._named(self._of_name[finding.application], finding.object.schema, finding.object.table)

    def referenced(self, application: int, reference: Reference) -> str | None:
        """The id of the section of the table that a foreign key points at, None where it is not in the report."""
        return self._named(application, reference.schema, reference.table)

    def _named(self, application: int, schema: str | None, name: str) -> str | None:
        exact = self._tables.get((application, schema, name))
        return exact or (self._bare.get((application, name)) if schema is None else None)

    def _new(self, kind: str, name: str) -> str:
        plain = (
            name if _PLAIN.fullmatch(name) else hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        )
        anchor, number = f"{kind}-{plain}", 1
        while anchor in self._taken:
            number += 1
            anchor = f"{kind}-{plain}-{number}"
        self._taken.add(anchor)
        return anchor
