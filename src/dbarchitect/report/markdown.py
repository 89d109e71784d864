"""The report as a document: what a consultant hands to a client, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Application, Finding, Location, Phase, Report, Table
from dbarchitect.report.markdown_text import code, fenced, plain, table
from dbarchitect.report.shown import aside, to_act_on

_PHASES = {"now": "now", "two-weeks": "within two weeks", "month": "within a month", "later": "later"}
_LEVELS = ("error", "warning", "info")
_SHOWN_EVIDENCE = 6
_SHOWN_DIAGNOSTICS = 50


def render(report: Report, rendering: Rendering) -> str:  # noqa: ARG001 - the same arguments as every format
    """Summary, scores, inventory, findings, plan, tables one by one, strengths, and what was not seen."""
    names = [application.name for application in report.applications]
    lines = [f"# Database audit: {', '.join(map(plain, names))}", ""]
    made_by = plain(f"{report.tool.name} {report.tool.version}")
    lines += [f"Made by {made_by} on {plain(report.generated_at[:10])}.", ""]
    several = len(report.applications) > 1
    if several:
        lines += [*_overview(report), ""]
    for application in report.applications:
        lines += _application(application, report, level=2 if several else 1)
    lines += _gaps(report)
    return "\n".join(_without_double_blanks(lines)).strip("\n") + "\n"


def _overview(report: Report) -> Iterator[str]:
    yield "## Overview"
    yield ""
    counts = Counter((item.application, item.level) for item in to_act_on(report))
    yield from table(
        ("application", "health", "errors", "warnings", "remarks"),
        (
            (
                plain(a.name),
                _score(a.score.overall),
                *(str(counts[a.name, level]) for level in ("error", "warning", "info")),
            )
            for a in report.applications
        ),
    )


def _application(application: Application, report: Report, level: int) -> Iterator[str]:
    mark = "#" * (level + 1)
    mine = [item for item in to_act_on(report) if item.application == application.name]
    if level > 1:
        yield f"## {plain(application.name)}"
        yield ""
    for title, part in (
        ("Executive summary", _summary(application, mine, report)),
        ("Inventory", _inventory(application)),
        ("What to do, in this order", _findings(mine, level)),
        ("Plan", _plan(application, mine, level)),
        ("What is right", _strengths(application, report)),
        ("Table by table", _tables(application, mine, level)),
    ):
        lines = list(part)
        if lines:
            yield from (f"{mark} {title}", "", *lines, "")


def _summary(application: Application, mine: list[Finding], report: Report) -> Iterator[str]:
    yield plain(application.summary)
    yield ""
    counts = Counter(item.level for item in mine)
    yield from table(
        ("health", "production readiness", "errors", "warnings", "remarks"),
        [
            (
                f"**{_score(application.score.overall)}**",
                _score(application.readiness),
                *(str(counts[level]) for level in _LEVELS),
            )
        ],
    )
    yield ""
    judged = [(name, value) for name, value in application.score.categories.items() if value is not None]
    yield from table(("category", "score"), ((plain(name), f"{value:g}/10") for name, value in judged))
    yield ""
    yield f"Score = {code(report.score_formula)}"
    unknown = [name for name, value in application.score.categories.items() if value is None]
    if unknown:
        yield ""
        yield f"Not judged: {plain(', '.join(unknown))}."
    if words := list(aside(report)):
        yield ""
        yield f"Not counted here: {plain(', '.join(words))}."


def _inventory(application: Application) -> Iterator[str]:
    inventory = application.inventory
    yield from table(
        ("part", "what", "said in"),
        ((plain(fact.name), code(fact.value), _place(fact.location)) for fact in inventory.stack),
    )
    yield ""
    yield from table(("objects", "number"), ((plain(name), str(count)) for name, count in inventory.counts.items()))
    yield ""
    yield from table(
        ("domain", "tables"),
        ((plain(domain.name), ", ".join(map(code, domain.tables))) for domain in inventory.domains),
    )


def _findings(mine: list[Finding], level: int) -> Iterator[str]:
    for item in mine:
        yield f"{'#' * (level + 2)} {item.priority}. {plain(str(item.object))}: {plain(item.rule)} ({item.level})"
        yield ""
        yield plain(item.message)
        yield ""
        for evidence in item.evidence[:_SHOWN_EVIDENCE]:
            yield f"- {plain(evidence.kind)}: {plain(evidence.text)}{_in(evidence.location)}"
        if len(item.evidence) > _SHOWN_EVIDENCE:
            yield f"- and {len(item.evidence) - _SHOWN_EVIDENCE} more places"
        if item.hint:
            yield f"- **what to do**: {plain(item.hint)}"
        about = plain(f"{item.code}, {item.category}, precision {item.precision}, to do {_PHASES[item.phase]}")
        yield f"- {about}{_in(item.location)}"
        yield ""
        yield from _fix(item)


def _fix(item: Finding) -> Iterator[str]:
    fix = item.fix
    if fix is None or not fix.up:
        return
    yield from fenced([f"{statement};" for statement in fix.up], "sql")
    yield ""
    said = fix.note or f"While it runs: {item.risk}."
    back = " There is no way back." if fix.down is None else ""
    yield f"{plain(fix.applicability.capitalize())}. {plain(said)}{back}"
    yield ""


def _plan(application: Application, mine: list[Finding], level: int) -> Iterator[str]:
    known = {item.priority for item in mine}
    for phase in application.plan:
        steps = [step for step in phase.steps if not known.isdisjoint(step.findings)]
        if not steps:
            continue
        yield f"{'#' * (level + 2)} {plain(phase.title)}"
        yield ""
        yield from table(
            ("step", "findings", "effort", "risk while it runs", "what it brings", "done when"),
            (
                (
                    plain(step.title),
                    ", ".join(str(number) for number in step.findings if number in known),
                    plain(step.effort),
                    plain(step.risk),
                    plain(step.gain),
                    plain(step.metric),
                )
                for step in steps
            ),
        )
        yield ""
        yield from _after(phase)
        yield ""


def _after(phase: Phase) -> Iterator[str]:
    if phase.score_after is not None:
        yield f"Health after this phase, by the same formula: {phase.score_after:g}/10."


def _strengths(application: Application, report: Report) -> Iterator[str]:
    for strength in report.strengths:
        if strength.application == application.name:
            yield f"- {code(str(strength.object))}: {plain(strength.message)}"


def _tables(application: Application, mine: list[Finding], level: int) -> Iterator[str]:
    by_priority = {item.priority: item for item in mine}
    for one in application.tables:
        score = f" - {one.score:g}/10" if one.score is not None else ""
        yield f"{'#' * (level + 2)} {plain(str(one))}{score}"
        yield ""
        size = f"about {one.rows:,} rows" if one.rows is not None else ""
        about = [part for part in (plain(one.domain or ""), size, _place(one.location)) if part]
        if about:
            yield ", ".join(about)
            yield ""
        yield from _structure(one)
        for message in one.strengths:
            yield f"- right: {plain(message)}"
        for priority in one.findings:
            if (item := by_priority.get(priority)) is not None:
                yield f"- {item.level}: {plain(item.message)} ({priority})"
        yield ""


def _structure(one: Table) -> Iterator[str]:
    references = {
        column: f"{key.table}({', '.join(key.referenced_columns)})" for key in one.references for column in key.columns
    }
    unique = {column for key in one.unique_keys if len(key) == 1 for column in key}
    yield from table(
        ("column", "type", "", "references"),
        (
            (
                code(column.name),
                code(column.type),
                ", ".join(
                    word
                    for word, holds in (
                        ("primary key", column.name in one.primary_key),
                        ("unique", column.name in unique),
                        ("not null", not column.nullable and column.name not in one.primary_key),
                    )
                    if holds
                ),
                code(references[column.name]) if column.name in references else "",
            )
            for column in one.columns
        ),
    )
    yield ""
    for index in one.indexes:
        kind = "unique index" if index.unique else "index"
        where = f" where {code(index.predicate)}" if index.predicate else ""
        yield f"- {kind} on {code(', '.join(index.columns))}{where}"
    for check in one.checks:
        yield f"- check {code(check)}"


def _gaps(report: Report) -> Iterator[str]:
    lines: list[str] = []
    lines += _by_reason("not evaluated, ", ((rule.why, rule.rule) for rule in report.examined.rules_not_evaluated))
    for application in report.applications:
        lines += [f"- not visible to this role: {plain(u.what)} ({code(u.grant)})" for u in application.unseen]
    lines += [f"- not understood: {plain(d.text)}{_in(d.location)}" for d in report.diagnostics[:_SHOWN_DIAGNOSTICS]]
    lines += _by_reason("left out, ", ((skipped.why, skipped.path) for skipped in report.examined.skipped_paths))
    lines += [
        f"- unused suppression: {code(u.text)}{_in(u.location)}: {plain(u.why)}" for u in report.unused_suppressions
    ]
    if lines:
        yield from ("", "## What was not seen", "", *lines)


def _by_reason(lead: str, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """One line for each reason, with all that it holds for."""
    together: dict[str, list[str]] = {}
    for why, name in pairs:
        together.setdefault(why, []).append(code(name))
    for why, names in together.items():
        yield f"- {plain(lead + why)}: {', '.join(names)}"


def _score(value: float | None) -> str:
    return "not judged" if value is None else f"{value:g}/10"


def _place(location: Location | None) -> str:
    return "" if location is None else code(str(location))


def _in(location: Location | None) -> str:
    return "" if location is None else f" ({code(str(location))})"


def _without_double_blanks(lines: list[str]) -> Iterator[str]:
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line
