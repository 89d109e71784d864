"""Queries that may run, and connections that may be waited for, without an end."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import (
    NOT_PRODUCTION,
    connections,
    has_server,
    is_run,
    is_set,
    setting,
    settings,
    tells_itself,
)

_QUERY = ("statement_timeout", "query_timeout", "max_execution_time", "command_timeout", "socket_timeout")
_CONNECT = ("connect_timeout", "connectionTimeoutMillis", "connectTimeout", "timeout")
_WAIT = ("pool_timeout",)


class MissingQueryTimeout(Rule):
    """No limit to how long a query may run

    ## What it finds
    Applications on a server where neither code nor configuration limits the time of a query: no `statement_timeout`
    in options, URLs, roles, settings of the server or SQL. The message tells which limits there are: `pool_timeout`
    is only the wait for a free connection, `connect_timeout` that for the server's answer. Where the server was asked
    as well, `missing-server-timeouts` judges what it said.

    ## Why it matters
    One query without an end holds its connection, its locks and the cleaning of dead rows; a pool of ten is full after
    ten such.

    ## When to leave it
    When the role has it (`ALTER ROLE app SET statement_timeout`), which no file may show.

    ## How the fix works
    Set it on the role: `ALTER ROLE app SET statement_timeout = '30s'` holds for every client and behind a pooler, where
    a parameter sent at the start of the connection may be refused. Migrations and reports take a role of their own.

    ## References
    - https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
    """

    code = "OPS009"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        records = connections(survey)
        if not records or not has_server(survey) or not is_run(survey) or any(r.partial for r in records):
            return
        if tells_itself(survey, "statement_timeout"):
            return
        if any(_limits(record, _QUERY) for record in _all(survey)) or is_set(survey, "statement_timeout", "0"):
            return
        what = "no statement timeout and no connect timeout"
        if any(_limits(record, _CONNECT) for record in records):
            what = "a connect timeout but no statement timeout"
        elif any(record.says(*_WAIT) for record in records):
            what = "a pool_timeout, which is only the wait for a free connection, and no statement timeout"
        yield Finding(
            self.name(),
            Ref.database(),
            f"As far as the repository shows, the connection has {what}: a query that never ends keeps its connection "
            "and its locks.",
            "Limit the time of a query on the application's role (statement_timeout, 30 s for a web application; "
            "max_execution_time in MySQL), and the wait for a connection to a few seconds.",
            settings(records),
            records[0].origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Queries that end."""
        limited = [record for record in _all(survey) if record.statement_timeout]
        if limited and has_server(survey):
            words = f"Queries end after {limited[0].statement_timeout:g} seconds (statement timeout)."
            yield Strength(self.name(), Ref.database(), words, (setting(limited[0]),))


def _all(survey: Survey) -> tuple[ConnectionSettings, ...]:
    found = survey.deployment.connections if survey.deployment is not None else ()
    return tuple(record for record in found if record.environment not in NOT_PRODUCTION)


def _limits(record: ConnectionSettings, names: tuple[str, ...]) -> bool:
    return record.says(*names) and record.statement_timeout != 0 if names is _QUERY else record.says(*names)
