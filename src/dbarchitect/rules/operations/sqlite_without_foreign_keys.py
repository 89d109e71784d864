"""SQLite with foreign keys that nobody has turned on."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import NOT_PRODUCTION, setting


class SqliteWithoutForeignKeys(Rule):
    """SQLite does not enforce the foreign keys

    ## What it finds
    Applications of SQLAlchemy whose database is SQLite, with foreign keys in the schema, where no code runs
    `PRAGMA foreign_keys = ON` for a new connection. Django does so by itself; Prisma's engine is built with it on.

    ## Why it matters
    SQLite ignores foreign keys unless each connection asks for them: rows may point at nothing, and ON DELETE CASCADE
    does nothing.

    ## When to leave it
    When another layer turns them on (a library compiled with SQLITE_DEFAULT_FOREIGN_KEYS=1).

    ## How the fix works
    It is one of code: a listener on the engine's `connect` event that runs the pragma. Look for orphans first
    (`PRAGMA foreign_key_check`): rows that point at nothing stay, and only a change of the
    reference itself is refused.

    ## References
    - https://www.sqlite.org/foreignkeys.html#fk_enable
    - https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#foreign-key-support
    """

    code = "OPS015"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.CONFIGURATION})
    engines = ("sqlite",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        if survey.deployment is None or survey.application.framework != "sqlalchemy" or _turned_on(survey):
            return
        keys = sum(len(table.foreign_keys) for table in survey.tables)
        configured = [
            c for c in survey.configured_engines if c.engine.name == "sqlite" and c.environment not in NOT_PRODUCTION
        ]
        if not keys or not configured:
            return
        place = configured[0].origin
        found = "its foreign key" if keys == 1 else f"any of its {keys:,} foreign keys"
        yield Finding(
            self.name(),
            Ref.database(),
            f"SQLite does not enforce {found}: no connection runs PRAGMA foreign_keys = ON.",
            "Run the pragma for each new connection, in a listener on the engine's connect event.",
            (Evidence(EvidenceKind.SETTING, f"SQLite is configured ({configured[0].target or 'a file'})", place),),
            Origin(place.path, place.line, place.column),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Keys that are enforced."""
        turned_on = _turned_on(survey)
        if turned_on and any(table.foreign_keys for table in survey.tables):
            words = "SQLite enforces the foreign keys (PRAGMA foreign_keys)."
            yield Strength(self.name(), Ref.database(), words, (setting(turned_on[0]),))


def _turned_on(survey: Survey) -> tuple[ConnectionSettings, ...]:
    found = survey.deployment.connections if survey.deployment is not None else ()
    return tuple(record for record in found if record.foreign_keys)
