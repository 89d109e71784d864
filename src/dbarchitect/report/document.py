"""The report as plain data: the JSON report's schema, version 1, as types. Every format is made from this.

An audit becomes a `Report` in `report.build`; `report.json` writes and reads it. So a saved JSON report can be turned
into any other format, on a machine that has neither the repository nor the database. Fields are added, never changed
or removed; every field that came after the first release has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dbarchitect.often import made_often

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Tool:
    """What made the report."""

    name: str
    version: str


@made_often
@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; lines and columns count from one."""

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        """`path:line:column`."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


@made_often
@dataclass(frozen=True, slots=True)
class ObjectName:
    """The address of an object, as `catalog.refs.Ref` has it; columns of an index or key in its order."""

    kind: str
    schema: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    name: str | None = None

    def __str__(self) -> str:
        """`schema.table(column, …)` as a person writes it; the kind in front where there is no table."""
        if self.table is None:
            bare = ".".join(part for part in (self.schema, self.name) if part)
            return f"{self.kind} {bare}".strip()
        text = f"{self.schema}.{self.table}" if self.schema else self.table
        if self.columns:
            text += f".{self.columns[0]}" if len(self.columns) == 1 else f"({', '.join(self.columns)})"
        if self.name:
            text += f" {self.kind} {self.name}"
        return text


@made_often
@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence."""

    kind: str
    text: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend a finding, in the engine's SQL; `down` is None where there is no way back."""

    applicability: str
    changes: tuple[str, ...] = ()
    up: tuple[str, ...] = ()
    down: tuple[str, ...] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Why a finding is not counted, until when (an ISO date; None: for ever), and where that is written."""

    reason: str
    until: str | None = None
    location: Location | None = None


@made_often
@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `phase` is `now`, `two-weeks`, `month` or `later`; `baseline` is `new`, `known` or None."""

    rule: str
    code: str
    application: str
    level: str
    precision: str
    category: str
    priority: int
    phase: str
    effort: str
    risk: str
    gain: str
    object: ObjectName
    location: Location | None
    message: str
    hint: str
    evidence: tuple[Evidence, ...]
    fix: Fix | None
    proof: None
    suppressed: Suppressed | None
    baseline: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Strength:
    """Something that is right."""

    rule: str
    application: str
    object: ObjectName
    message: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """Zero to ten; None where no rule of the category was evaluated."""

    overall: float | None
    categories: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be judged, and why."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class SkippedPath:
    """A path that was left out, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Examined:
    """How much was read, and which rules could be judged."""

    tables: int
    columns: int
    queries: int
    files: int
    migrations: int
    rules_evaluated: int
    rules_not_evaluated: tuple[NotEvaluated, ...]
    skipped_paths: tuple[SkippedPath, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What an application was read from: a `directory`, a `file` or a `database`; passwords removed."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """What the role could not see, and the statement that would show it."""

    what: str
    grant: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its type as the engine calls it, and what hangs on it."""

    name: str
    type: str
    nullable: bool
    default: str | None = None
    generated: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key."""

    columns: tuple[str, ...]
    schema: str | None
    table: str
    referenced_columns: tuple[str, ...]
    on_delete: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index that no constraint owns; `columns` are names or expressions, in order."""

    columns: tuple[str, ...]
    name: str | None = None
    unique: bool = False
    method: str = "btree"
    predicate: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its structure, its score, its findings (by priority) and what is right about it.

    `rows` and `bytes` are the server's own estimates, None where no server was read. `domain` is the part of the
    business it belongs to, None where its name and columns do not tell.
    """

    name: str
    schema: str | None = None
    domain: str | None = None
    rows: int | None = None
    bytes: int | None = None
    location: Location | None = None
    columns: tuple[Column, ...] = ()
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[str, ...] = ()
    score: float | None = None
    findings: tuple[int, ...] = ()
    strengths: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the inventory: what, how it stands, and where that is said."""

    name: str
    value: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Domain:
    """A part of the business and its tables."""

    name: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What there is: the stack with its versions, counts of objects, tables by domain."""

    stack: tuple[Fact, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    domains: tuple[Domain, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanStep:
    """All findings of one rule in a phase (by priority): what they take, risk and bring, and how to tell it is done."""

    rule: str
    title: str
    findings: tuple[int, ...]
    effort: str
    risk: str
    gain: str
    metric: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of the plan: `now`, `two-weeks`, `month` or `later`, its title, its steps in order, and the overall score
    that the formula gives when they are done."""

    phase: str
    title: str
    steps: tuple[PlanStep, ...]
    score_after: float | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """One application or database. `engine` is the name of the server (`mariadb`), `readiness` its readiness for
    production, None where it could not be judged."""

    name: str
    path: str
    framework: str | None
    engine: str
    engine_version: str | None
    targets: tuple[Target, ...]
    score: Score
    examined: Examined
    unseen: tuple[Unseen, ...] = ()
    summary: str = ""
    readiness: float | None = None
    inventory: Inventory = field(default_factory=Inventory)
    tables: tuple[Table, ...] = ()
    plan: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was chosen; `manual` is its page in Markdown."""

    rule: str
    code: str
    title: str
    help: str
    category: str
    manual: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something that a reader could not understand."""

    application: str
    location: Location | None
    text: str


@dataclass(frozen=True, slots=True)
class UnusedSuppression:
    """A suppression that silenced nothing, or whose day has passed."""

    text: str
    location: Location | None
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the audit was compared with (a baseline file, a git revision), and how many findings of it are gone."""

    name: str
    gone: int


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report. Findings stand in the order of work; those that are suppressed come last."""

    schema_version: int
    tool: Tool
    generated_at: str
    options: Mapping[str, object]
    applications: tuple[Application, ...]
    score: Score
    examined: Examined
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    strengths: tuple[Strength, ...]
    diagnostics: tuple[Diagnostic, ...]
    score_formula: str = ""
    unused_suppressions: tuple[UnusedSuppression, ...] = ()
    compared_with: Comparison | None = None
