"""Connections to a server whose number nobody has decided."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import ConnectionSettings, Deployment
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import (
    NOT_PRODUCTION,
    SQLALCHEMY,
    connections,
    has_server,
    is_pooled,
    is_run,
    setting,
    settings,
)

_SIZES = frozenset(
    {"pool_size",
        "max_overflow", "pool_timeout", "poolclass", "max_size", "min_size", "maxconn", "minconn", "max", "pool",
     "connection_limit", "connectionLimit", "MAX_CONNS", "maxUses"}
)  # fmt: skip
_DEFAULTS = {
    "prisma": "Prisma's default holds (twice the processors plus one, ten seconds' wait)",
    "node-postgres": "node-postgres' default holds (ten connections for each process, no limit to the wait)",
    "postgres.js": "postgres.js' default holds (ten connections for each process)",
}


class UntunedPool(Rule):
    """Nobody has decided how many connections are opened

    ## What it finds
    Applications on a server whose code or configuration says nothing of the pool: SQLAlchemy engines without
    `pool_size`, `max_overflow` or a class of pool, Django with CONN_MAX_AGE 0 and no pool, drivers' pools and Prisma
    clients (their own pool, or that of the driver adapter) without a limit. Silent where a pooler stands in front,
    where options come from where we cannot see, and for engines that are files.

    ## Why it matters
    Every library has a default (it is in the message), and it counts for each process: processes × pool must stay below
    the server's `max_connections` (100). Django without persistence opens a connection for every request, which costs
    milliseconds and a process of the server each time.

    ## When to leave it
    With one or two processes the default of most libraries does.

    ## How the fix works
    It is one of configuration: `pool_size` and `max_overflow` with a `pool_timeout` of a few seconds; in Django
    `CONN_MAX_AGE = 60` with `CONN_HEALTH_CHECKS = True`, or since 5.1 `OPTIONS = {"pool": True}` (one of the two).

    ## References
    - https://docs.sqlalchemy.org/en/20/core/pooling.html
    - https://docs.djangoproject.com/en/5.2/ref/databases/#persistent-connections
    """

    code = "OPS008"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        records = connections(survey)
        if deployment is None or not records or not has_server(survey) or not is_run(survey) or is_pooled(deployment):
            return
        if any(_is_tuned(record) or record.partial for record in records):
            return
        limited = any(u.says("connection_limit") for u in _urls(deployment))
        if limited and _has_own_pool(records):
            return
        message, hint = _words(records, limited=limited)
        yield Finding(self.name(), Ref.database(), message, hint, settings(records), records[0].origin)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """A pool whose size was decided, connections that are kept."""
        tuned = [record for record in connections(survey) if _is_tuned(record)]
        if tuned and has_server(survey):
            words = "The pool of connections is configured."
            if all(record.client == "django" for record in tuned):
                words = "Connections are kept between requests."
            yield Strength(self.name(), Ref.database(), words, (setting(tuned[0]),))


def _is_tuned(record: ConnectionSettings) -> bool:
    if record.client == "django":
        kept = record.says("CONN_MAX_AGE") and record.persistent_for != 0
        return kept or record.says("pool") or record.pool_class is not None
    return record.pool_class not in {None, "ConnectionPool", "AsyncConnectionPool", "create_pool"} or record.says(
        *_SIZES
    )


def _urls(deployment: Deployment) -> tuple[ConnectionSettings, ...]:
    return tuple(c for c in deployment.connections if c.client == "url" and c.environment not in NOT_PRODUCTION)


def _has_own_pool(records: tuple[ConnectionSettings, ...]) -> bool:
    """Whether it is Prisma with the pool of its engine, which the URL configures; with a driver it is the driver's."""
    return any(r.client == "prisma" for r in records) and not any(r.says("adapter") for r in records)


def _words(records: tuple[ConnectionSettings, ...], *, limited: bool) -> tuple[str, str]:
    clients = {record.client for record in records}
    if "django" in clients:
        said = "CONN_MAX_AGE is 0" if any(r.persistent_for == 0 for r in records) else "CONN_MAX_AGE is not set"
        return (
            f"Django opens a new connection to the database for every request: {said}, and no pool is configured.",
            "Set CONN_MAX_AGE to 60 with CONN_HEALTH_CHECKS, or a pool in OPTIONS (Django 5.1 and later), never both.",
        )
    if clients & SQLALCHEMY:
        default = "SQLAlchemy's default holds (5 connections and 10 more for each process, 30 seconds' wait)"
        hint = "Set pool_size, max_overflow and a short pool_timeout; processes × connections must fit the server."
        return f"The size of the connection pool is not configured: {default}.", hint
    own = _has_own_pool(records)
    client = next((name for name in _DEFAULTS if name in clients and (own or name != "prisma")), None)
    default = _DEFAULTS[client] if client is not None else "the driver's default holds for each process"
    if limited and "prisma" in clients:
        default += ", and connection_limit in the URL is Prisma's own word, which the driver does not read"
    where = " in the URL (connection_limit, with pool_timeout)" if client == "prisma" else ""
    if "prisma" in clients and client == "node-postgres":
        where = " in the options of the adapter (max, with connectionTimeoutMillis)"
    return (
        f"The size of the connection pool is not configured: {default}.",
        f"Set a limit{where} so that all processes together stay below the server's max_connections.",
    )
