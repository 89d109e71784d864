"""One line per finding, as compilers print them: `path:line:column: level code rule: message`.

A finding that has no place in a file starts with the application's name and the object instead.
"""

from __future__ import annotations

from dbarchitect.report.base import Rendering
from dbarchitect.report.clean import one_line
from dbarchitect.report.document import Finding, Report
from dbarchitect.report.shown import shown


def render(report: Report, rendering: Rendering) -> str:
    """The findings to act on in the order of work, a line each."""
    findings = shown(report, rendering)[: rendering.limit]
    return "".join(_line(item) + "\n" for item in findings)


def _line(item: Finding) -> str:
    place = str(item.location) if item.location is not None else f"{item.application}:{item.object}"
    return one_line(f"{place}: {item.level} {item.code} {item.rule}: {item.message}")
