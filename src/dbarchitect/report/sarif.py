"""SARIF 2.1.0, as code-scanning services take it.

Every result has a place in a file, a fingerprint that survives moved lines, and what GitHub's limits allow: 25,000
results in the order of work, ten tags a rule.
Sources: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html,
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from collections import Counter
from urllib.parse import quote

from dbarchitect.report.base import Rendering
from dbarchitect.report.clean import one_line
from dbarchitect.report.document import Finding, Location, Report, Rule
from dbarchitect.report.places import Places

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_MOST_RESULTS = 25_000
_MOST_LOCATIONS = 100
_LEVEL = {"error": "error", "warning": "warning", "info": "note"}
_SEVERITY = {"error": "8.0", "warning": "5.0", "info": "2.0"}  # GitHub's scale: high from 7, medium from 4, low below
_PRECISION = {"high": "high", "medium": "medium", "low": "low"}


def render(report: Report, rendering: Rendering) -> str:  # noqa: ARG001 - the same arguments as every format
    """One run with all findings, those that are suppressed marked as such."""
    findings = report.findings[:_MOST_RESULTS]
    numbers = {rule.code: number for number, rule in enumerate(report.rules)}
    places = Places(report)
    seen: Counter[str] = Counter()
    results = []
    for item in findings:
        seen[item.fingerprint] += 1
        results.append(_result(item, numbers, places, seen[item.fingerprint], several=len(report.applications) > 1))
    levels = {item.code: item.level for item in reversed(report.findings)}
    run = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "semanticVersion": report.tool.version,
                "rules": [_rule(rule, levels.get(rule.code, "warning")) for rule in report.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The audited directory."}}},
        "invocations": [
            {
                "executionSuccessful": True,
                "endTimeUtc": report.generated_at.replace("+00:00", "Z"),
                "toolExecutionNotifications": [
                    {
                        "level": "note",
                        "message": {"text": one_line(diagnostic.text)},
                        **({"locations": [_location(diagnostic.location)]} if diagnostic.location else {}),
                    }
                    for diagnostic in report.diagnostics
                ],
            }
        ],
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _rule(rule: Rule, level: str) -> dict[str, object]:
    text = rule.manual or f"{rule.title}. `{rule.help}` prints the manual page."
    security = {"security-severity": _SEVERITY[level]} if rule.category == "security" else {}
    return {
        "id": rule.code,
        "name": rule.rule,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVEL[level]},
        "properties": {"tags": ["database", rule.category], **security},
    }


def _result(item: Finding, numbers: dict[str, int], places: Places, nth: int, *, several: bool) -> dict[str, object]:
    words = [f"{item.application}: {item.message}" if several else item.message, item.hint]
    result: dict[str, object] = {
        "ruleId": item.code,
        **({"ruleIndex": numbers[item.code]} if item.code in numbers else {}),
        "level": _LEVEL[item.level],
        "rank": max(0.0, 100.0 - item.priority * 0.1),
        "message": {"text": " ".join(one_line(part) for part in words if part)},
        "locations": [
            {
                **_location(places.of(item)),
                "logicalLocations": [{"fullyQualifiedName": one_line(str(item.object)), "kind": item.object.kind}],
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{item.fingerprint}:{nth}",
            "dbarchitect/v1": item.fingerprint,
        },
        "properties": {
            "precision": _PRECISION[item.precision],
            "category": item.category,
            "phase": item.phase,
            "priority": item.priority,
        },
    }
    related = [_location(e.location, e.text) for e in item.evidence if e.location is not None]
    if related:
        result["relatedLocations"] = [{"id": n, **place} for n, place in enumerate(related[:_MOST_LOCATIONS], start=1)]
    if item.baseline is not None:
        result["baselineState"] = "new" if item.baseline == "new" else "unchanged"
    if item.suppressed is not None:
        kind = "inSource" if item.suppressed.location is not None and item.suppressed.location.line else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": item.suppressed.reason}]
    return result


def _location(place: Location, message: str = "") -> dict[str, object]:
    region: dict[str, object] = {"startLine": place.line or 1}
    if place.line is not None and place.column is not None:
        region["startColumn"] = place.column
    if place.line is not None and place.end_line is not None and place.end_line >= place.line:
        region["endLine"] = place.end_line
        if place.end_column is not None and (place.end_line > place.line or place.end_column > (place.column or 1)):
            region["endColumn"] = place.end_column
    uri = quote(place.path.encode("utf-8", "replace"), safe="/-._~")  # half of a surrogate pair is no character
    found: dict[str, object] = {
        "physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": "SRCROOT"}, "region": region}
    }
    if message:
        found["message"] = {"text": one_line(message)}
    return found
