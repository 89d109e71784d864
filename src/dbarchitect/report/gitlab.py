"""GitLab's code quality report: a JSON list, one entry for each finding to act on, no two with one fingerprint.

Source: https://docs.gitlab.com/ci/testing/code_quality/
"""

from __future__ import annotations

import json
from collections import Counter

from dbarchitect.report.base import Rendering
from dbarchitect.report.clean import one_line
from dbarchitect.report.document import Report
from dbarchitect.report.places import Places
from dbarchitect.report.shown import to_act_on

_SEVERITY = {"error": "critical", "warning": "major", "info": "minor"}


def render(report: Report, rendering: Rendering) -> str:  # noqa: ARG001 - the same arguments as every format
    """The list, in the order of work."""
    places = Places(report)
    seen: Counter[str] = Counter()
    entries = []
    for item in to_act_on(report):
        place = places.of(item)
        key = f"{item.application}/{item.fingerprint}"
        seen[key] += 1
        entries.append(
            {
                "description": one_line(f"{item.object}: {item.message} {item.hint}".strip()),
                "check_name": f"dbarchitect/{item.rule}",
                "fingerprint": f"{key}/{seen[key]}",
                "severity": _SEVERITY[item.level],
                "location": {"path": place.path, "lines": {"begin": place.line or 1}},
            }
        )
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
