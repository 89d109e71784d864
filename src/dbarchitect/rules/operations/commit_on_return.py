"""A pool that commits what a handler left undone."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import NOT_PRODUCTION, SQLALCHEMY, settings


class CommitOnReturn(Rule):
    """The pool commits whatever was left open

    ## What it finds
    SQLAlchemy's `pool_reset_on_return="commit"`.

    ## Why it matters
    What comes back to the pool with an open transaction is then made permanent, where the default rolls it back: the
    work of a raw connection (`engine.raw_connection()`), or of a connection that was dropped without `close()`, however
    far it had come when its code failed. `Session` and `Connection` roll back by themselves when they are closed, since
    SQLAlchemy 1.4: for them the option only adds an empty COMMIT.

    ## When to leave it
    For engines where a rollback is dear and all code goes through `Session`; even there `None` says it better.

    ## How the fix works
    It is one of configuration: leave the option out (`rollback` is the default), and commit where the work is done.

    ## References
    - https://docs.sqlalchemy.org/en/20/core/pooling.html#reset-on-return
    """

    code = "OPS014"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        records = [
            r
            for r in (survey.deployment.connections if survey.deployment is not None else ())
            if r.client in SQLALCHEMY and r.reset_on_return == "commit" and r.environment not in NOT_PRODUCTION
        ]
        if records:
            yield Finding(
                self.name(),
                Ref.database(),
                "The pool commits what is open when a connection comes back (pool_reset_on_return='commit'): what a "
                "raw or dropped connection left half done becomes permanent.",
                "Leave the option out: the default rolls back.",
                settings(records),
                records[0].origin,
            )
