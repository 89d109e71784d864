"""What changed between two reports: findings that came, went or changed their level, scores, tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from dbarchitect.report.clean import one_line
from dbarchitect.report.document import Finding, Report

_LEVELS = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Change:
    """One finding in one of the two reports, or in both with another level (`before` is then the old one)."""

    application: str
    level: str
    code: str
    rule: str
    object: str
    message: str
    fingerprint: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A score before and after; None where it was not judged."""

    application: str
    category: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs. Findings are told apart by application and fingerprint, several equal ones counted."""

    new: tuple[Change, ...]
    gone: tuple[Change, ...]
    changed: tuple[Change, ...]
    unchanged: int
    scores: tuple[ScoreChange, ...]
    tables_added: tuple[str, ...]
    tables_removed: tuple[str, ...]


def difference(before: Report, after: Report) -> Difference:
    """What the later report says that the earlier one does not, and the other way round; suppressed ones aside."""
    old, new = _by_key(before.findings), _by_key(after.findings)
    came: list[Change] = []
    went: list[Change] = []
    changed: list[Change] = []
    same = 0
    for key in {**old, **new}:
        mine, theirs = old.get(key, []), new.get(key, [])
        for earlier, later in zip(mine, theirs, strict=False):
            if earlier.level == later.level:
                same += 1
            else:
                changed.append(_change(later, earlier.level))
        came += [_change(item) for item in theirs[len(mine) :]]
        went += [_change(item) for item in mine[len(theirs) :]]
    tables_before, tables_after = _tables(before), _tables(after)
    return Difference(
        tuple(sorted(came, key=_order)),
        tuple(sorted(went, key=_order)),
        tuple(sorted(changed, key=_order)),
        same,
        tuple(_scores(before, after)),
        tuple(sorted(tables_after - tables_before)),
        tuple(sorted(tables_before - tables_after)),
    )


def as_json(found: Difference) -> str:
    """The difference as one JSON object."""
    return json.dumps(asdict(found), indent=2, ensure_ascii=False) + "\n"


def as_text(found: Difference) -> str:
    """The difference for a person: what came, what went, what it does to the scores."""
    lines: list[str] = []
    for sign, title, items in (("+", "New", found.new), ("-", "Gone", found.gone), ("~", "Changed", found.changed)):
        if items:
            lines.append(f"{title} ({len(items)})")
            lines += [_line(sign, item) for item in items]
            lines.append("")
    for sign, title, names in (
        ("+", "Tables added", found.tables_added),
        ("-", "Tables removed", found.tables_removed),
    ):
        if names:
            lines += [title, *(f"  {sign} {one_line(name)}" for name in names), ""]
    if found.scores:
        lines.append("Scores")
        lines += [
            one_line(f"  {score.application}: {score.category} {_shown(score.before)} -> {_shown(score.after)}")
            for score in found.scores
        ]
        lines.append("")
    lines.append(
        f"{len(found.new)} new, {len(found.gone)} gone, {len(found.changed)} changed, {found.unchanged} as before"
    )
    return "\n".join(lines) + "\n"


def _line(sign: str, item: Change) -> str:
    was = f" (was {item.before})" if item.before else ""
    return one_line(
        f"  {sign} {item.level}{was} {item.code} {item.rule}  {item.application}: {item.object}: {item.message}"
    )


def _shown(value: float | None) -> str:
    return "not judged" if value is None else f"{value:g}"


def _by_key(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    grouped: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for item in findings:
        if item.suppressed is None:
            grouped[item.application, item.fingerprint].append(item)
    return dict(grouped)


def _change(item: Finding, before: str | None = None) -> Change:
    return Change(
        item.application, item.level, item.code, item.rule, str(item.object), item.message, item.fingerprint, before
    )


def _order(item: Change) -> tuple[object, ...]:
    return (_LEVELS.get(item.level, 9), item.code, item.application, item.object, item.fingerprint)


def _tables(report: Report) -> set[str]:
    several = len(report.applications) > 1
    return {f"{a.name}: {table}" if several else str(table) for a in report.applications for table in a.tables}


def _scores(before: Report, after: Report) -> Iterable[ScoreChange]:
    earlier = {application.name: application.score for application in before.applications}
    for application in after.applications:
        old = earlier.get(application.name)
        pairs = [("overall", old.overall if old else None, application.score.overall)]
        pairs += [(c, old.categories.get(c) if old else None, v) for c, v in application.score.categories.items()]
        for category, was, now in pairs:
            if was != now:
                yield ScoreChange(application.name, category, was, now)
