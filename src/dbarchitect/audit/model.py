"""An Audit: the findings of every application, ranked and scored, with their fixes spelled out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dbarchitect.catalog.suppression import Suppression
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Finding, Fix, Level, Precision, Strength
from dbarchitect.often import made_often
from dbarchitect.rules._base import Rule


class Phase(StrEnum):
    """When to do it."""

    NOW = "now"
    TWO_WEEKS = "two-weeks"
    MONTH = "month"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class SpelledFix:
    """A fix in the engine's SQL; `down` is None where there is no way back."""

    fix: Fix
    up: tuple[str, ...]
    down: tuple[str, ...] | None


@made_often
@dataclass(frozen=True, slots=True)
class RankedFinding:
    """A finding with its place in the order of work.

    `priority` counts from one over the whole audit; `weight` is the number that the order comes from (see
    `audit.rank`); `phase`, `effort`, `risk` and `gain` are derived from level, precision and the fix. `suppressed` is
    what silences it; `baseline` is `new` or `known` where there is a baseline to compare with.
    """

    finding: Finding
    rule: type[Rule]
    level: Level
    precision: Precision
    weight: float
    phase: Phase
    effort: str
    risk: str
    gain: str
    fix: SpelledFix | None
    priority: int = 0
    application: str = ""
    suppressed: Suppression | None = None
    baseline: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it is one to act on: neither suppressed nor known from before."""
        return self.suppressed is None and self.baseline != "known"


@dataclass(frozen=True, slots=True)
class Score:
    """Zero to ten; None where no rule of the category was evaluated. `overall` is the mean of the categories."""

    overall: float | None
    categories: Mapping[Category, float | None]


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be judged, and why."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class UnusedSuppression:
    """A suppression that silences nothing, and why."""

    suppression: Suppression
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the audit was compared with: a baseline file or a git revision, and how many findings of it are gone."""

    name: str
    gone: int


@dataclass(frozen=True, slots=True)
class ApplicationAudit:
    """The audit of one Survey; `findings` hold the suppressed ones too, last."""

    survey: Survey
    findings: tuple[RankedFinding, ...]
    strengths: tuple[Strength, ...]
    evaluated: tuple[type[Rule], ...]
    not_evaluated: tuple[NotEvaluated, ...]
    score: Score

    @property
    def examined(self) -> dict[str, int]:
        """How much was read: tables, columns, queries, files, migrations."""
        tables = tuple(self.survey.tables)
        return {
            "tables": len(tables),
            "columns": sum(len(table.columns) for table in tables),
            "queries": len(self.survey.code.queries) if self.survey.code else 0,
            "files": len(self.survey.files),
            "migrations": len(self.survey.migrations),
        }


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of all applications; `findings` of all of them in the order of work."""

    applications: tuple[ApplicationAudit, ...]
    score: Score
    rules: tuple[type[Rule], ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    unused_suppressions: tuple[UnusedSuppression, ...] = ()
    compared_with: Comparison | None = None

    @property
    def findings(self) -> tuple[RankedFinding, ...]:
        """All findings by priority."""
        found = (finding for application in self.applications for finding in application.findings)
        return tuple(sorted(found, key=lambda f: f.priority))

    @property
    def strengths(self) -> tuple[tuple[str, Strength], ...]:
        """All strengths, each with the name of its application."""
        return tuple((a.survey.application.name, s) for a in self.applications for s in a.strengths)
