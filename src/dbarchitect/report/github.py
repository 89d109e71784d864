"""Workflow commands of GitHub Actions: each finding to act on becomes an annotation of the file it stands in.

GitHub shows ten errors, ten warnings and ten notices of a step, so the order of work decides which.
Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from dbarchitect.report.base import Rendering
from dbarchitect.report.clean import one_line
from dbarchitect.report.document import Finding, Report
from dbarchitect.report.places import Places
from dbarchitect.report.shown import to_act_on

_COMMAND = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report, rendering: Rendering) -> str:  # noqa: ARG001 - the same arguments as every format
    """A command for each finding that is neither suppressed nor known, in the order of work."""
    places = Places(report)
    return "".join(_annotation(item, places) for item in to_act_on(report))


def _annotation(item: Finding, places: Places) -> str:
    place = places.of(item)
    fields = {"file": place.path, "line": place.line, "endLine": place.end_line, "title": f"{item.code} {item.rule}"}
    written = ",".join(f"{key}={_property(str(value))}" for key, value in fields.items() if value is not None)
    text = one_line(f"{item.object}: {item.message} {item.hint}".strip())
    return f"::{_COMMAND[item.level]} {written}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
