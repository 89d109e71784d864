"""The rule `slow-query-log-off`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Setting
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import (
    elsewhere,
    evidence_of,
    hidden,
    is_on,
    milliseconds,
    of_server,
    setting_ref,
    written_in_server,
)

_LOG = "log_min_duration_statement"
_DURATIONS = (_LOG, "log_min_duration_sample", "auto_explain.log_min_duration")
_NOT_THEIRS = frozenset({"neon"})


class SlowQueryLogOff(Rule):
    """Slow statements leave no trace

    ## What it finds
    `log_min_duration_statement = -1` where nothing else logs durations: no sample (`log_min_duration_sample`), no
    `log_duration`, no `auto_explain`, and no role or database that has a threshold of its own.

    ## Why it matters
    A query that is slow only now and then, with certain parameters, cannot be found afterwards: statistics of
    statements show averages, the log shows the statement, the moment and the session.

    ## When to leave it
    Where statements carry secrets or personal data and the log is not protected; where a monitoring agent collects slow
    queries. Hosting services that do not give the setting to their users are left alone.

    ## How the fix works
    By the server's administrator: it logs statements of a second or more and reloads the configuration.

    ## References
    - https://www.postgresql.org/docs/current/runtime-config-logging.html
    - https://www.postgresql.org/docs/current/auto-explain.html
    """

    code = "CFG003"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """The threshold must be seen."""
        return hidden(survey, _LOG)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding, on the threshold."""
        own = of_server(survey, _LOG)
        if own is not None and survey.engine.hosted_by not in _NOT_THEIRS and not _logging(survey):
            yield Finding(
                self.name(),
                setting_ref(_LOG),
                f"{_LOG} is off and nothing else logs durations: a statement that was slow once cannot be found "
                "afterwards.",
                hint=f"Set {_LOG} to '1s', and lower it when the log stays quiet.",
                evidence=(evidence_of(own),),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What logs slow statements."""
        logging = _logging(survey)
        if logging:
            yield Strength(
                self.name(),
                setting_ref(logging[0].name),
                "Slow statements are logged.",
                tuple(map(evidence_of, logging)),
            )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Log statements of a second or more."""
        return written_in_server(survey, finding.object.name or "", "'1s'")


def _logging(survey: Survey) -> tuple[Setting, ...]:
    found = [s for name in _DURATIONS for s in (of_server(survey, name), *elsewhere(survey, name)) if s is not None]
    thresholds = [setting for setting in found if (milliseconds(setting) or 0) >= 0 and setting.value != ""]
    always = of_server(survey, "log_duration")
    return (*thresholds, *([always] if always is not None and is_on(always) else []))
