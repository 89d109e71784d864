"""The phased plan: what to do now, in two weeks, in a month and later, one step for each kind of fault.

What a phase brings is calculated, not promised: the score that the same formula gives when its findings are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dbarchitect.audit.model import Phase, RankedFinding, Score
from dbarchitect.audit.score import score
from dbarchitect.counted import count
from dbarchitect.finding import Applicability, Category
from dbarchitect.rules._base import Rule

TITLES = {
    Phase.NOW: "Now: what is broken or in danger",
    Phase.TWO_WEEKS: "Within two weeks: what will hurt",
    Phase.MONTH: "Within a month: what rests on judgement, and hygiene",
    Phase.LATER: "Later: worth a decision",
}


@dataclass(frozen=True, slots=True)
class Step:
    """All findings of one rule in one phase; `metric` tells when it is done."""

    rule: type[Rule]
    findings: tuple[RankedFinding, ...]
    effort: str
    risk: str
    gain: str
    metric: str


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """A phase, its steps in the order of work, and the overall score once they are done."""

    phase: Phase
    steps: tuple[Step, ...]
    score_after: float | None


def plan(findings: Sequence[RankedFinding], evaluated: Iterable[Category], tables: int) -> tuple[PlannedPhase, ...]:
    """The phases that have work in them."""
    judged = tuple(evaluated)
    remaining = list(findings)
    phases: list[PlannedPhase] = []
    for phase in Phase:
        mine = [item for item in findings if item.phase is phase]
        if not mine:
            continue
        remaining = [item for item in remaining if item.phase is not phase]
        phases.append(PlannedPhase(phase, _steps(mine), _after(remaining, judged, tables)))
    return tuple(phases)


def _after(remaining: Sequence[RankedFinding], judged: Sequence[Category], tables: int) -> float | None:
    result: Score = score(remaining, judged, tables)
    return result.overall


def _steps(findings: Sequence[RankedFinding]) -> tuple[Step, ...]:
    by_rule: dict[type[Rule], list[RankedFinding]] = {}
    for item in findings:
        by_rule.setdefault(item.rule, []).append(item)
    return tuple(
        Step(rule, tuple(items), _effort(items), _risk(items), items[0].gain, _metric(rule, items))
        for rule, items in by_rule.items()
    )


def _effort(items: Sequence[RankedFinding]) -> str:
    """What the work is, counted from the fixes."""
    fixes = [item.fix for item in items if item.fix is not None]
    ready = [fix for fix in fixes if fix.fix.applicability is Applicability.SAFE]
    looked_at = [fix for fix in fixes if fix.fix.applicability is Applicability.UNSAFE]
    decided = len(items) - len(ready) - len(looked_at)
    parts = []
    if ready:
        parts.append(f"{count(sum(len(fix.up) for fix in ready), 'statement')} ready to apply")
    if looked_at:
        parts.append(f"{count(len(looked_at), 'migration')} after a look at the rows there are")
    if decided:
        parts.append(f"{count(decided, 'decision')} outside the schema")
    return ", ".join(parts)


def _risk(items: Sequence[RankedFinding]) -> str:
    return "; ".join(dict.fromkeys(item.risk for item in items))


def _metric(rule: type[Rule], items: Sequence[RankedFinding]) -> str:
    them = "it" if len(items) == 1 else f"any of the {len(items)}"
    return f"`dba audit --select {rule.code}` no longer names {them}"
