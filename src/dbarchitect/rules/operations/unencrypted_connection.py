"""Connections over a network that is not ours, without encryption."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.listening import listens_in_clear
from dbarchitect.rules._running.operations import CLIENTS, NOT_PRODUCTION, has_server, setting, settings

_WEAK = {"disable", "allow", "prefer", "preferred"}
_STRONG = {"require", "required", "verify-ca", "verify-full", "verify_ca", "verify_identity"}


class UnencryptedConnection(Rule):
    """The connection to the database may be unencrypted

    ## What it finds
    Connections whose host is written out and lies on a public network, without a `sslmode` that demands encryption; and
    places that are named for production and turn encryption off. `prefer` (libpq's default) is not `require`: it takes
    what the server, or somebody between, offers. Hosts on the same machine, containers and private networks are left
    alone, and so is a host that only the environment tells. Of a server that was read and has no TLS, only
    `unencrypted-connections` speaks: no client can demand what it does not offer.

    ## Why it matters
    Password and rows can be read, and changed, on the way.

    ## When to leave it
    When the network between is encrypted itself (a VPN, a service mesh).

    ## How the fix works
    It is one of configuration: `sslmode=verify-full` with the server's root certificate; `require` encrypts but does
    not ask who answers.

    ## References
    - https://www.postgresql.org/docs/current/libpq-ssl.html
    """

    code = "OPS011"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        weak = [record for record in _records(survey) if _is_weak(record)]
        if not weak or not has_server(survey) or listens_in_clear(survey):  # which comes first, and is told by itself
            return
        mode = weak[0].tls_mode
        said = f"sslmode={mode}" if mode is not None else "no sslmode"
        place = "a public host" if weak[0].host == "public" else "the server of production"
        yield Finding(
            self.name(),
            Ref.database(),
            f"The connection to {place} has {said}: it may run unencrypted, and password and rows can be read on the "
            "way.",
            "Set sslmode=verify-full with the root certificate, or at least require.",
            settings(weak),
            weak[0].origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Encryption that is demanded."""
        strong = [record for record in _records(survey) if record.tls_mode in _STRONG]
        if strong and has_server(survey):
            words = f"The connection to the database demands encryption ({strong[0].tls_mode})."
            yield Strength(self.name(), Ref.database(), words, (setting(strong[0]),))


def _records(survey: Survey) -> tuple[ConnectionSettings, ...]:
    found = survey.deployment.connections if survey.deployment is not None else ()
    return tuple(r for r in found if (r.client in CLIENTS or r.client == "url") and r.environment not in NOT_PRODUCTION)


def _is_weak(record: ConnectionSettings) -> bool:
    if record.engine == "sqlite" or record.client == "neon":
        return False
    if record.host == "public":
        said_elsewhere = record.partial or record.says("ssl", "sslmode", "sslrootcert", "OPTIONS", "connect_args")
        return record.tls_mode in _WEAK or (record.tls_mode is None and not said_elsewhere)
    return record.environment == "production" and record.host is None and record.tls_mode in {"disable", "allow"}
