"""The JSON report, schema version 1. Fields are added, never changed or removed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dbarchitect.audit.model import ApplicationAudit, Audit, RankedFinding, Score
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.finding import Category, Evidence, Strength
from dbarchitect.report.base import Rendering
from dbarchitect.rules._base import Rule

SCHEMA_VERSION = 1


def render(audit: Audit, rendering: Rendering) -> str:
    """The whole audit as one JSON object."""
    return json.dumps(as_data(audit, rendering), indent=2, ensure_ascii=False, default=str) + "\n"


def as_data(audit: Audit, rendering: Rendering) -> dict[str, object]:
    """The whole audit as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "dbarchitect", "version": rendering.version},
        "generated_at": rendering.generated_at.isoformat(timespec="seconds"),
        "options": dict(audit.options),
        "applications": [_application(application) for application in audit.applications],
        "score": _score(audit.score),
        "examined": _examined_together(audit),
        "rules": [_rule(rule) for rule in audit.rules],
        "findings": [_finding(item) for item in audit.findings],
        "strengths": [_strength(name, strength) for name, strength in audit.strengths],
        "diagnostics": [
            {"application": a.survey.application.name, "location": _location(d.origin), "text": d.text}
            for a in audit.applications
            for d in a.survey.diagnostics
        ],
    }


def _application(application: ApplicationAudit) -> dict[str, object]:
    survey = application.survey
    return {
        "name": survey.application.name,
        "path": survey.application.path,
        "framework": survey.application.framework,
        "engine": survey.engine.name,
        "engine_version": survey.engine.version,
        "targets": [{"kind": kind, "name": name} for kind, name in survey.application.targets],
        "score": _score(application.score),
        "examined": _examined(application),
        "unseen": [{"what": unseen.what, "grant": unseen.grant} for unseen in survey.unseen],
    }


def _examined(application: ApplicationAudit) -> dict[str, object]:
    return {
        **application.examined,
        "rules_evaluated": len(application.evaluated),
        "rules_not_evaluated": [{"rule": n.rule, "why": n.why} for n in application.not_evaluated],
        "skipped_paths": [{"path": s.path, "why": s.why} for s in application.survey.skipped],
    }


def _examined_together(audit: Audit) -> dict[str, object]:
    counts = {"tables": 0, "columns": 0, "queries": 0, "files": 0, "migrations": 0}
    skipped: dict[str, str] = {}
    for application in audit.applications:
        for name, count in application.examined.items():
            counts[name] += count
        skipped.update((s.path, s.why) for s in application.survey.skipped)
    evaluated = {rule for application in audit.applications for rule in application.evaluated}
    names = {rule.name() for rule in evaluated}
    refused = {n.rule: n.why for a in audit.applications for n in a.not_evaluated if n.rule not in names}
    return {
        **counts,
        "rules_evaluated": len(evaluated),
        "rules_not_evaluated": [{"rule": rule, "why": why} for rule, why in sorted(refused.items())],
        "skipped_paths": [{"path": path, "why": why} for path, why in sorted(skipped.items())],
    }


def _score(score: Score) -> dict[str, object]:
    categories: Mapping[Category, float | None] = score.categories
    return {"overall": score.overall, "categories": {category.value: value for category, value in categories.items()}}


def _rule(rule: type[Rule]) -> dict[str, object]:
    return {
        "rule": rule.name(),
        "code": rule.code,
        "title": rule.title(),
        "help": f"dba explain {rule.name()}",
        "category": rule.category.value,
    }


def _finding(item: RankedFinding) -> dict[str, object]:
    finding, fix = item.finding, item.fix
    return {
        "rule": finding.rule,
        "code": item.rule.code,
        "application": item.application,
        "level": item.level.value,
        "precision": item.precision.value,
        "category": item.rule.category.value,
        "priority": item.priority,
        "phase": item.phase.value,
        "effort": item.effort,
        "risk": item.risk,
        "gain": item.gain,
        "object": _object(finding.object),
        "location": _location(finding.origin),
        "message": finding.message,
        "hint": finding.hint,
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "fix": None
        if fix is None
        else {
            "applicability": fix.fix.applicability.value,
            "changes": [type(change).__name__ for change in fix.fix.changes],
            "up": list(fix.up),
            "down": None if fix.down is None else list(fix.down),
            "note": fix.fix.note,
        },
        "proof": None,
        "suppressed": None,
        "baseline": None,
        "fingerprint": finding.fingerprint,
    }


def _strength(application: str, strength: Strength) -> dict[str, object]:
    return {
        "rule": strength.rule,
        "application": application,
        "object": _object(strength.object),
        "message": strength.message,
        "evidence": [_evidence(evidence) for evidence in strength.evidence],
    }


def _object(ref: Ref) -> dict[str, object]:
    return {
        "kind": ref.kind.value,
        "schema": ref.schema,
        "table": ref.table,
        "columns": list(ref.columns),
        "name": ref.name,
    }


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {"kind": evidence.kind.value, "text": evidence.text, "location": _location(evidence.origin)}


def _location(origin: Origin) -> dict[str, object] | None:
    if origin.path is None:
        return None
    return {
        "path": origin.path,
        "line": origin.line,
        "column": origin.column,
        "end_line": origin.end_line,
        "end_column": origin.end_column,
    }
