"""How the application is run, as far as its repository tells: connections, credentials, signs of operations.

Absence of a sign is never absence of the thing: `places` says where was looked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dbarchitect.catalog.refs import Origin


class Practice(StrEnum):
    """Something that a well-run database has (or, the last three, should not)."""

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
    PROVIDER_SWITCH = "schema rewritten for another engine"
    DEVELOPMENT_MIGRATION = "migration command of development"


class Purpose(StrEnum):
    """Who runs what the repository holds: its makers as a service, whoever installs it, or nobody (a library).

    `UNTOLD`: nothing in the repository says that it is run anywhere.
    """

    SERVICE = "service"
    DISTRIBUTED = "distributed"
    LIBRARY = "library"
    UNTOLD = "untold"


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

    `client` is the library (`sqlalchemy`, `django`, `prisma`, `psycopg`, `node-postgres` …), or `server` for settings
    of the server itself; `environment` is `production`, `development`, `testing` or None. `pool_class` is as written
    (`NullPool`). `host` tells where a host that is written out lies: `local`, `private` (a container's name) or
    `public`. `written` are the options as they stand there, passwords removed; one that is computed has the text of
    its expression, one whose text may hold a password `…`. `partial`: more options come from where we cannot see.
    `one_off`: the file is a program that somebody runs and that ends, not a part of the application.
    `scope` is the class that holds the place, `clashes` are the options that another engine to which they apply
    refuses.
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
    host: str | None = None
    foreign_keys: bool | None = None
    journal_mode: str | None = None
    busy_timeout: float | None = None
    through_pooler: bool = False
    partial: bool = False
    one_off: bool = False
    scope: str | None = None
    clashes: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    origin: Origin = field(default=Origin(), compare=False)

    def says(self, *names: str) -> bool:
        """Whether one of these options is written there, whatever its value."""
        return any(name in names for name, _ in self.written)


@dataclass(frozen=True, slots=True)
class WrittenCredential:
    """A password or secret that stands in the repository: what it is for, never what it is.

    `is_default`: it holds only when an environment variable is not set. `reachable`: the server that it opens is
    published beyond its host.
    """

    what: str
    environment: str | None = None
    is_default: bool = False
    reachable: bool = False
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a conclusion rests on: words and a place."""

    text: str
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the repository tells of how the application is run.

    `places` are pairs of a kind of place (`compose files`, `CI workflows`, `cron tables`, `scripts`, `Terraform files`,
    `documents` …) and how many files of it were read; `hosted_by` the hosting service that the evidence shows.
    `serverless` are the grounds to think that it runs as functions that come and go, `tests` the workflows that run
    tests; `web` is True where it answers requests (False: not seen), `on_devices` where it runs on the desk or in the
    hand of the one who uses it.
    """

    connections: tuple[ConnectionSettings, ...] = ()
    credentials: tuple[WrittenCredential, ...] = ()
    signs: tuple[Sign, ...] = ()
    places: tuple[tuple[str, int], ...] = ()
    hosted_by: str | None = None
    purpose: Purpose = Purpose.UNTOLD
    grounds: tuple[Ground, ...] = ()
    serverless: tuple[Ground, ...] = ()
    tests: tuple[Ground, ...] = ()
    web: bool = False
    on_devices: bool = False

    def signs_of(self, *practices: Practice) -> tuple[Sign, ...]:
        """The signs of some practices, those that something runs first."""
        found = (sign for sign in self.signs if sign.practice in practices)
        return tuple(sorted(found, key=lambda sign: (not sign.automated, sign.provided is not None)))

    def count(self, kind: str) -> int:
        """How many files of a kind of place were read."""
        return dict(self.places).get(kind, 0)
