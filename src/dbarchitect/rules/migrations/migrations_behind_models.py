"""Models and migrations that say different things."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.drift import Difference, Side
from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count
from dbarchitect.rules.migrations._drift import findings, generate, is_whole, tool_of
from dbarchitect.rules.migrations._judging import migration_origin

_PAIR = frozenset({Side.MODELS, Side.MIGRATIONS})
_TOLD = frozenset({Kind.TABLE, Kind.COLUMN})
"""What differs of a table itself: columns and the primary key."""


class MigrationsBehindModels(Rule):
    """Models and migrations do not make the same schema

    ## What it finds
    Tables, columns, keys and indexes that the models have and no migration makes, or that migrations make and no model
    has, and those that both have in different form. Each finding says which side has what. A table or column that the
    models have alone is a warning, the rest a remark; where a large part of the tables differs it is one finding.

    ## Why it matters
    A database made by the migrations is not the one the code expects: it fails at the first query that uses the
    difference. What only migrations have, the next generated migration will drop.

    ## When to leave it
    What is made by hand in a migration on purpose, because the models cannot say it: say so to the generator too
    (Alembic's `include_object`, Django's `managed = False`).

    ## How the fix works
    By hand: let the tool write the missing migration, and read it before it runs; or add what only the migrations have
    to the models.

    ## References
    - https://docs.djangoproject.com/en/stable/ref/django-admin/#makemigrations
    - https://alembic.sqlalchemy.org/en/latest/autogenerate.html
    """

    code = "MIG022"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.MAINTAINABILITY
    needs = frozenset({Need.MODELS, Need.MIGRATIONS})

    def unanswered(self, survey: Survey) -> str | None:
        """Where the migrations could not be replayed to a schema there is nothing to compare."""
        if _PAIR in survey.compared or any({d.present, d.absent} == _PAIR for d in survey.drift):
            return None
        return "needs migrations that can be replayed to a schema, to compare the models with"

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each difference."""
        tool = tool_of(survey)

        def hint(difference: Difference) -> str:
            if difference.present is Side.MODELS:
                return f"{generate(tool)}, and read the migration before it runs."
            return f"Add {difference.object} to the models, or drop it by a migration if nothing uses it."

        unread = _changed_by_code(survey)
        own = (
            d
            for d in survey.drift
            if {d.present, d.absent} == _PAIR and not (d.object.kind in _TOLD and _table_key(d.object) in unread)
        )
        yield from findings(self.name(), own, survey, hint, _level)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Both make the same schema."""
        history = survey.history
        if history is None or not history.migrations or any({d.present, d.absent} == _PAIR for d in survey.drift):
            return
        tables = sum(1 for _ in survey.tables)
        if not tables or _PAIR not in survey.compared:
            return
        last = history.migrations[-1]
        text = f"Models and migrations make the same {count(tables, 'table')}."
        evidence = Evidence(EvidenceKind.MIGRATION, f"the last migration is {last.name}", migration_origin(last))
        yield Strength(self.name(), Ref.database(), text, (evidence,))


def _changed_by_code(survey: Survey) -> frozenset[tuple[str, ...]]:
    """The tables that some migration changes by a statement of which not all is known: which columns they have then,
    the migrations do not tell."""
    steps = (step for one in survey.history.migrations for step in one.operations) if survey.history is not None else ()
    unread = (step for step in steps if step.kind is OperationKind.RUN_CODE and step.object.kind is Kind.TABLE)
    return frozenset(_table_key(step.object) for step in unread)


def _table_key(ref: Ref) -> tuple[str, ...]:
    return ref.table_ref.key


def _level(difference: Difference) -> Level | None:
    """A warning for what the code uses and no migration makes; what only migrations have waits for its removal."""
    return None if is_whole(difference) and difference.present is Side.MODELS else Level.INFO
