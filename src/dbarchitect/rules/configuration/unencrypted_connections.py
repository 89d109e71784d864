"""The rule `unencrypted-connections`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.listening import NAMES, listens_in_clear
from dbarchitect.rules._running.settings import evidence_of, hidden, is_on, of_server, setting_ref


class UnencryptedConnections(Rule):
    """The server listens on the network without TLS

    ## What it finds
    `ssl = off` on a server that listens on more than this machine's own addresses.

    ## Why it matters
    Queries, results and, with some ways of signing in, passwords cross the network readable for everybody on the way,
    and no client can tell whether it speaks to the right server.

    ## When to leave it
    Where the way to the server is encrypted otherwise (a tunnel, a service mesh, a proxy that ends TLS in front of it),
    or the network holds nobody but the application, as between containers of one machine. Recognised hosting services
    end TLS before the server and are left alone.

    ## How the fix works
    By hand: a certificate and its key for the server, `ssl = on`, `hostssl` in `pg_hba.conf`, and
    `sslmode=verify-full` on the clients' side.

    ## References
    - https://www.postgresql.org/docs/current/ssl-tcp.html
    - https://www.postgresql.org/docs/current/libpq-ssl.html
    """

    code = "CFG010"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """Both settings must be seen, on a server that ends TLS itself."""
        if survey.engine.hosted_by is not None:
            return f"needs a server of one's own: {survey.engine.hosted_by} decides about TLS in front of it"
        return hidden(survey, *NAMES)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the server."""
        tls, listens = (of_server(survey, name) for name in NAMES)
        if tls is None or listens is None or not listens_in_clear(survey):
            return
        where = "every address" if "*" in listens.value else listens.value
        yield Finding(
            self.name(),
            setting_ref("ssl"),
            f"The server listens on {where} and ssl is off: queries and their results cross the network in clear.",
            hint="Give the server a certificate and set ssl = on, or let it listen on this machine only.",
            evidence=(evidence_of(tls), evidence_of(listens)),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """TLS is offered."""
        tls = of_server(survey, "ssl")
        if tls is not None and is_on(tls):
            lowest = of_server(survey, "ssl_min_protocol_version")
            evidence = (evidence_of(tls), *([evidence_of(lowest)] if lowest else []))
            yield Strength(self.name(), setting_ref("ssl"), "The server offers TLS.", evidence)
