"""The rule `local-time-zone`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import evidence_of, hidden, of_server, setting_ref
from dbarchitect.rules._sql import count, listed

_NAME = "TimeZone"
_UTC = frozenset({"utc", "gmt", "etc/utc", "etc/gmt", "uct", "etc/uct", "zulu", "etc/zulu", "universal",
                  "etc/universal", "greenwich", "gmt0", "etc/gmt0", "gmt+0", "gmt-0", "etc/greenwich"})  # fmt: skip
_NAIVE = "timestamp without time zone"
_SHOWN = 6


class LocalTimeZone(Rule):
    """The server's clock is local and columns keep no zone

    ## What it finds
    A server (or a database) whose `TimeZone` is not UTC, where columns of type `timestamp without time zone` exist.

    ## Why it matters
    `now()` written into such a column becomes local time: it jumps by an hour twice a year, times of the repeated hour
    are ambiguous, and a client or server in another zone reads other moments out of the same rows.

    ## When to leave it
    Where these columns hold times that are meant to be local (opening hours, a birthday at noon), or where the
    application always writes UTC itself.

    ## How the fix works
    By hand: with `timestamp with time zone` columns the setting only matters for display. To set the server to UTC
    alone changes what new rows hold and leaves the old ones as they are.

    ## References
    - https://www.postgresql.org/docs/current/datatype-datetime.html
    - https://wiki.postgresql.org/wiki/Don%27t_Do_This
    """

    code = "CFG013"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.CATALOG, Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """The setting must be seen."""
        return hidden(survey, _NAME)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the server."""
        zone = of_server(survey, _NAME)
        if zone is None or zone.value.casefold() in _UTC:
            return
        naive = [
            table.ref.column(column.name)
            for table in survey.tables
            for column in table.ordered_columns
            if survey.catalog.base_type(column.type).name == _NAIVE
        ]
        if naive:
            more = [f"{len(naive) - _SHOWN} more"] if len(naive) > _SHOWN else []
            shown = listed([*map(str, naive[:_SHOWN]), *more])
            yield Finding(
                self.name(),
                setting_ref(_NAME),
                f"The server's time zone is {zone.value}: now() written into {count(len(naive), 'column')} without a "
                "zone is local time, which jumps and repeats an hour.",
                hint="Make these columns timestamp with time zone, or let the server and all clients work in UTC.",
                evidence=(evidence_of(zone), Evidence(EvidenceKind.CATALOG, f"{_NAIVE}: {shown}")),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The server works in UTC."""
        zone = of_server(survey, _NAME)
        if zone is not None and zone.value.casefold() in _UTC:
            yield Strength(self.name(), setting_ref(_NAME), "The server works in UTC.", (evidence_of(zone),))
