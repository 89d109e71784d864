"""How the application is run, as far as its repository tells: connections, credentials, signs of operations.

Absence of a sign is never absence of the thing: `places` says where was looked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dbarchitect.catalog.refs import Origin


class Practice(StrEnum):
    """Something that a well-run database has (or, the last one, should not)."""

    BACKUP = "backup"
    RESTORE_TEST = "restore test"
    POINT_IN_TIME_RECOVERY = "point-in-time recovery"
    MONITORING = "monitoring"
    SLOW_QUERY_LOG = "slow-query log"
    ALERTING = "alerting"
    REPLICA = "replica"
    RETENTION = "retention"
    ENCRYPTION_AT_REST = "encryption at rest"
    DISASTER_RECOVERY = "disaster-recovery text"
    POOLER = "connection pooler"
    MIGRATION_TEST = "migration test in CI"
    INTEGRITY_CHECK = "integrity check"
    SCHEMA_PUSH = "schema push without migrations"


@dataclass(frozen=True, slots=True)
class Sign:
    """A place that shows a practice. `provided` names the hosting service where it comes with the service;
    `automated` is False for a script or text that nothing seems to run."""

    practice: Practice
    text: str
    origin: Origin = field(default=Origin(), compare=False)
    provided: str | None = None
    automated: bool = True


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """One place where the application says how it connects. None: not said there. Times in seconds.

    `client` is the library (`sqlalchemy`, `django`, `prisma`, `psycopg`, `node-postgres` …); `environment` is
    `production`, `development`, `testing` or None. `pool_class` is as written (`NullPool`). `written` are the
    options as they stand there, passwords removed.
    """

    client: str
    engine: str | None = None
    environment: str | None = None
    pool_class: str | None = None
    pool_size: int | None = None
    max_overflow: int | None = None
    pool_timeout: float | None = None
    pool_recycle: float | None = None
    pool_pre_ping: bool | None = None
    reset_on_return: str | None = None
    persistent_for: float | None = None
    health_checks: bool | None = None
    connect_timeout: float | None = None
    statement_timeout: float | None = None
    lock_timeout: float | None = None
    idle_in_transaction_timeout: float | None = None
    tls_mode: str | None = None
    through_pooler: bool = False
    written: tuple[tuple[str, str], ...] = ()
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class WrittenCredential:
    """A password or secret that stands in the repository: what it is for, never what it is."""

    what: str
    environment: str | None = None
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the repository tells of how the application is run.

    `places` are pairs of a kind of place (`compose files`, `CI workflows`, `cron`, `scripts`, `Terraform`,
    `documents` …) and how many files of it were read; `hosted_by` the hosting service that the evidence shows.
    """

    connections: tuple[ConnectionSettings, ...] = ()
    credentials: tuple[WrittenCredential, ...] = ()
    signs: tuple[Sign, ...] = ()
    places: tuple[tuple[str, int], ...] = ()
    hosted_by: str | None = None
