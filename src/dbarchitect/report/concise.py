"""One line per finding, as compilers print them: `path:line:column: level code rule: message`.

A finding that has no place in a file starts with the application's name and the object instead.
"""

from __future__ import annotations

from dbarchitect.audit.model import Audit, RankedFinding
from dbarchitect.report.base import Rendering
from dbarchitect.report.clean import one_line


def render(audit: Audit, rendering: Rendering) -> str:
    """All findings in the order of work, a line each."""
    findings = audit.findings if rendering.limit is None else audit.findings[: rendering.limit]
    return "".join(_line(item) + "\n" for item in findings)


def _line(item: RankedFinding) -> str:
    finding = item.finding
    place = str(finding.origin) if finding.origin.path is not None else f"{item.application}:{finding.object}"
    return one_line(f"{place}: {item.level.value} {item.rule.code} {finding.rule}: {finding.message}")
