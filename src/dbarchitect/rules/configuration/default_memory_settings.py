"""The rule `default-memory-settings`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import evidence_of, hidden, in_bytes_of, of_server, setting_ref
from dbarchitect.rules._running.statistics import GIBIBYTE, MEBIBYTE, in_bytes

_NAME = "shared_buffers"
_DEFAULT = 128 * MEBIBYTE
_LARGE = GIBIBYTE


class DefaultMemorySettings(Rule):
    """The cache has the size of a first installation

    ## What it finds
    `shared_buffers` at 128 MiB or less, where `initdb` has left it, for a database of a gibibyte or more, on a server
    of one's own.

    ## Why it matters
    The default is chosen so that the server starts on any machine, not so that it runs well on this one: pages that do
    not fit are fetched from the operating system again and again, and written out earlier than they need be.

    ## When to leave it
    On a machine with less than a gibibyte of memory, or where only a small part of the rows is ever read (look at the
    cache hit ratio).

    ## How the fix works
    By hand, for nothing here tells how much memory the machine has: a quarter of it is the usual beginning; the server
    is restarted for it.

    ## References
    - https://www.postgresql.org/docs/current/runtime-config-resource.html
    """

    code = "CFG008"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.SETTINGS, Need.STATISTICS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """The setting and the database's size must be seen; a hosting service sizes its servers itself."""
        if survey.engine.hosted_by is not None:
            return f"needs a server of one's own: {survey.engine.hosted_by} sizes the memory itself"
        return hidden(survey, _NAME)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the server."""
        setting, size = of_server(survey, _NAME), survey.facts.database_bytes if survey.facts else None
        own = in_bytes_of(setting)
        if setting is None or own is None or size is None or self.unanswered(survey):
            return
        if own <= _DEFAULT and size >= _LARGE:
            yield Finding(
                self.name(),
                setting_ref(_NAME),
                f"{_NAME} is {in_bytes(own)}, as on a first installation, for a database of {in_bytes(size)}: it holds "
                f"{100 * own / size:.1f} % of the data.",
                hint=f"Set {_NAME} to about a quarter of the machine's memory, and restart the server.",
                evidence=(evidence_of(setting), Evidence(EvidenceKind.STATISTIC, f"database size {in_bytes(size)}")),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Somebody has thought about it."""
        setting = of_server(survey, _NAME)
        own = in_bytes_of(setting)
        if setting is not None and own is not None and own > _DEFAULT and survey.engine.hosted_by is None:
            message = f"The server's cache was sized for it: {_NAME} is {in_bytes(own)}."
            yield Strength(self.name(), setting_ref(_NAME), message, (evidence_of(setting),))
