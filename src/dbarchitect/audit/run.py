"""Runs the rules over Surveys and puts what they say in order. Pure: it opens nothing.

How a change is spelled and what it costs is the engine's business; the caller hands both in as functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from dbarchitect.audit.model import ApplicationAudit, Audit, NotEvaluated, RankedFinding, Score, SpelledFix
from dbarchitect.audit.rank import centrality, effort_of, phase_of, prioritised, weight
from dbarchitect.audit.score import score
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Finding, Fix, Strength
from dbarchitect.rules._base import Rule

WHY_NOT = {
    Need.CATALOG: "no schema was read",
    Need.STATISTICS: "needs a live database's statistics: name the database as a target",
    Need.MODELS: "needs the application's models: name the repository as a target",
    Need.CONFIGURATION: "needs the application's configuration: name the repository as a target",
    Need.MIGRATIONS: "needs the application's migrations, and none were found here",
    Need.SETTINGS: "needs the server's settings: name the database as a target",
}


class Speller(Protocol):
    """Spells a fix in the engine's SQL; and says in a phrase what applying it costs a busy database."""

    def spell(self, fix: Fix, survey: Survey) -> SpelledFix | None:
        """The statements up and down, None where the engine cannot do it."""
        ...

    def risk(self, fix: Fix, survey: Survey) -> str:
        """Which lock is held and who waits."""
        ...


@dataclass(frozen=True, slots=True)
class _Spoken:
    findings: tuple[RankedFinding, ...]
    strengths: tuple[Strength, ...]


def audit(surveys: Sequence[Survey], rules: Sequence[Rule], speller: Speller, options: Mapping[str, object]) -> Audit:
    """Audit every Survey with every rule."""
    parts = [_audit_one(survey, rules, speller) for survey in surveys]
    ordered = prioritised(item for part in parts for item in part.findings)
    applications = tuple(
        replace(part, findings=tuple(i for i in ordered if i.application == part.survey.application.name))
        for part in parts
    )
    evaluated = {rule.category for part in parts for rule in part.evaluated}
    total = score(ordered, evaluated, sum(part.examined["tables"] for part in parts))
    return Audit(applications, total, tuple(type(rule) for rule in rules), options)


def _audit_one(survey: Survey, rules: Sequence[Rule], speller: Speller) -> ApplicationAudit:
    findings: list[RankedFinding] = []
    strengths: list[Strength] = []
    evaluated: list[type[Rule]] = []
    refused: list[NotEvaluated] = []
    degree = centrality(survey)
    for rule in rules:
        why = _why_not(rule, survey)
        if why is None:
            try:
                spoken = _judge(rule, survey, speller, degree)
            except Exception as error:  # noqa: BLE001 - one rule's fault must not cost the other rules' findings
                why = f"failed on this input ({type(error).__name__}): please report it with the schema"
            else:
                evaluated.append(type(rule))
                findings.extend(spoken.findings)
                strengths.extend(spoken.strengths)
        if why is not None:
            refused.append(NotEvaluated(rule.name(), why))
    tables = sum(1 for _ in survey.tables)
    own = (
        score(findings, {rule.category for rule in evaluated}, tables)
        if tables
        else Score(None, score((), (), 0).categories)
    )
    return ApplicationAudit(survey, tuple(findings), tuple(strengths), tuple(evaluated), tuple(refused), own)


def _why_not(rule: Rule, survey: Survey) -> str | None:
    if rule.engines and survey.engine.name not in rule.engines:
        return f"only for {', '.join(rule.engines)}, this is {survey.engine.name}"
    missing = sorted(rule.needs - survey.needs)
    return WHY_NOT[missing[0]] if missing else None


def _judge(rule: Rule, survey: Survey, speller: Speller, degree: Mapping[tuple[str, ...], int]) -> _Spoken:
    ranked = tuple(_rank(finding, rule, survey, speller, degree) for finding in rule.detect(survey))
    return _Spoken(ranked, tuple(rule.praise(survey)))


def _rank(
    finding: Finding, rule: Rule, survey: Survey, speller: Speller, degree: Mapping[tuple[str, ...], int]
) -> RankedFinding:
    level = finding.level or rule.level
    precision = finding.precision or rule.precision
    fix = rule.fix(finding, survey)
    spelled = speller.spell(fix, survey) if fix is not None else None
    own = finding.object
    touching = degree.get(own.over(own.columns).key) or degree.get(own.table_ref.key, 0)
    rows = survey.facts.table(finding.object).rows if survey.facts is not None and finding.object.table else None
    return RankedFinding(
        finding,
        type(rule),
        level,
        precision,
        weight(level, precision, rule.category, rows, touching),
        phase_of(level, precision),
        effort_of(spelled),
        speller.risk(fix, survey) if spelled is not None and fix is not None else "none: nothing is changed",
        gain_of(type(rule)),
        spelled,
        application=survey.application.name,
    )


def gain_of(rule: type[Rule]) -> str:
    """The first sentence under the manual's "Why it matters"."""
    text = (rule.__doc__ or "").partition("## Why it matters")[2].partition("##")[0]
    sentence = " ".join(text.split())
    end = sentence.find(". ")
    return sentence if end < 0 else sentence[: end + 1]
