"""Makes the report, as plain data, from an audit."""

from __future__ import annotations

import inspect

from dbarchitect.audit import model as audit_model
from dbarchitect.audit.model import ApplicationAudit, Audit, RankedFinding
from dbarchitect.audit.model import Score as AuditScore
from dbarchitect.audit.plan import TITLES, PlannedPhase, plan
from dbarchitect.audit.score import FORMULA, readiness
from dbarchitect.audit.summary import summary
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.suppression import Suppression
from dbarchitect.finding import Evidence as FoundEvidence
from dbarchitect.finding import Strength as FoundStrength
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import (
    SCHEMA_VERSION,
    Application,
    Comparison,
    Diagnostic,
    Evidence,
    Examined,
    Finding,
    Fix,
    Inventory,
    Location,
    NotEvaluated,
    ObjectName,
    Phase,
    PlanStep,
    Report,
    Rule,
    Score,
    SkippedPath,
    Strength,
    Suppressed,
    Target,
    Tool,
    Unseen,
    UnusedSuppression,
)
from dbarchitect.report.inventory import inventory_of
from dbarchitect.report.structure import tables_of
from dbarchitect.rules._base import Rule as AuditRule


def build(audit: Audit, rendering: Rendering, *, structure: bool = True) -> Report:
    """The report of an audit; without `structure` the tables' columns, keys and indexes are left out."""
    spoken = {item.finding.rule for item in audit.findings}
    return Report(
        SCHEMA_VERSION,
        Tool("dbarchitect", rendering.version),
        rendering.generated_at.isoformat(timespec="seconds"),
        dict(audit.options),
        tuple(_application(application, structure=structure) for application in audit.applications),
        _score(audit.score),
        _examined_together(audit),
        tuple(_rule(rule, with_manual=structure and rule.name() in spoken) for rule in audit.rules),
        tuple(_finding(item) for item in audit.findings),
        tuple(_strength(name, strength) for name, strength in audit.strengths),
        tuple(
            Diagnostic(a.survey.application.name, location_of(d.origin), d.text)
            for a in audit.applications
            for d in a.survey.diagnostics
        ),
        FORMULA,
        tuple(_unused(one) for one in audit.unused_suppressions),
        None if audit.compared_with is None else Comparison(audit.compared_with.name, audit.compared_with.gone),
    )


def location_of(origin: Origin) -> Location | None:
    """The place in a file, None for a database's catalog."""
    if origin.path is None:
        return None
    return Location(origin.path, origin.line, origin.column, origin.end_line, origin.end_column)


def object_of(ref: Ref) -> ObjectName:
    """The address of an object as the report has it."""
    return ObjectName(ref.kind.value, ref.schema, ref.table, ref.columns, ref.name)


def _application(application: ApplicationAudit, *, structure: bool) -> Application:
    survey = application.survey
    return Application(
        survey.application.name,
        survey.application.path,
        survey.application.framework,
        survey.engine.product or survey.engine.name,
        survey.engine.version,
        tuple(Target(kind, name) for kind, name in survey.application.targets),
        _score(application.score),
        Examined(
            **application.examined,
            rules_evaluated=len(application.evaluated),
            rules_not_evaluated=tuple(NotEvaluated(n.rule, n.why) for n in application.not_evaluated),
            skipped_paths=tuple(SkippedPath(s.path, s.why) for s in survey.skipped),
        ),
        tuple(Unseen(unseen.what, unseen.grant) for unseen in survey.unseen),
        summary=summary(application),
        readiness=readiness(application.score),
        inventory=inventory_of(application) if structure else Inventory(),
        tables=tables_of(application) if structure else (),
        plan=tuple(_phase(phase) for phase in _planned(application)) if structure else (),
    )


def _planned(application: ApplicationAudit) -> tuple[PlannedPhase, ...]:
    evaluated = {rule.category for rule in application.evaluated}
    counted = [item for item in application.findings if item.suppressed is None]
    return plan(counted, evaluated, application.examined["tables"])


def _phase(planned: PlannedPhase) -> Phase:
    steps = tuple(
        PlanStep(
            step.rule.name(),
            step.rule.title(),
            tuple(item.priority for item in step.findings),
            step.effort,
            step.risk,
            step.gain,
            step.metric,
        )
        for step in planned.steps
    )
    return Phase(planned.phase.value, TITLES[planned.phase], steps, planned.score_after)


def _examined_together(audit: Audit) -> Examined:
    counts = {"tables": 0, "columns": 0, "queries": 0, "files": 0, "migrations": 0}
    skipped: dict[str, str] = {}
    for application in audit.applications:
        for name, count in application.examined.items():
            counts[name] += count
        skipped.update((s.path, s.why) for s in application.survey.skipped)
    evaluated = {rule for application in audit.applications for rule in application.evaluated}
    names = {rule.name() for rule in evaluated}
    refused = {n.rule: n.why for a in audit.applications for n in a.not_evaluated if n.rule not in names}
    return Examined(
        **counts,
        rules_evaluated=len(evaluated),
        rules_not_evaluated=tuple(NotEvaluated(rule, why) for rule, why in sorted(refused.items())),
        skipped_paths=tuple(SkippedPath(path, why) for path, why in sorted(skipped.items())),
    )


def _score(score: AuditScore) -> Score:
    return Score(score.overall, {category.value: value for category, value in score.categories.items()})


def _rule(rule: type[AuditRule], *, with_manual: bool) -> Rule:
    manual = inspect.cleandoc(rule.__doc__ or "") if with_manual else ""
    return Rule(rule.name(), rule.code, rule.title(), f"dba explain {rule.name()}", rule.category.value, manual)


def _finding(item: RankedFinding) -> Finding:
    finding, fix = item.finding, item.fix
    return Finding(
        rule=finding.rule,
        code=item.rule.code,
        application=item.application,
        level=item.level.value,
        precision=item.precision.value,
        category=item.rule.category.value,
        priority=item.priority,
        phase=item.phase.value,
        effort=item.effort,
        risk=item.risk,
        gain=item.gain,
        object=object_of(finding.object),
        location=location_of(finding.origin),
        message=finding.message,
        hint=finding.hint,
        evidence=tuple(_evidence(evidence) for evidence in finding.evidence),
        fix=None
        if fix is None
        else Fix(
            fix.fix.applicability.value,
            tuple(type(change).__name__ for change in fix.fix.changes),
            fix.up,
            fix.down,
            fix.fix.note,
        ),
        proof=None,
        suppressed=None if item.suppressed is None else _suppressed(item.suppressed),
        baseline=item.baseline,
        fingerprint=finding.fingerprint,
    )


def _suppressed(one: Suppression) -> Suppressed:
    return Suppressed(one.reason, one.until.isoformat() if one.until is not None else None, location_of(one.origin))


def _unused(one: audit_model.UnusedSuppression) -> UnusedSuppression:
    suppression = one.suppression
    where = " ".join(part for part in (suppression.application, suppression.object) if part)
    text = f"ignore[{', '.join(suppression.rules)}]" + (f" for {where}" if where else "")
    return UnusedSuppression(text, location_of(suppression.origin), one.why)


def _strength(application: str, strength: FoundStrength) -> Strength:
    evidence = tuple(_evidence(evidence) for evidence in strength.evidence)
    return Strength(strength.rule, application, object_of(strength.object), strength.message, evidence)


def _evidence(evidence: FoundEvidence) -> Evidence:
    return Evidence(evidence.kind.value, evidence.text, location_of(evidence.origin))
