"""Migrations whose order is not told, or told twice."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.migrations import ChainFault, ChainProblem
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count
from dbarchitect.rules.migrations._judging import migration_origin

_LEVELS = {ChainFault.SEVERAL_HEADS: Level.WARNING, ChainFault.GAP: Level.WARNING}
_NAMES_SUFFICE = frozenset({"sql", "dbmate", "sqitch"})  # files are told apart by their whole name
_HARM = {
    ChainFault.MISSING_PARENT: "the tool stops before the first migration runs",
    ChainFault.CYCLE: "no order satisfies them, and the tool stops",
    ChainFault.DUPLICATE: "which of them runs is chance, or the tool stops",
    ChainFault.SEVERAL_HEADS: "the tool refuses to run until they are merged, or each database gets another order",
    ChainFault.GAP: "a migration may be missing, and databases that have it differ from new ones",
}
_HINTS = {
    ChainFault.MISSING_PARENT: "Bring the missing migration back, or point its child at the one before it.",
    ChainFault.CYCLE: "Break the circle: split one of the migrations so that each depends on earlier ones only.",
    ChainFault.DUPLICATE: "Give one of them another number, before it runs anywhere.",
    ChainFault.SEVERAL_HEADS: "Merge the heads",
    ChainFault.GAP: "Look for the missing one in other branches and in the history; write down why where it is gone.",
}
_MERGES = {"django": " (`python manage.py makemigrations --merge`)", "alembic": " (`alembic merge heads`)"}
_ENOUGH = 2
_MANY = 3
_SHOWN = 10


class BrokenMigrationChain(Rule):
    """The order of migrations is broken

    ## What it finds
    Migrations whose parent is missing, that depend on each other in a circle, or that have the same name or number
    (errors); several heads, and gaps in the numbers (warnings). One head and no gap is a strength.

    ## Why it matters
    The tool stops, or runs the migrations in another order on each database: what was tested is not what is deployed.

    ## When to leave it
    Several heads that are meant (Alembic's branches with labels), and gaps that a squash left.

    ## How the fix works
    By hand, with the tool: merge heads, renumber what has run nowhere yet, bring back what is missing.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/migrations/#version-control
    - https://alembic.sqlalchemy.org/en/latest/branches.html
    """

    code = "MIG020"
    level = Level.ERROR
    precision = Precision.HIGH
    category = Category.MAINTAINABILITY
    needs = frozenset({Need.MIGRATIONS})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each fault of the order; one for all of a kind where they are many."""
        history = survey.history
        if history is None:
            return
        for fault in ChainFault:
            alike = [problem for problem in history.problems if problem.fault is fault]
            groups = [alike] if len(alike) > _MANY else [[problem] for problem in alike]
            for group in groups:
                yield self._finding(group, history.tool)

    def _finding(self, problems: list[ChainProblem], tool: str) -> Finding:
        """One finding for one problem, or for many of a kind."""
        first = problems[0]
        hint = _HINTS[first.fault]
        if first.fault is ChainFault.SEVERAL_HEADS:
            hint += f"{_MERGES.get(tool, '')}."
        own = len(problems) == 1
        return Finding(
            self.name(),
            Ref(Kind.MIGRATION, name=first.migrations[0]) if own and first.migrations else Ref.database(),
            _message(first) if own else f"{_message(first)[:-1]} (and {len(problems) - 1} more of this kind).",
            hint,
            tuple(Evidence(EvidenceKind.MIGRATION, _places(problem), problem.origin) for problem in problems[:_SHOWN]),
            first.origin,
            (first.fault.value, *(sorted(first.migrations) if own else ())),
            _level(first, tool),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One head, no gap."""
        history = survey.history
        if history is None or history.problems or len(history.migrations) < _ENOUGH:
            return
        last = history.migrations[-1]
        heads = "one head" if len(history.heads) == 1 else "one head for each application"
        text = f"The {count(len(history.migrations), 'migration')} form one order: {heads}, no gap, nothing missing."
        evidence = Evidence(EvidenceKind.MIGRATION, f"the last is {last.name}", migration_origin(last))
        yield Strength(self.name(), Ref.database(), text, (evidence,))


def _message(problem: ChainProblem) -> str:
    text = problem.text.rstrip(".")
    text = text[:1].upper() + text[1:]
    return f"{text}." if ": " in text and problem.fault is ChainFault.GAP else f"{text}: {_HARM[problem.fault]}."


def _level(problem: ChainProblem, tool: str) -> Level | None:
    if problem.fault is ChainFault.DUPLICATE and tool in _NAMES_SUFFICE:
        return Level.WARNING
    return _LEVELS.get(problem.fault)


def _places(problem: ChainProblem) -> str:
    return f"{problem.fault}: {', '.join(problem.migrations) or problem.text}"
