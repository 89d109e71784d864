"""The rule `autovacuum-off`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import (
    evidence_of,
    hidden,
    is_off,
    is_on,
    of_server,
    setting_ref,
    written_in_server,
)

_HARM = {
    "autovacuum": "nothing removes dead rows or refreshes the planner's statistics by itself, and transaction ids are "
    "only frozen in an emergency",
    "track_counts": "autovacuum cannot know which tables changed, and vacuums and analyzes none of them",
}


class AutovacuumOff(Rule):
    """Autovacuum is switched off for the server

    ## What it finds
    `autovacuum = off`, or `track_counts = off`, without which autovacuum sees no changes.

    ## Why it matters
    Tables and indexes grow with every update, the planner works with old statistics, and when transaction ids run low
    the server starts vacuuming everything at once. With `track_counts` off all other statistics are missing, too.

    ## When to leave it
    For the hours of a bulk load, or where a scheduled job vacuums and analyzes every table.

    ## How the fix works
    By the server's administrator: it switches the setting on and reloads the configuration.

    ## References
    - https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
    - https://www.postgresql.org/docs/current/runtime-config-vacuum.html
    """

    code = "CFG004"
    level = Level.ERROR
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """Both settings must be seen."""
        return hidden(survey, *_HARM)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each of the two settings."""
        for name, harm in _HARM.items():
            setting = of_server(survey, name)
            if setting is not None and is_off(setting):
                yield Finding(
                    self.name(),
                    setting_ref(name),
                    f"{name} is off: {harm}.",
                    hint=f"Switch {name} on for the server; switch autovacuum off for single tables at most.",
                    evidence=(evidence_of(setting),),
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Both are on."""
        settings = [of_server(survey, name) for name in _HARM]
        if all(map(is_on, settings)):
            evidence = tuple(evidence_of(setting) for setting in settings if setting is not None)
            yield Strength(self.name(), setting_ref("autovacuum"), "Autovacuum is on for the whole server.", evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Switch it on."""
        return written_in_server(survey, finding.object.name or "", "on")
