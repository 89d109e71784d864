"""Which findings a format for people shows, and what it says of the others."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Finding, Report


def to_act_on(report: Report) -> tuple[Finding, ...]:
    """The findings that are neither suppressed nor known from the baseline, in the order of work."""
    return tuple(item for item in report.findings if item.suppressed is None and item.baseline != "known")


def shown(report: Report, rendering: Rendering) -> tuple[Finding, ...]:
    """The findings to act on; all of them when `known` is asked for."""
    return report.findings if rendering.known else to_act_on(report)


def aside(report: Report) -> Iterator[str]:
    """What is not shown, or was found before and is no more: a phrase each."""
    known = sum(item.baseline == "known" and item.suppressed is None for item in report.findings)
    suppressed = sum(item.suppressed is not None for item in report.findings)
    if report.compared_with is not None:
        yield f"{known} known from {report.compared_with.name}"
        if report.compared_with.gone:
            yield f"{report.compared_with.gone} of it found no more"
    if suppressed:
        yield f"{suppressed} suppressed"
