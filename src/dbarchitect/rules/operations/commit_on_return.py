"""A pool that commits what a handler left undone."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._operations import NOT_PRODUCTION, SQLALCHEMY, settings


class CommitOnReturn(Rule):
    """The pool commits whatever was left open

    ## What it finds
    SQLAlchemy's `pool_reset_on_return="commit"`.

    ## Why it matters
    A connection that comes back to the pool with an open transaction is one whose handler failed or forgot: the default
    rolls back. With `commit` the half of the work that was done becomes permanent, with no error anywhere.

    ## When to leave it
    For read-only work on engines where a rollback is dear; even there `None` says it better.

    ## How the fix works
    It is one of configuration: leave the option out (`rollback` is the default), and commit where the work is done.

    ## References
    https://docs.sqlalchemy.org/en/20/core/pooling.html#reset-on-return
    """

    code = "OPS014"
    level = Level.WARNING
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
                "The pool commits what is open when a connection comes back (pool_reset_on_return='commit'): "
                "half of the "
                "work of a handler that failed becomes permanent.",
                "Leave the option out: the default rolls back.",
                settings(records),
                records[0].origin,
            )
