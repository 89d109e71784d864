"""Migrations without a way back."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.migrations import Migration, OperationKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count
from dbarchitect.rules.migrations._judging import Window, by_age, migration_origin, migration_ref

_NO_CHANGE = frozenset({OperationKind.ADD_ENUM_VALUE, OperationKind.SET})
_ROWS = frozenset({OperationKind.INSERT, OperationKind.UPDATE, OperationKind.DELETE, OperationKind.RUN_CODE})
_ENOUGH = 5
_ENOUGH_TO_PRAISE = 2
_SHOWN = 10
_HINTS = {
    "django": "Give RunPython a `reverse_code` and RunSQL a `reverse_sql` (`RunPython.noop` where nothing is to undo).",
    "alembic": "Write the downgrade; where the data cannot come back, raise an error there that says so.",
}
_HINT = "Write the way back beside the way forward."


class IrreversibleMigration(Rule):
    """A migration has no way back

    ## What it finds
    Migrations that have not run yet, of tools that know a way back, without one: an empty `downgrade`, RunPython or
    RunSQL without its reverse, an empty down section. Old ones are one remark for all, where they show a habit. Tools
    without a way back (Prisma, Drizzle) are not judged. That every migration has one is a strength.

    ## Why it matters
    When a deployment goes wrong, the code of yesterday cannot run on the schema of today, and the schema can only be
    taken back by hand, in a hurry. An empty downgrade is worse than none: it reports success and leaves the schema.

    ## When to leave it
    Where the team goes forward only and says so, and backups are taken before each deployment.

    ## How the fix works
    By hand: write the reverse operations, and run them once against a copy.

    ## References
    - https://docs.djangoproject.com/en/stable/ref/migration-operations/#runpython
    - https://alembic.sqlalchemy.org/en/latest/tutorial.html#downgrading
    """

    code = "MIG019"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.MAINTAINABILITY
    needs = frozenset({Need.MIGRATIONS})
    Options = Window

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each pending migration, one for all others where they are many."""
        history = survey.history
        if history is None:
            return
        newest = self.options.newest if isinstance(self.options, Window) else Window().newest
        one_way = [m for m in by_age(history) if m.reversible is False and not _has_nothing_to_undo(m, history.tool)]
        for migration in one_way:
            if migration.applied is False:
                yield self._finding(
                    migration_ref(migration), f"{migration.name} has no way back", [migration], history.tool
                )
        rest = [m for m in one_way if m.applied is not False]
        total = len(history.migrations)
        recent = {m.name for m in by_age(history)[-max(newest, total // 5) :]}
        if len(rest) >= _ENOUGH and any(m.name in recent for m in rest):
            text = f"{len(rest)} of {count(total, 'migration')} have no way back, the last is {rest[-1].name}"
            yield self._finding(Ref.database(), text, rest[: -_SHOWN - 1 : -1], history.tool)

    def _finding(self, ref: Ref, text: str, migrations: list[Migration], tool: str) -> Finding:
        evidence = tuple(
            Evidence(EvidenceKind.MIGRATION, f"{m.name}: {_what(m)}", migration_origin(m)) for m in migrations
        )
        message = f"{text}: after a failed deployment the schema can only be taken back by hand."
        return Finding(self.name(), ref, message, _HINTS.get(tool, _HINT), evidence, evidence[0].origin)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Every migration has a way back."""
        migrations = survey.history.migrations if survey.history is not None else ()
        if len(migrations) >= _ENOUGH_TO_PRAISE and all(m.reversible or not m.operations for m in migrations):
            last = migrations[-1]
            evidence = Evidence(EvidenceKind.MIGRATION, f"{last.name}: has a way back", migration_origin(last))
            text = f"Each of {count(len(migrations), 'migration')} has a way back."
            yield Strength(self.name(), Ref.database(), text, (evidence,))


def _has_nothing_to_undo(migration: Migration, tool: str) -> bool:
    """True where the schema stays: no operation, a new value of an enum (PostgreSQL cannot drop one), or rows only.

    Django is the exception: it refuses to go back past code without its reverse.
    """
    kept = _NO_CHANGE if tool == "django" else _NO_CHANGE | _ROWS
    return all(operation.kind in kept for operation in migration.operations)


def _what(migration: Migration) -> str:
    one_way = [operation for operation in migration.operations if not operation.reversible]
    return (one_way[0].statement or one_way[0].kind.value) if one_way else "its way back does nothing"
