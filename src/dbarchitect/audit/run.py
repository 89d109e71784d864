"""Runs the rules over Surveys and puts what they say in order. Pure: it opens nothing.

How a change is spelled and what it costs is the engine's business; the caller hands both in as functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from typing import Protocol, TypeVar

from dbarchitect.audit.agree import agreed
from dbarchitect.audit.baseline import Baseline, compare
from dbarchitect.audit.model import (
    ApplicationAudit,
    Audit,
    Comparison,
    NotEvaluated,
    RankedFinding,
    Score,
    SpelledFix,
    UnusedSuppression,
)
from dbarchitect.audit.rank import centrality, ease, effort_of, phase_of, prioritised, weight
from dbarchitect.audit.score import score
from dbarchitect.audit.suppress import suppress
from dbarchitect.catalog.suppression import Suppression
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.change.apply import apply_all
from dbarchitect.change.operations import Change
from dbarchitect.finding import Category, Finding, Fix, Strength
from dbarchitect.rules._base import Rule

T = TypeVar("T")

MANY = 2_000
"""Queries: with fewer, the rules are through before another process has begun."""
_IN_TURN = (
    *(Category.PERFORMANCE, Category.SCALABILITY, Category.SCHEMA_DESIGN, Category.DATA_INTEGRITY),
    *(Category.OPERATIONS, Category.MAINTAINABILITY, Category.SECURITY, Category.ERROR_HANDLING),
    *(Category.TRANSACTIONS, Category.QUERY_PATTERNS),
)
"""The categories so that rules which rest on the same stand beside each other, and those at the ends take long."""

WHY_NOT = {
    Need.CATALOG: "no schema was read",
    Need.STATISTICS: "needs a live database's statistics: name the database as a target",
    Need.MODELS: "needs the application's models: name the repository as a target",
    Need.CONFIGURATION: "needs the application's configuration: name the repository as a target",
    Need.CODE: "needs the application's queries, and none were found in its Python, TypeScript or JavaScript",
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


class AtOnce(Protocol):
    """Does pieces of work, some at the same time where that can be; what they give may come from another process."""

    def __call__(self, pieces: Sequence[Callable[[], T]]) -> list[T]:
        """What they give, in their order; neighbours are likely to be done by the same process."""
        ...


@dataclass(frozen=True, slots=True)
class _Spoken:
    findings: tuple[RankedFinding, ...] = ()
    strengths: tuple[Strength, ...] = ()
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a team has decided beforehand: what is suppressed, what is known, on which day that is asked.

    `known_rules` are all rules there are: a suppression that names none of them is told.
    """

    suppressions: tuple[Suppression, ...] = ()
    baseline: Baseline | None = None
    today: date = date.min
    known_rules: tuple[type[Rule], ...] = ()


def audit(
    surveys: Sequence[Survey],
    rules: Sequence[Rule],
    speller: Speller,
    options: Mapping[str, object],
    judgement: Judgement | None = None,
    at_once: AtOnce | None = None,
) -> Audit:
    """Audit every Survey with every rule; `at_once` may ask some at the same time."""
    judgement = judgement or Judgement()
    parts = [_audit_one(survey, rules, speller, judgement, at_once) for survey in surveys]
    ordered = prioritised(item for part in parts for item in part.audit.findings)
    comparison = None
    if judgement.baseline is not None:
        ordered, gone = compare(ordered, judgement.baseline)
        asked = {(part.audit.survey.application.name, rule.name()) for part in parts for rule in part.audit.evaluated}
        gone = tuple(known for known in gone if (known.application, known.rule) in asked)
        comparison = Comparison(judgement.baseline.name, sum(known.count for known in gone))
    applications = tuple(replace(part.audit, findings=_in_order(ordered, part.audit.survey, speller)) for part in parts)
    evaluated = {rule.category for part in applications for rule in part.evaluated}
    counted = [item for item in ordered if item.suppressed is None]
    total = score(counted, evaluated, sum(part.examined["tables"] for part in applications))
    used = {item.suppressed for item in ordered}  # a setting of the project speaks for all its applications
    unused = dict.fromkeys(one for part in parts for one in part.unused if one.suppression not in used)
    return Audit(
        applications,
        total,
        tuple(type(rule) for rule in rules),
        options,
        tuple(unused),
        comparison,
    )


def _in_order(ordered: Iterable[RankedFinding], survey: Survey, speller: Speller) -> tuple[RankedFinding, ...]:
    """The findings of one application, with fixes that can be applied one after another."""
    own = (item for item in ordered if item.application == survey.application.name)

    def respelled(fix: Fix, before: Sequence[Change]) -> SpelledFix | None:
        state = replace(survey, catalog=apply_all(tuple(before), survey.catalog)) if before else survey
        return speller.spell(fix, state)

    return agreed(own, respelled)


@dataclass(frozen=True, slots=True)
class _Part:
    audit: ApplicationAudit
    unused: tuple[UnusedSuppression, ...]


def _audit_one(
    survey: Survey, rules: Sequence[Rule], speller: Speller, judgement: Judgement, at_once: AtOnce | None
) -> _Part:
    findings: list[RankedFinding] = []
    strengths: list[Strength] = []
    evaluated: list[type[Rule]] = []
    refused: list[NotEvaluated] = []
    for rule, spoken in zip(rules, _spoken(survey, rules, speller, at_once), strict=True):
        findings.extend(spoken.findings)
        strengths.extend(spoken.strengths)
        if spoken.why_not is None:
            evaluated.append(type(rule))
        else:
            refused.append(NotEvaluated(rule.name(), spoken.why_not))
    silenced = suppress(
        findings,
        (*survey.suppressions, *judgement.suppressions),
        evaluated=evaluated,
        known=judgement.known_rules or tuple(type(rule) for rule in rules),
        today=judgement.today,
    )
    tables = sum(1 for _ in survey.tables)
    counted = [item for item in silenced.findings if item.suppressed is None]
    categories = {rule.category for rule in evaluated}
    own = score(counted, categories, tables) if tables else Score(None, score((), (), 0).categories)
    audited = ApplicationAudit(survey, silenced.findings, tuple(strengths), tuple(evaluated), tuple(refused), own)
    return _Part(audited, silenced.unused)


def _spoken(survey: Survey, rules: Sequence[Rule], speller: Speller, at_once: AtOnce | None) -> list[_Spoken]:
    """What each rule says; of an application with many queries, two at the same time."""
    degree = centrality(survey)

    if at_once is None or survey.code is None or len(survey.code.queries) < MANY:
        return [_asked(rule, survey, speller, degree) for rule in rules]
    ordered = sorted(range(len(rules)), key=lambda number: _IN_TURN.index(rules[number].category))
    said = at_once([partial(_asked, rules[number], survey, speller, degree) for number in ordered])
    found = dict(zip(ordered, said, strict=True))
    return [found[number] for number in range(len(rules))]


def _asked(rule: Rule, survey: Survey, speller: Speller, degree: Mapping[tuple[str, ...], int]) -> _Spoken:
    try:
        why = _why_not(rule, survey)
        return _judge(rule, survey, speller, degree) if why is None else _Spoken(why_not=why)
    except Exception as error:  # noqa: BLE001 - one rule's fault must not cost the other rules' findings
        return _Spoken(why_not=f"failed on this input ({type(error).__name__}): please report it with the schema")


def _why_not(rule: Rule, survey: Survey) -> str | None:
    if rule.engines and survey.engine.name not in rule.engines:
        return f"only for {', '.join(rule.engines)}, this is {survey.engine.name}"
    missing = sorted(rule.needs - survey.needs)
    return WHY_NOT[missing[0]] if missing else rule.unanswered(survey)


def _judge(rule: Rule, survey: Survey, speller: Speller, degree: Mapping[tuple[str, ...], int]) -> _Spoken:
    ranked = tuple(_rank(finding, rule, survey, speller, degree) for finding in rule.findings(survey))
    return _Spoken(ranked, tuple(rule.praise(survey)))


def _rank(
    finding: Finding, rule: Rule, survey: Survey, speller: Speller, degree: Mapping[tuple[str, ...], int]
) -> RankedFinding:
    level = finding.level or rule.level
    precision = finding.precision or rule.precision
    fix = rule.fix(finding, survey)
    spelled = speller.spell(fix, survey) if fix is not None else None
    touching = degree.get(finding.object.table_ref.key, 0)
    rows = survey.facts.table(finding.object).rows if survey.facts is not None and finding.object.table else None
    return RankedFinding(
        finding,
        type(rule),
        level,
        precision,
        finding.weight * ease(fix) * weight(level, precision, rule.category, rows, touching),
        phase_of(level, precision),
        effort_of(spelled),
        speller.risk(fix, survey) if spelled is not None and fix is not None else "none: nothing is changed",
        gain_of(type(rule)),
        spelled,
        application=survey.application.name,
    )


@cache
def gain_of(rule: type[Rule]) -> str:
    """The first sentence under the manual's "Why it matters"."""
    text = (rule.__doc__ or "").partition("## Why it matters")[2].partition("##")[0]
    sentence = " ".join(text.split())
    end = sentence.find(". ")
    return sentence if end < 0 else sentence[: end + 1]
