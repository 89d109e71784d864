"""SQLite behind a web application that several processes write to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import ConfiguredEngine, Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.embedded import SERVED
from dbarchitect.rules._sql import listed

_SHOWN = 12
_EXAMPLE = re.compile(r"(?:\A|[._-])(?:example|sample|template|tmpl|dist)(?:\Z|[._-])", re.IGNORECASE)
_NOT_PRODUCTION = {"development", "testing", "test", "local", "ci"}


class EngineUnfitForProduction(Rule):
    """Production is configured with an engine of one writer

    ## What it finds
    Projects whose configuration names an engine that admits one writer at a time (SQLite) for production, or as the
    only engine there is. Where it is only the fallback for an unset environment variable, this is said, one level
    lower; an example to be copied (`production.example.py`) is no production, and configuration that is marked as
    development or testing does not count.

    ## Why it matters
    SQLite queues writers: while one transaction writes, every other waits and after `busy_timeout` fails with
    "database is locked". The file cannot be shared by several machines, so there can be no second application server
    and no replica. (Under load it waits; it does not corrupt: that takes other mistakes, such as copying the file
    while it is written, or a library older than 3.51.3, which has a rare race at the reset of the WAL.)

    ## When to leave it
    When one process writes, on one machine, and always will (it is silent for programs that run on their user's own
    desk or phone: Electron, Tauri, Expo, React Native; and where a service stands before it, as Cloudflare's D1
    does): then use WAL mode, `busy_timeout` and `foreign_keys = ON`, and take backups with the backup API.

    ## How the fix works
    There is none in SQL: move to a server such as PostgreSQL before there are two writers, and let developers and
    tests use it first. The finding lists what needs care on the way: times without a zone become `timestamptz` (in
    which zone were they written?), JSON becomes `jsonb`, and defaults that only the application fills in stay behind
    unless they are written into the new tables.

    ## References
    - https://www.sqlite.org/whentouse.html
    - https://www.sqlite.org/wal.html#walresetbug
    """

    code = "ENG001"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SCALABILITY
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        counted = [c for c in survey.configured_engines if c.environment not in _NOT_PRODUCTION]
        weak = [c for c in counted if not c.engine.capabilities.concurrent_writers]
        deployment = survey.deployment
        if not weak or (deployment is not None and (deployment.on_devices or deployment.hosted_by in SERVED)):
            return
        live = [c for c in weak if c.environment == "production" and not _is_example(c)]
        production = [c for c in live if not c.is_default]
        fallback = [c for c in live if c.is_default]
        servers = [c for c in counted if c.engine.capabilities.concurrent_writers]
        plain = [c for c in weak if not c.is_default]
        if production:
            level, words, chosen = Level.ERROR, "is configured for production", production
        elif fallback and not servers:
            words = "is what production runs on when no other database is configured"
            level, chosen = Level.WARNING, fallback
        elif plain and not servers:
            level, words, chosen = Level.WARNING, "is the only engine that the project configures", plain
            if all(map(_is_example, plain)):
                words = "is what the example configuration proposes, and no other engine is configured"
        elif not servers:
            level, words, chosen = Level.INFO, "is what runs when no other database is configured", weak
        else:
            return
        name = chosen[0].engine.title
        yield Finding(
            self.name(),
            Ref.database(),
            f"{name} {words}: it admits one writer at a time, others wait and then fail with “database is locked”, and "
            "its file cannot be shared by several machines: there is no second application server and no replica.",
            "Move to PostgreSQL before a second process or machine writes, in development and tests first.",
            (*dict.fromkeys(_evidence(c) for c in chosen), *_on_the_way(survey)),
            chosen[0].origin,
            level=level,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """A server for production, unless what was audited is the other engine."""
        if not survey.engine.capabilities.concurrent_writers:
            return
        servers = [
            c
            for c in survey.configured_engines
            if c.engine.capabilities.concurrent_writers and c.environment not in _NOT_PRODUCTION
        ]
        if servers:
            name = servers[0].engine.title
            yield Strength(
                self.name(), Ref.database(), f"{name} is configured, which many can write to.", (_evidence(servers[0]),)
            )


def _is_example(configured: ConfiguredEngine) -> bool:
    """True for a file that is there to be copied and filled in, whatever else its name says."""
    return _EXAMPLE.search((configured.origin.path or "").rpartition("/")[2]) is not None


def _on_the_way(survey: Survey) -> Iterator[Evidence]:
    """What a move to a server must decide or carry over, where what was read is the engine to leave."""
    if survey.engine.capabilities.concurrent_writers:
        return
    times, documents, defaults = [], [], []
    for table in survey.tables:
        for column in table.ordered_columns:
            name, declared = f"{table.ref}.{column.name}", column.declared
            family = survey.catalog.family(column.type)
            if family is Family.TIMESTAMP:
                times.append(name)
            elif family is Family.JSON:
                documents.append(name)
            if column.default is None and declared is not None and declared.default is not None:
                defaults.append(f"{name} {declared.default}")
    for names, words in (
        (times, "times without a zone become timestamptz, once it is known in which zone they were written"),
        (documents, "JSON becomes jsonb"),
        (defaults, "defaults that the application alone fills in stay behind unless the new tables have them"),
    ):
        if names:
            more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
            yield Evidence(EvidenceKind.CATALOG, f"{words}: {listed([*names[:_SHOWN], *more])}", _first_table(survey))


def _first_table(survey: Survey) -> Origin:
    return next((table.origin for table in survey.tables), Origin())


def _evidence(configured: ConfiguredEngine) -> Evidence:
    where = f" for {configured.environment}" if configured.environment else ""
    fallback = ", as the fallback" if configured.is_default else ""
    target = f" ({configured.target})" if configured.target else ""
    return Evidence(EvidenceKind.SETTING, f"{configured.engine.name}{target}{where}{fallback}", configured.origin)
