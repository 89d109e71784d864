"""Logs that nothing ever shortens."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice, Purpose, Sign
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, singular_words, thing_words
from dbarchitect.rules._running.operations import first_place
from dbarchitect.rules._schema.domains import is_stream
from dbarchitect.rules._sql import count, listed

_END = phrases(
    "expires at, expire at, expiry, expires, expiration, purge at, delete after, retention, retain until, ttl, "
    "archived at, expires on, purged at, expire date, expiry date, deleted at"
)
_SHOWN = 6
_MANY = 10_000


class MissingRetention(Rule):
    """Logs have no end

    ## What it finds
    Tables that only grow (logs, events, measurements; not audit trails, which are kept on purpose) where nothing in the
    schema speaks of an end: no `expires_at`, no partitions to drop; and no code of the repository that deletes old rows
    (`delete_old_…`) names the table or stands beside its model. One finding for the database, with the tables as
    evidence. What a job elsewhere deletes is not visible from here, and the finding says so.
    Likewise the sessions that Django keeps in the database, of an application that its makers run, where nothing in
    the repository calls `clearsessions` or clears rows by the clock.

    ## Why it matters
    The disk fills, backups and restores take longer every month, and personal data is kept longer than anybody can
    justify (GDPR, article 5(1)(e)). Django deletes a session at sign-out only: those that
    expire stay.

    ## When to leave it
    When a job deletes old rows, or the log must be kept for ever (accounting).

    ## How the fix works
    There is none in the schema: decide how long each table's rows are needed, write it down, and delete older ones in
    small batches, or by dropping partitions. For sessions, `manage.py clearsessions` every night.

    ## References
    - https://gdpr-info.eu/art-5-gdpr/
    - https://docs.djangoproject.com/en/stable/topics/http/sessions/#clearing-the-session-store
    """

    code = "SCA002"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.OPERATIONS

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the database, and one for the sessions that expire."""
        sessions = _expiring_sessions(survey)
        if sessions is not None:
            yield _of_sessions(self.name(), sessions, survey)
        jobs = survey.deployment.signs_of(Practice.RETENTION) if survey.deployment is not None else ()
        streams = (table for table in survey.tables if is_stream(table, survey.catalog))
        endless = [table for table in streams if not _ends(table) and not any(_is_of(table, job) for job in jobs)]
        if not endless:
            return
        names = listed(str(table.ref) for table in endless[:_SHOWN])
        more = f" and {len(endless) - _SHOWN} more" if len(endless) > _SHOWN else ""
        yield Finding(
            self.name(),
            Ref.database(),
            f"Nothing in the schema ends the rows of {names}{more}: {'it grows' if len(endless) == 1 else 'they grow'} "
            "without limit unless a job that is not visible from here deletes or archives them.",
            f"Write down how long {count(len(endless), 'log table')} must reach back; delete or archive what is older.",
            tuple(_evidence(table, survey) for table in endless[:_SHOWN]),
            endless[0].origin,
        )


def _is_of(table: Table, job: Sign) -> bool:
    """True where a job that deletes what is old is about the table: it says its name, or stands beside its model."""
    said = set(singular_words(job.text))
    folder = (table.origin.path or "").rpartition("/")[0]
    beside = bool(folder) and (job.origin.path or "").rpartition("/")[0] == folder
    return beside or (bool(said) and set(thing_words(table)) <= said)


def _expiring_sessions(survey: Survey) -> Table | None:
    """Django's table of sessions, where the repository shows how the application is run and nothing that clears it."""
    deployment = survey.deployment
    if deployment is None or not deployment.web or deployment.purpose is not Purpose.SERVICE:
        return None
    table = next((table for table in survey.catalog.tables if table.name == "django_session"), None)
    rows = survey.facts_of(table).rows if table is not None else None
    few = rows is not None and rows < _MANY
    return None if few or deployment.signs_of(Practice.RETENTION) else table


def _of_sessions(rule: str, table: Table, survey: Survey) -> Finding:
    place = first_place(survey.deployment) if survey.deployment else table.origin
    return Finding(
        rule,
        table.ref,
        f"Nothing in the repository ends the rows of {table.ref}: Django keeps sessions that have expired, and the "
        "table grows with every sign-in unless they are kept elsewhere (SESSION_ENGINE).",
        "Run `manage.py clearsessions` every night.",
        (Evidence(EvidenceKind.CATALOG, f"{table.ref} belongs to django.contrib.sessions", place),),
        place,
    )


def _evidence(table: Table, survey: Survey) -> Evidence:
    rows = survey.facts_of(table).rows
    if rows is None:
        return Evidence(EvidenceKind.CATALOG, f"{table.ref}: no expiry, no partitions", table.origin)
    text = f"{table.ref}: {count(rows, 'row')} by the planner's estimate, no expiry, no partitions"
    return Evidence(EvidenceKind.STATISTIC, text, table.origin)


def _ends(table: Table) -> bool:
    return table.partitioning is not None or any(_END.ends(column.name) for column in table.columns)
