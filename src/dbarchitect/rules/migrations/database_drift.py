"""A live database that differs from what the repository says."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.drift import Difference, Side
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.migrations._drift import findings, pending, run, tool_of


class DatabaseDrift(Rule):
    """The database is not what the repository says

    ## What it finds
    Tables, columns, keys and indexes that the live database has and neither migrations nor models have, or the other
    way round, and those that both have in different form. Each finding says which side has what. Where migrations are
    known to be pending, what the database lacks is only a remark, and so is an index that it has in addition.

    ## Why it matters
    Somebody changed the database by hand, or a migration did not run: no test has seen this schema, a new database will
    not be like it, and the next migration may fail on it.

    ## When to leave it
    What operators add on purpose, as an index tried in production; it belongs into a migration when it stays.

    ## How the fix works
    By hand: run what is pending; write what was done by hand into a migration; drop what nobody wants.

    ## References
    - https://www.prisma.io/docs/orm/prisma-migrate/workflows/troubleshooting
    - https://alembic.sqlalchemy.org/en/latest/autogenerate.html
    """

    code = "MIG023"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION, Need.STATISTICS})  # a repository, and a live database

    def unanswered(self, survey: Survey) -> str | None:
        """A database that belongs to no repository here has nothing to differ from."""
        if survey.drift or any(Side.DATABASE in pair for pair in survey.compared):
            return None
        return "needs models or migrations that belong to this database"

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The database is what the repository says."""
        pairs = [pair for pair in survey.compared if Side.DATABASE in pair]
        if not pairs or any(Side.DATABASE in {d.present, d.absent} for d in survey.drift):
            return
        tables = sum(1 for _ in survey.tables)
        others = listed(sorted({side.value for pair in pairs for side in pair} - {Side.DATABASE.value}))
        text = f"The database holds the {count(tables, 'table')} that the {others} describe, and nothing else."
        evidence = Evidence(EvidenceKind.CATALOG, f"compared with the {others}: no difference")
        yield Strength(self.name(), Ref.database(), text, (evidence,))

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each difference."""
        tool, waiting = tool_of(survey), pending(survey.history)

        def hint(difference: Difference) -> str:
            if difference.absent is not Side.DATABASE:
                return f"Write {difference.object} into a migration if it is to stay, else drop it there."
            if waiting:
                return f"{run(tool)}: {count(waiting, 'migration is', 'migrations are')} pending."
            return f"{run(tool)}, and find out why the database lacks it if nothing is pending."

        def level(difference: Difference) -> Level | None:
            expected = waiting and difference.absent is Side.DATABASE
            added = difference.present is Side.DATABASE and difference.object.kind is Kind.INDEX
            return Level.INFO if expected or added else None

        own = (d for d in survey.drift if Side.DATABASE in {d.present, d.absent})
        yield from findings(self.name(), own, survey, hint, level)
