"""Exclusive locks that are waited for without an end."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.migrations import History, OperationKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.migrations._judging import (
    Standing,
    Step,
    Window,
    is_small,
    migration_ref,
    place_of,
    steps,
    steps_on_old_tables,
    written,
)

_TIMEOUT = "lock_timeout"
_EXCLUSIVE = "ACCESS EXCLUSIVE"
_HINTS = {
    "django": "Set it for the role that migrates (`ALTER ROLE … SET lock_timeout = '5s'`), or in the OPTIONS of the "
    "database that `migrate` is given.",
    "alembic": "Execute `SET lock_timeout = '5s'` in env.py before `context.run_migrations()`.",
    "prisma": "Set it for the role that migrates (`ALTER ROLE … SET lock_timeout = '5s'`), or begin the file with it.",
}


class MissingLockTimeout(Rule):
    """A migration waits for its lock without an end

    ## What it finds
    A migration that has not run yet, takes an ACCESS EXCLUSIVE lock on a table that may hold rows, and has no `SET
    lock_timeout` before it; neither does another migration, the role or the connection set one that is visible from
    here. Where nothing tells which migrations ran it is one finding for all. Migrations that set it are a strength.

    ## Why it matters
    The statement waits behind the longest running query, and every later query on the table waits behind the
    statement: a change of a millisecond becomes an outage as long as that query.

    ## When to leave it
    Where a deployment tool, or a setting of the role that is not visible from here, sets it.

    ## How the fix works
    By hand: `SET lock_timeout = '5s'` at the beginning of the migration, or once for the role that runs them (`ALTER
    ROLE … SET lock_timeout`), and run the migration again when it gives up.

    ## References
    - https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
    """

    code = "MIG011"
    level = Level.INFO
    category = Category.OPERATIONS
    precision = Precision.MEDIUM
    needs = frozenset({Need.MIGRATIONS})
    engines = ("postgresql",)
    Options = Window

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each pending migration, one for the newest whose fate nothing tells."""
        history = survey.history
        if history is None or _is_set_elsewhere(survey, history):
            return
        newest = self.options.newest if isinstance(self.options, Window) else Window().newest
        locking = {
            step.migration.name: step
            for step in reversed(list(steps_on_old_tables(survey, history, newest)))
            if step.standing is not Standing.PAST
            and step.operation.cost is not None
            and step.operation.cost.lock == _EXCLUSIVE
            and not is_small(survey, step.table)
        }
        first = list(reversed(locking.values()))
        for step in first:
            if step.standing is Standing.PENDING:
                yield self._finding(migration_ref(step.migration), step.migration.name, "takes", [step], history.tool)
        unknown = [step for step in first if step.standing is Standing.OPEN]
        if unknown:
            names = listed(step.migration.name for step in unknown)
            yield self._finding(Ref.database(), names, "take" if len(unknown) > 1 else "takes", unknown, history.tool)

    def _finding(self, ref: Ref, names: str, verb: str, found: list[Step], tool: str) -> Finding:
        table = found[0].table
        what = f"an ACCESS EXCLUSIVE lock on {table}" if len(found) == 1 else "ACCESS EXCLUSIVE locks"
        return Finding(
            self.name(),
            ref,
            f"{names} {verb} {what} without a lock_timeout that is visible from here: behind one long query, "
            "all queries on the table wait.",
            _HINTS.get(
                tool, "Write `SET lock_timeout = '5s';` at the beginning, or set it for the role that migrates."
            ),
            tuple(written(step) for step in found),
            place_of(found[0]),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The migrations that set one, and the connections."""
        if survey.history is None:
            return
        setting = _first_settings(survey.history)
        if setting:
            text = f"{count(len(setting), 'migration')} of {len(survey.history.migrations)} set lock_timeout."
            yield Strength(self.name(), Ref.database(), text, tuple(written(step) for step in setting[-5:]))


def _first_settings(history: History) -> list[Step]:
    """The first SET lock_timeout of each migration that has one."""
    found: dict[str, Step] = {}
    for step in steps(history):
        operation = step.operation
        is_it = operation.kind is OperationKind.SET and (operation.name or "").lower() == _TIMEOUT
        if is_it and operation.value not in {"0", "default", "DEFAULT"}:
            found.setdefault(step.migration.name, step)
    return list(found.values())


def _is_set_elsewhere(survey: Survey, history: History) -> bool:
    """True where somebody takes care of it: a migration that stays to run, a connection, a role, the server."""
    by_hand = any(step.migration.applied is not True for step in _first_settings(history))
    connections = survey.deployment.connections if survey.deployment is not None else ()
    by_connection = any(connection.lock_timeout for connection in connections)
    by_server = any(s.name == _TIMEOUT and s.value not in {"0", ""} for s in survey.catalog.settings)
    return by_hand or by_connection or by_server
