"""Slow queries are not recorded."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import absence, has_server, is_operated, is_set, seen, tells_itself


class MissingSlowQueryLog(Rule):
    """Slow queries are not recorded

    ## What it finds
    Applications on a server where nothing records which queries are slow: neither the server
    (`log_min_duration_statement`, `auto_explain`, `pg_stat_statements`, `slow_query_log`) nor the
    application. Where the server was asked as well, `slow-query-log-off` and `missing-query-statistics` judge what it
    said.

    ## Why it matters
    Without a record of what was slow, indexes are guessed.

    ## When to leave it
    When the host records queries (many do), or traces of the application hold them.

    ## How the fix works
    There is none in the schema. `pg_stat_statements` in `shared_preload_libraries` and `log_min_duration_statement =
    500ms` cost next to nothing.

    ## References
    - https://www.postgresql.org/docs/current/pgstatstatements.html
    - https://www.postgresql.org/docs/current/runtime-config-logging.html
    """

    code = "OPS005"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_operated(survey) or not has_server(survey):
            return
        if tells_itself(survey, "log_min_duration_statement"):
            return
        if is_set(survey, "log_min_duration_statement", "-1") or _counts_statements(survey):
            return
        if not deployment.signs_of(Practice.SLOW_QUERY_LOG, Practice.MONITORING):
            yield from absence(
                self.name(),
                survey,
                "Nothing in the repository records slow queries, in the server or in the application: which ones need "
                "an index must be guessed.",
                "Turn on the server's record: pg_stat_statements and log_min_duration_statement (500 ms is a good "
                "start), in MySQL slow_query_log.",
                "the server's own settings at the host",
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What shows the practice."""
        yield from seen(self.name(), survey, Practice.SLOW_QUERY_LOG, words="Slow queries are recorded: {what}.")


def _counts_statements(survey: Survey) -> bool:
    return any(extension.name == "pg_stat_statements" for extension in survey.catalog.extensions)
