"""Options of a pool that the database in memory of the tests refuses."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import settings


class OneOptionSetForAllEngines(Rule):
    """Pool options are given to an engine that refuses them

    ## What it finds
    Classes of Flask-SQLAlchemy settings whose database is SQLite in memory and whose engine options, their own or those
    of a base class, hold `pool_size`, `max_overflow` or `pool_timeout`.

    ## Why it matters
    SQLite in memory has a pool without these (`StaticPool`): `create_engine` raises TypeError, and with that
    configuration, mostly that of the tests, the application does not start.

    ## When to leave it
    Never, unless the class is not used.

    ## How the fix works
    It is one of configuration: give the class options of its own, an empty dictionary for SQLite in memory.

    ## References
    - https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#threading-pooling-behavior
    - https://flask-sqlalchemy.readthedocs.io/en/stable/config/
    """

    code = "OPS019"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each class of settings."""
        for record in survey.deployment.connections if survey.deployment is not None else ():
            if record.clashes:
                names = ", ".join(record.clashes)
                yield Finding(
                    self.name(),
                    Ref.database(),
                    f"{record.scope or 'The configuration'} gives {names} to SQLite in memory, whose pool takes none "
                    "of it: the engine cannot be made (TypeError).",
                    "Give that configuration engine options of its own: SQLALCHEMY_ENGINE_OPTIONS = {}.",
                    settings((record,)),
                    record.origin,
                    (record.scope or "",),
                )
