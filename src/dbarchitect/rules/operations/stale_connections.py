"""Connections that are kept and never looked at before they are used again."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import SQLALCHEMY, connections, has_server, is_run, setting, settings

_UNPOOLED = {"NullPool", "StaticPool", "AssertionPool"}


class StaleConnections(Rule):
    """Kept connections are used without a check

    ## What it finds
    SQLAlchemy engines of a server with neither `pool_pre_ping` nor `pool_recycle`, and Django with a CONN_MAX_AGE above
    zero and no CONN_HEALTH_CHECKS. Engines without a pool (`NullPool`) have nothing to check.

    ## Why it matters
    After a restart of the server, a failover or a firewall's idle limit each kept connection is dead, and the first
    request on each fails.

    ## When to leave it
    When failing once per connection after a restart is bearable; with asyncpg behind a pooler the check costs a round
    trip.

    ## How the fix works
    It is one of configuration: `pool_pre_ping=True` (a round trip when a connection leaves the pool), and
    `pool_recycle` below the idle limit of what lies between; in Django `CONN_HEALTH_CHECKS = True`.

    ## References
    - https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic
    - https://docs.djangoproject.com/en/5.2/ref/settings/#conn-health-checks
    """

    code = "OPS010"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding for each library."""
        if not has_server(survey) or not is_run(survey):
            return
        pooled = [r for r in connections(survey, *SQLALCHEMY) if r.pool_class not in _UNPOOLED]
        if pooled and not any(_is_checked(record) or record.partial for record in connections(survey, *SQLALCHEMY)):
            yield Finding(
                self.name(),
                Ref.database(),
                "The pool hands out connections without a check (no pool_pre_ping, no pool_recycle): after a "
                "restart of the server the first request on each of them fails.",
                "Set pool_pre_ping=True.",
                settings(pooled),
                pooled[0].origin,
                ("sqlalchemy",),
            )
        kept = [r for r in connections(survey, "django") if r.persistent_for and not r.says("CONN_HEALTH_CHECKS")]
        checked = any(r.says("CONN_HEALTH_CHECKS") for r in connections(survey, "django"))
        if kept and not checked:
            age = kept[0].persistent_for or 0
            span = "for ever" if age == float("inf") else f"for {age:g} seconds"
            yield Finding(
                self.name(),
                Ref.database(),
                f"Django keeps connections {span} (CONN_MAX_AGE) and does not check them: after a restart of "
                "the server the first request on each of them fails.",
                "Set CONN_HEALTH_CHECKS = True.",
                settings(kept),
                kept[0].origin,
                ("django",),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Connections that are checked."""
        checked = [r for r in connections(survey) if _is_checked(r) or r.health_checks]
        if checked and has_server(survey):
            words = "Connections are checked or renewed before they are used again."
            yield Strength(self.name(), Ref.database(), words, (setting(checked[0]),))


def _is_checked(record: ConnectionSettings) -> bool:
    ping = record.says("pool_pre_ping") and record.pool_pre_ping is not False
    return ping or record.says("pool_recycle", "max_lifetime", "check", "max_inactive_connection_lifetime")
