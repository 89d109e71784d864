"""Functions that come and go, each with connections of its own."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import connections, evidence_of, has_server, is_pooled, is_run, settings

_NODE = {"prisma", "node-postgres", "postgres.js", "neon", "mysql2"}


class MissingPooler(Rule):
    """Functions connect to the server without a pooler

    ## What it finds
    Applications on a server that are deployed as functions (Vercel, Lambda, Netlify, Workers …) and connect directly:
    no pooler's host, no `pgbouncer=true`, no driver over HTTP. Processes that live long have a pool of their own and
    are not told.

    ## Why it matters
    Every running instance of a function opens its own connections; a rush of visitors makes a thousand of them, and
    PostgreSQL takes a hundred by default.

    ## When to leave it
    When the URL in the environment names a pooler, which the repository does not show.

    ## How the fix works
    Take the host's pooler (Neon: the `-pooler` host name; Supabase: port 6543) for the application, and the direct
    URL for migrations. A pooler in transaction mode refuses what belongs to a session: prepared statements of old
    clients, `SET`, advisory locks.

    ## References
    - https://www.pgbouncer.org/features.html
    """

    code = "OPS013"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SCALABILITY
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        records = connections(survey)
        if deployment is None or not deployment.serverless or not records or not has_server(survey):
            return
        if is_pooled(deployment) or any(record.partial for record in records) or deployment.count("Dockerfiles"):
            return  # where there is an image as well, it may be what runs
        if not any(record.client in _NODE for record in records) and "serverless" not in deployment.serverless[0].text:
            return  # a site beside the application, which is none of Node
        ground = deployment.serverless[0]
        yield Finding(
            self.name(),
            Ref.database(),
            f"The application runs as functions ({ground.text}) and nothing shows a pooler: each instance opens "
            "connections of its own until the server has no more.",
            "Connect through the host's pooler, and migrate over the direct URL.",
            (Evidence(EvidenceKind.SETTING, ground.text, ground.origin), *settings(records)[:2]),
            ground.origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """A pooler in front of the server."""
        deployment = survey.deployment
        if deployment is None or not has_server(survey) or not is_run(survey) or not is_pooled(deployment):
            return
        signs = deployment.signs_of(Practice.POOLER)
        evidence = evidence_of(signs) or settings(r for r in deployment.connections if r.through_pooler)
        yield Strength(self.name(), Ref.database(), "Connections go through a pooler.", evidence)
