"""JUnit's XML, as test reports of CI servers show it: a suite for each application, a case for each rule.

A rule fails once with all its findings; one that could not be judged is skipped, with the reason; one whose findings
are all suppressed, known, or below warning passes and says them in its output.
"""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree as ET

from dbarchitect.report.base import Rendering
from dbarchitect.report.clean import one_line
from dbarchitect.report.document import Application, Finding, Report

_FAILING = frozenset({"error", "warning"})


def render(report: Report, rendering: Rendering) -> str:  # noqa: ARG001 - the same arguments as every format
    """The whole report."""
    suites = [_suite(application, report) for application in report.applications]
    root = ET.Element("testsuites", _totals(suites) | {"name": "dbarchitect"})
    root.extend(suites)
    ET.indent(root)
    return f'<?xml version="1.0"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(application: Application, report: Report) -> ET.Element:
    findings: dict[str, list[Finding]] = defaultdict(list)
    for item in report.findings:
        if item.application == application.name:
            findings[item.code].append(item)
    refused = {rule.rule: rule.why for rule in application.examined.rules_not_evaluated}
    cases = []
    for rule in report.rules:
        name = _text(f"{rule.code} {rule.rule}")
        case = ET.Element("testcase", {"name": name, "classname": _text(application.name), "time": "0"})
        mine = findings[rule.code]
        failing = [i for i in mine if i.level in _FAILING and i.suppressed is None and i.baseline != "known"]
        if rule.rule in refused:
            ET.SubElement(case, "skipped", {"message": _text(refused[rule.rule])})
        elif failing:
            worst = "error" if any(item.level == "error" for item in failing) else "warning"
            first = f"{failing[0].object}: {failing[0].message}"
            more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
            failure = ET.SubElement(case, "failure", {"type": worst, "message": _text(first + more)})
            failure.text = "\n".join(_line(item) for item in failing)
        if others := [item for item in mine if item not in failing]:
            ET.SubElement(case, "system-out").text = "\n".join(_line(item) for item in others)
        cases.append(case)
    suite = ET.Element(
        "testsuite", _counts(cases) | {"name": _text(application.name), "timestamp": _text(report.generated_at)}
    )
    suite.extend(cases)
    return suite


def _line(item: Finding) -> str:
    place = f"{item.location}: " if item.location is not None else ""
    state = "suppressed " if item.suppressed is not None else "known " if item.baseline == "known" else ""
    return _text(f"{place}{state}{item.level}: {item.object}: {item.message} {item.hint}".strip())


def _text(text: str) -> str:
    """On one line, without what XML 1.0 has no character for (surrogates and the last two of the plane)."""
    clean = one_line(text)
    return "".join(c if not ("\ud800" <= c <= "\udfff" or c in "\ufffe\uffff") else "\ufffd" for c in clean)


def _counts(cases: list[ET.Element]) -> dict[str, str]:
    failures = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {
        "tests": str(len(cases)),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(skipped),
        "time": "0",
    }


def _totals(suites: list[ET.Element]) -> dict[str, str]:
    names = ("tests", "failures", "errors", "skipped")
    return {name: str(sum(int(suite.attrib[name]) for suite in suites)) for name in names}
