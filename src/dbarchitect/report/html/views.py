"""What the templates show, looked up once: which finding is whose, where everything links to."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dbarchitect.report.document import (
    Application,
    Finding,
    PlanStep,
    Reference,
    Report,
    Rule,
    Strength,
    Table,
)
from dbarchitect.report.html.anchors import Anchors
from dbarchitect.report.html.diagram.drawing import Drawing
from dbarchitect.report.html.diagram.entities import Entity, drawings

LEVELS = ("error", "warning", "info")
PHASES = {"now": "Now", "two-weeks": "In two weeks", "month": "In a month", "later": "Later"}
MOST_DETAILED = 3000  # tables with a section of their own; in a larger report the first of those with findings

_ORDER = re.compile(r"(?: \w+_ops)?(?: desc)?\Z")  # what an index says of a column, after its name


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding, its id, and the id of its table's section."""

    finding: Finding
    anchor: str
    table: str | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class Referrer:
    """A foreign key of another table (or of the same) that points here."""

    table: Table
    anchor: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class TableView:
    """A table with all that its section shows. `targets` are the ids of what its foreign keys point at."""

    table: Table
    anchor: str
    level: str
    findings: tuple[FindingView, ...]
    targets: tuple[str | None, ...]
    referrers: tuple[Referrer, ...]
    detailed: bool

    def marks(self, column: str) -> tuple[tuple[str, str], ...]:
        """What a column is part of: abbreviation and meaning."""
        table = self.table
        found = []
        if column in table.primary_key:
            found.append(("PK", "primary key"))
        if any(column in reference.columns for reference in table.references):
            found.append(("FK", "foreign key"))
        if any(column in key for key in table.unique_keys):
            found.append(("UK", "unique key"))
        if any(index.unique and (column,) == index.columns for index in table.indexes):
            found.append(("UX", "unique index"))
        elif any(column == _ORDER.sub("", indexed) for index in table.indexes for indexed in index.columns):
            found.append(("IX", "indexed"))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """An application with its tables, diagrams and strengths."""

    application: Application
    anchor: str
    tables: tuple[TableView, ...]
    drawings: tuple[Drawing, ...]
    strengths: tuple[Strength, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the plan with its findings."""

    step: PlanStep
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A phase of the plan, of all applications together; `scores` are those that they have when it is done."""

    phase: str
    title: str
    steps: tuple[tuple[str, StepView], ...]  # the application's name, and its step
    scores: tuple[tuple[str, float], ...]
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule that spoke, and how often."""

    rule: Rule
    anchor: str
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page."""

    report: Report
    findings: tuple[FindingView, ...]
    suppressed: tuple[FindingView, ...]
    applications: tuple[ApplicationView, ...]
    phases: tuple[PhaseView, ...]
    rules: tuple[RuleView, ...]
    levels: Counter[str]

    @property
    def several(self) -> bool:
        """Whether there is more than one application."""
        return len(self.applications) > 1


def page_of(report: Report) -> Page:
    """The views of a report."""
    anchors = Anchors(report)
    views = [
        FindingView(finding, anchor, anchors.of_finding(finding), anchors.rules.get(finding.rule))
        for finding, anchor in zip(report.findings, anchors.findings, strict=True)
    ]
    open_views = tuple(view for view in views if view.finding.suppressed is None)
    spoken = Counter(view.finding.rule for view in views)
    return Page(
        report,
        open_views,
        tuple(view for view in views if view.finding.suppressed is not None),
        tuple(_application(report, number, anchors, open_views) for number in range(len(report.applications))),
        _phases(report, open_views),
        tuple(
            RuleView(rule, anchors.rules[name], spoken[name])
            for name, rule in {rule.rule: rule for rule in reversed(report.rules) if spoken[rule.rule]}.items()
        )[::-1],
        Counter(view.finding.level for view in open_views),
    )


def worst(findings: Sequence[FindingView]) -> str:
    """The worst level of the findings, `clean` where there is none."""
    levels = {view.finding.level for view in findings}
    return next((level for level in LEVELS if level in levels), "clean")


def _application(report: Report, number: int, anchors: Anchors, findings: Sequence[FindingView]) -> ApplicationView:
    application = report.applications[number]
    own: dict[str, list[FindingView]] = defaultdict(list)
    for view in findings:
        if view.table is not None and view.finding.application == application.name:
            own[view.table].append(view)
    referrers: dict[str, list[Referrer]] = defaultdict(list)
    ids = anchors.tables[number]
    targets = [tuple(anchors.referenced(number, reference) for reference in t.references) for t in application.tables]
    for table, anchor, found in zip(application.tables, ids, targets, strict=True):
        for reference, target in zip(table.references, found, strict=True):
            if target is not None:
                referrers[target].append(Referrer(table, anchor, reference))
    many = sum(len(each.tables) for each in report.applications) > MOST_DETAILED
    first = set(list(own)[:MOST_DETAILED])  # tables in the order of their first findings, which is that of work
    tables = tuple(
        TableView(
            table,
            anchor,
            worst(own.get(anchor, ())),
            tuple(own.get(anchor, ())),
            found,
            tuple(referrers[anchor]),
            not many or anchor in first,
        )
        for table, anchor, found in zip(application.tables, ids, targets, strict=True)
    )
    place = {anchor: n for n, anchor in enumerate(ids)}
    entities = [
        Entity(
            view.table,
            view.anchor,
            view.level,
            len(view.findings),
            tuple(None if target is None else place[target] for target in view.targets),
        )
        for view in tables
    ]
    name = f"app-{number + 1}"
    return ApplicationView(
        application,
        name,
        tables,
        drawings(entities, f"diagram-{number + 1}"),
        tuple(strength for strength in report.strengths if strength.application == application.name),
    )


def _phases(report: Report, findings: Sequence[FindingView]) -> tuple[PhaseView, ...]:
    """The phases in order: those of the applications' plans, else the findings alone."""
    by_number = {(view.finding.application, view.finding.priority): view for view in findings}
    planned: dict[str, list[tuple[str, StepView]]] = defaultdict(list)
    scores: dict[str, list[tuple[str, float]]] = defaultdict(list)
    titles: dict[str, str] = {}
    for application in report.applications:
        for phase in application.plan:
            titles.setdefault(phase.phase, phase.title)
            planned[phase.phase] += [(application.name, _step(application, step, by_number)) for step in phase.steps]
            if phase.score_after is not None:
                scores[phase.phase].append((application.name, phase.score_after))
    order = [*PHASES, *(name for name in titles if name not in PHASES)]
    made = []
    for name in order:
        own = tuple(view for view in findings if view.finding.phase == name)
        if own or planned[name]:
            made.append(
                PhaseView(name, titles.get(name) or PHASES[name], tuple(planned[name]), tuple(scores[name]), own)
            )
    return tuple(made)


def _step(application: Application, step: PlanStep, by_number: dict[tuple[str, int], FindingView]) -> StepView:
    found = (by_number.get((application.name, number)) for number in step.findings)
    return StepView(step, tuple(view for view in found if view is not None))
