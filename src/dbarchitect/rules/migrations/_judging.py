"""Judging migrations: which of them still matter, which tables may hold rows, and how often a fault is repeated.

A repository holds years of migrations that ran long ago. A fault of a pending one is a finding at the rule's own
level; of the newest few whose fate nothing tells, one at level info; all others together are at most one finding for
the database, and only where they make a habit that is still alive.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from dbarchitect.catalog.migrations import History, Migration, Operation, OperationKind
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count

FEW_ROWS = 10_000
NEWEST = 5
_ONE_BY_ONE = 5
_HABIT = 5
_DURATION = re.compile(r"(\d{1,18})\s*(ms|s|min|h)?")
_MILLISECONDS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
_A_MINUTE = 60_000
_HABIT_MIGRATIONS = 3
_SHOWN = 10
_RECENT_SHARE = 5
_UNKNOWN = "nothing here tells whether it has run already"


@dataclass(frozen=True, slots=True)
class Window:
    """`newest`: so many migrations at the end of the history are judged where nothing tells whether they ran."""

    newest: int = NEWEST


class Standing(Enum):
    """What is known of a migration's fate."""

    PENDING = "pending"
    OPEN = "open"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation with its migration, that one's place in the history, its rank by age (see `by_age`) and what is
    known of its fate, and the operation's own place in the migration."""

    migration: Migration
    operation: Operation
    place: int
    rank: int
    standing: Standing
    index: int

    @property
    def earlier(self) -> tuple[Operation, ...]:
        """The operations before it in the same migration."""
        return self.migration.operations[: self.index]

    @property
    def following(self) -> tuple[Operation, ...]:
        """The operations after it in the same migration."""
        return self.migration.operations[self.index + 1 :]

    @property
    def table(self) -> Ref:
        """The table that it works on."""
        return self.operation.object.table_ref


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule says of a step: `words` go on from the migration's name and end without a full stop.

    `object` is the operation's unless given; `level` the rule's unless given. `sized` is False where the harm does
    not grow with the table: then a small table, or a statement_timeout of seconds, is no excuse.
    """

    step: Step
    words: str
    hint: str
    object: Ref | None = None
    level: Level | None = None
    sized: bool = True
    evidence: tuple[Evidence, ...] = ()

    @property
    def ref(self) -> Ref:
        """What the finding is about."""
        return self.object if self.object is not None else self.step.operation.object


class MigrationRule(Rule):
    """The base of the rules that judge operations of migrations one by one.

    `habit` goes on from "12 of 80 migrations" where many of them do it; empty where the past does no harm any more.
    """

    precision = Precision.MEDIUM
    needs = frozenset({Need.MIGRATIONS})
    engines = ("postgresql",)
    habit: ClassVar[str] = ""
    Options: ClassVar[type[object]] = Window

    @abstractmethod
    def faults(self, survey: Survey, history: History) -> Iterable[Fault]:
        """Every fault of this kind in the whole history, in its order."""

    def advice(self, tool: str) -> str:  # noqa: ARG002 - only rules that speak of habits need it
        """The hint for the habit, written for the tool that runs the migrations."""
        return ""

    @property
    def newest(self) -> int:
        """The option of this name."""
        return self.options.newest if isinstance(self.options, Window) else NEWEST

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """Pending and newest migrations one finding for each object, or one for each that has many; the others
        together at most one."""
        history = survey.history
        if history is None:
            return
        past: list[Fault] = []
        fresh: dict[str, list[Fault]] = {}
        latest = -1
        seen: set[object] = set()
        for fault in self.faults(survey, history):
            if fault.step.standing is not Standing.PENDING and fault.sized and is_small(survey, fault.ref):
                continue
            is_past = fault.step.standing is Standing.PAST
            if is_past and fault.level is Level.INFO:
                continue
            latest = max(latest, fault.step.rank)
            if is_past:
                past.append(fault)
                continue
            identity = (fault.step.migration.name, _identity(fault.ref))
            if identity not in seen:
                seen.add(identity)
                fresh.setdefault(fault.step.migration.name, []).append(fault)
        for faults in fresh.values():
            found = [self._finding(fault, survey) for fault in faults]
            yield from found if len(found) <= _ONE_BY_ONE else [self._of_migration(faults[0].step, found)]
        if self.habit and _is_habit(past, latest, len(history.migrations), self.newest):
            yield self._habitual(past, history)

    def _finding(self, fault: Fault, survey: Survey) -> Finding:
        step = fault.step
        rows = rows_of(survey, fault.ref) if fault.ref.table is not None else None
        level = fault.level
        if step.standing is Standing.OPEN or (fault.sized and (is_small(survey, fault.ref) or _ends_soon(step))):
            level = Level.INFO
        known = f" ({_UNKNOWN})" if step.standing is Standing.OPEN else ""
        evidence = [written(step), *fault.evidence]
        if rows is not None and fault.ref.table is not None:
            text = f"{fault.ref.table_ref}: {count(rows, 'row')} by the planner's estimate"
            evidence.append(Evidence(EvidenceKind.STATISTIC, text))
        return Finding(
            self.name(),
            fault.ref,
            f"{step.migration.name} {fault.words}{known}.",
            fault.hint,
            tuple(evidence),
            place_of(step),
            (step.migration.name, step.operation.kind.value),
            level,
            Precision.HIGH if fault.sized and rows is not None else None,
        )

    def _of_migration(self, step: Step, found: list[Finding]) -> Finding:
        """One finding for a migration that does the same again and again: the worst, with the places of all."""
        levels = list(Level)
        worst = min(found, key=lambda each: levels.index(each.level or self.level))
        return replace(
            worst,
            object=migration_ref(step.migration),
            message=f"{worst.message.removesuffix('.')}; it does the like {len(found) - 1} more times.",
            evidence=tuple(dict.fromkeys(evidence for each in found for evidence in each.evidence)),
            salient=(step.migration.name, "many"),
        )

    def _habitual(self, past: list[Fault], history: History) -> Finding:
        past = sorted(past, key=lambda fault: fault.step.rank)
        names = dict.fromkeys(fault.step.migration.name for fault in past)
        last = past[-1]
        times = f" ({count(len(past), 'operation')})" if len(past) > len(names) else ""
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(names)} of {count(len(history.migrations), 'migration')} {self.habit}{times}, "
            f"the last in {last.step.migration.name}.",
            self.advice(history.tool),
            tuple(dict.fromkeys(written(fault.step) for fault in reversed(past)))[:_SHOWN],
            place_of(last.step),
            ("habit",),
            Level.INFO,
        )


def steps(history: History, newest: int = NEWEST) -> Iterator[Step]:
    """Every operation of the history, in order."""
    ranks = {migration.name: rank for rank, migration in enumerate(by_age(history))}
    first = len(history.migrations) - newest
    for place, migration in enumerate(history.migrations):
        rank = ranks[migration.name]
        standing = _standing(migration, rank >= first)
        for index, operation in enumerate(migration.operations):
            yield Step(migration, operation, place, rank, standing, index)


def by_age(history: History) -> tuple[Migration, ...]:
    """The migrations, those last that have the longest chain of others behind them.

    Where one follows the other that is the order in which they run. Where several applications have chains of their
    own (Django) the order in which they run says nothing of their age.
    """
    behind: dict[str, int] = {}
    for migration in history.migrations:
        behind[migration.name] = 1 + max((behind.get(parent, 0) for parent in migration.parents), default=0)
    return tuple(sorted(history.migrations, key=lambda migration: behind[migration.name]))


def steps_on_old_tables(survey: Survey, history: History, newest: int = NEWEST) -> Iterator[Step]:
    """The operations on tables that may hold rows, in order.

    Left out: tables made in the same migration, in the same pending batch, or fewer than `newest` migrations of the
    same application before; tables that the same migration has emptied, or that must be empty for it to get so far (a
    required column without a default was added); what frameworks and extensions own; views.
    """
    empty: set[tuple[int, tuple[str, ...]]] = set()
    born: dict[tuple[str, ...], Step] = {}
    places = _places(history)
    foreign = {table.ref.key for table in survey.catalog.tables if table.owned_by is not None}
    foreign.update(Ref.of_table(view.name, view.schema).key for view in survey.catalog.views)
    for step in steps(history, newest):
        operation, key = step.operation, step.table.key
        birth = born.get(key)
        match operation.kind:
            case OperationKind.CREATE_TABLE:
                born[key] = step
                continue
            case OperationKind.RENAME_TABLE if birth is not None and (new := operation.value or operation.name):
                space, _, name = new.rpartition(".")
                born[Ref.of_table(name, space or step.table.schema).key] = birth
            case OperationKind.DROP_TABLE:
                born.pop(key, None)
        if operation.object.table is None or operation.on_new_table or key in foreign:
            continue
        if (step.place, key) in empty or (birth is not None and _is_young(step, birth, places, newest)):
            continue
        yield step
        if _leaves_no_row(operation):
            empty.add((step.place, key))


def _places(history: History) -> list[int]:
    """Each migration's place among those of its own application (`shop` of `shop.0002_total`)."""
    counted: dict[str, int] = {}
    places: list[int] = []
    for migration in history.migrations:
        part = migration.name.rpartition(".")[0]
        counted[part] = counted.get(part, -1) + 1
        places.append(counted[part])
    return places


def _leaves_no_row(operation: Operation) -> bool:
    """True where no row is left when it has run: they are gone, or one row would have made it fail."""
    match operation.kind:
        case OperationKind.TRUNCATE:
            return True
        case OperationKind.DELETE:
            return not operation.filtered
        case OperationKind.ADD_COLUMN:
            return operation.required and operation.cost is not None and operation.cost.scans
        case _:
            return False


def _is_young(step: Step, birth: Step, places: list[int], newest: int) -> bool:
    if step.standing is Standing.PENDING or birth.standing is Standing.PENDING:
        return birth.standing is step.standing
    return places[step.place] - places[birth.place] < newest


def _ends_soon(step: Step) -> bool:
    """True where a statement_timeout set before in the same migration ends it within a minute."""
    limits = [o.value for o in step.earlier if o.kind is OperationKind.SET and o.name == "statement_timeout"]
    match = _DURATION.fullmatch((limits[-1] or "").strip()) if limits else None
    return match is not None and 0 < int(match[1]) * _MILLISECONDS[match[2] or "ms"] <= _A_MINUTE


def rows_of(survey: Survey, ref: Ref) -> int | None:
    """The planner's estimate of a table's rows, None where there is none."""
    return survey.facts.table(ref).rows if survey.facts is not None else None


def is_small(survey: Survey, ref: Ref) -> bool:
    """True for a table that is known to be small."""
    rows = rows_of(survey, ref) if ref.table is not None else None
    return rows is not None and rows < FEW_ROWS


def with_rows(survey: Survey, ref: Ref) -> str:
    """A table as messages name it: `orders`, or `orders (2.1 M rows)` where its size is known."""
    rows = rows_of(survey, ref)
    return str(ref.table_ref) if rows is None else f"{ref.table_ref} ({count(rows, 'row')})"


def is_partitioned(survey: Survey, ref: Ref) -> bool:
    """True for a partitioned table, on which neither CONCURRENTLY nor (before 18) NOT VALID foreign keys work."""
    table = survey.catalog.table(ref)
    return table is not None and table.partitioning is not None


def adds_column(step: Step) -> bool:
    """True where the operation is about a column that the same migration added just before, under whichever name."""
    return any(_is_added(step, name) for name in step.operation.object.columns)


def _is_added(step: Step, name: str) -> bool:
    for operation in reversed(step.earlier):
        if operation.object.table is None or operation.object.table_ref.key != step.table.key:
            continue
        if operation.kind is OperationKind.RENAME_COLUMN and (operation.value or operation.name) == name:
            name = operation.object.columns[0]
        elif operation.kind is OperationKind.ADD_COLUMN and operation.object.key == step.table.column(name).key:
            return True
    return False


def is_replaced(step: Step) -> bool:
    """True where a dropped column's name goes to another column of the table later in the same migration."""
    return any(
        operation.kind is OperationKind.RENAME_COLUMN
        and operation.object.table is not None
        and operation.object.table_ref.key == step.table.key
        and (operation.value or operation.name) in step.operation.object.columns
        for operation in step.following
    )


def is_filled(step: Step) -> bool:
    """True where the same migration writes to the table before the operation."""
    return any(
        operation.kind in {OperationKind.INSERT, OperationKind.UPDATE, OperationKind.RUN_CODE}
        and (operation.object.table is None or operation.object.table_ref.key == step.table.key)
        for operation in step.earlier
    )


def is_dropped_after(step: Step) -> bool:
    """True where the same migration drops the whole table afterwards."""
    return any(o.kind is OperationKind.DROP_TABLE and o.object.key == step.table.key for o in step.following)


def migration_ref(migration: Migration) -> Ref:
    """The address of a migration as a whole."""
    return Ref(Kind.MIGRATION, name=migration.name)


def _standing(migration: Migration, among_the_newest: bool) -> Standing:
    if migration.applied is None:
        return Standing.OPEN if among_the_newest else Standing.PAST
    return Standing.PAST if migration.applied else Standing.PENDING


def _identity(ref: Ref) -> object:
    return (ref.table_ref.key, tuple(sorted(ref.columns)) or (ref.kind, ref.name))


def _is_habit(past: list[Fault], latest: int, total: int, newest: int) -> bool:
    migrations = {fault.step.place for fault in past}
    recent = max(2 * newest, total // _RECENT_SHARE)
    return len(past) >= _HABIT and len(migrations) >= _HABIT_MIGRATIONS and latest >= total - recent


def written(step: Step) -> Evidence:
    """The step as a piece of evidence."""
    text = step.operation.statement or f"{step.operation.kind} {step.operation.object}"
    return Evidence(EvidenceKind.MIGRATION, f"{step.migration.name}: {text}", place_of(step))


def place_of(step: Step) -> Origin:
    """Where the operation stands, else its migration."""
    own = step.operation.origin
    return own if own.path is not None else migration_origin(step.migration)


def migration_origin(migration: Migration) -> Origin:
    """Where the migration stands."""
    return migration.origin if migration.origin.path is not None else Origin(migration.path or None)
