"""A migration that the database has run and the repository does not have."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count

_MANY = 3
_SHOWN = 10


class AppliedMigrationMissing(Rule):
    """The database ran a migration that is not here

    ## What it finds
    Migrations that the tool's own list in the live database names as applied, and that the repository has no file
    for. Where all are known, the list is praised, with how many are still to run.

    ## Why it matters
    Somebody deployed another branch, or a file was deleted or renamed after it ran: a new database will not get what
    it did, and the tool may refuse to go on or run a renamed one a second time.

    ## When to leave it
    A database of a preview or of a colleague that is a branch ahead; migrations that were squashed and whose files
    are gone on purpose.

    ## How the fix works
    By hand: bring the file back from the branch that has it, or take its name off the tool's list once what it did is
    undone or part of another migration.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/migrations/#squashing-migrations
    - https://alembic.sqlalchemy.org/en/latest/tutorial.html#viewing-history-ranges
    """

    code = "MIG026"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.MIGRATIONS, Need.STATISTICS})

    def unanswered(self, survey: Survey) -> str | None:
        """Without the tool's list nothing is known to have run."""
        history = survey.history
        if history is None or any(migration.applied is not None for migration in history.migrations):
            return None
        return "needs a list of applied migrations in the database that fits those of the repository"

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each; one for all where they are many."""
        history = survey.history
        unknown = history.unknown if history is not None else ()
        groups = [unknown] if len(unknown) > _MANY else [(name,) for name in unknown]
        for names in groups:
            own = len(names) == 1
            subject = f"Migration {names[0]} has" if own else f"{len(names)} migrations, {names[0]} among them, have"
            yield Finding(
                self.name(),
                Ref(Kind.MIGRATION, name=names[0]) if own else Ref.database(),
                f"{subject} run on the database and no file here: a new database will lack what was done.",
                "Bring the file back from the branch that has it, or undo what it did and take it off the list.",
                (Evidence(EvidenceKind.CATALOG, f"the tool's list: {', '.join(names[:_SHOWN])}"),),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Everything that ran is here."""
        history = survey.history
        if history is None or history.unknown or not history.migrations:
            return
        pending = [migration.name for migration in history.migrations if migration.applied is False]
        ran = len(history.migrations) - len(pending)
        rest = (
            f", {count(len(pending), 'migration is', 'migrations are')} still to run" if pending else ", none is left"
        )
        text = f"The {count(ran, 'migration')} that the database has run are all here{rest}."
        evidence = Evidence(EvidenceKind.CATALOG, f"still to run: {', '.join(pending[:_SHOWN]) or 'none'}")
        yield Strength(self.name(), Ref.database(), text, (evidence,))
