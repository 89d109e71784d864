"""Clients of one application that each open a pool of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.prisma import is_prisma
from dbarchitect.rules._running.operations import has_server, is_run
from dbarchitect.rules._sql import listed

_WORKSPACES = frozenset({"apps", "packages", "services", "libs", "internal-packages", "workers", "functions"})
_MANY = 3
_SHOWN = 4


class SeveralClients(Rule):
    """Several clients, and a pool for each

    ## What it finds
    Several files of one package that each make a Prisma client (`new PrismaClient()`) for the same database. Programs
    that somebody runs and that end, scripts, seeds and tests, clients of a replica or of a database that they name, and
    those that go through a driver over HTTP do not count.

    ## Why it matters
    Each client opens a pool of its own: twice the processors plus one connections, or ten through a driver. Pools add
    up for every process, and at `max_connections` (100) the server refuses the next one. A transaction of one client
    is nothing to the others, and what is registered on one (extensions, middleware, logs) does not hold for them.

    ## When to leave it
    The files belong to different processes that are only built from one package.

    ## How the fix works
    It is one of code: one module makes the client (kept on `globalThis` in development, where reloading would make
    another), and all others import it.

    ## References
    - https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/databases-connections
    """

    code = "OPS023"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SCALABILITY
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each package."""
        if not is_run(survey) or not is_prisma(survey):
            return
        for package, places in sorted(_packages(survey).items()):
            if len(places) < 2:
                continue
            records = list(places.values())
            names = [*places][:_SHOWN]
            more = [f"{len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
            yield Finding(
                self.name(),
                Ref.database(),
                f"{len(places)} files make a Prisma client of their own ({listed([*names, *more])}): each has a pool, "
                "and all of them count against the connections that the server admits, for every process.",
                "Make one client in a module, and import it everywhere.",
                tuple(_evidence(record) for record in records[:_SHOWN]),
                records[0].origin,
                (package,),
                level=None if len(places) >= _MANY and has_server(survey) else Level.INFO,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One client for the whole of it."""
        clients = list(_clients(survey)) if is_prisma(survey) else []
        if len(clients) == 1:
            words = "One Prisma client, and one pool, serves all."
            yield Strength(self.name(), Ref.database(), words, (_evidence(clients[0]),))


def _packages(survey: Survey) -> dict[str, dict[str, ConnectionSettings]]:
    """The first client of each file, by the package that the file's path names: those for the same database."""
    found: dict[str, dict[str, ConnectionSettings]] = {}
    for record in _clients(survey):
        path = record.origin.path or ""
        apart = "replica" in path.casefold() or record.through_pooler or record.says("datasource")
        if not apart:
            found.setdefault(_package(path), {}).setdefault(path, record)
    return found


def _clients(survey: Survey) -> Iterator[ConnectionSettings]:
    """Every client that the application makes, those of programs that end left out."""
    for record in survey.deployment.connections if survey.deployment is not None else ():
        path = record.origin.path or ""
        apart = record.one_off or record.environment is not None or path.endswith(".prisma")
        if record.client == "prisma" and path and not apart:
            yield record


def _package(path: str) -> str:
    parts = path.split("/")
    at = next((i for i, part in enumerate(parts[:-1]) if part in _WORKSPACES), None)
    return "/".join(parts[: at + 2]) if at is not None and len(parts) > at + 2 else ""


def _evidence(record: ConnectionSettings) -> Evidence:
    return Evidence(EvidenceKind.SETTING, "new PrismaClient", record.origin)
