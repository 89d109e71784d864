"""The rule `missing-data-checksums`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import evidence_of, hidden, is_off, is_on, of_server, setting_ref

_NAME = "data_checksums"


class MissingDataChecksums(Rule):
    """Damaged pages are not noticed

    ## What it finds
    A server of one's own whose data has no page checksums.

    ## Why it matters
    A page that the disk gave back wrong is served as if it were right, and is copied into every backup, until the last
    good backup is thrown away. Checksums cost a few per cent and turn it into an error at the first reading.

    ## When to leave it
    Where the file system checks everything itself (ZFS, btrfs). Hosting services check below the server.

    ## How the fix works
    By hand: `pg_checksums --enable` on the stopped server, which reads and writes all pages; or on a replica first,
    then a switch. From PostgreSQL 18 on `initdb` switches them on.

    ## References
    - https://www.postgresql.org/docs/current/checksums.html
    - https://www.postgresql.org/docs/current/app-pgchecksums.html
    """

    code = "CFG011"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """The setting must be seen, on a server whose disks are one's own."""
        if survey.engine.hosted_by is not None:
            return f"needs a server of one's own: {survey.engine.hosted_by} guards its storage itself"
        return hidden(survey, _NAME)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the server."""
        setting = of_server(survey, _NAME)
        if setting is not None and is_off(setting) and not self.unanswered(survey):
            yield Finding(
                self.name(),
                setting_ref(_NAME),
                "The data has no page checksums: a page that the disk gives back damaged is served as it is.",
                hint="Switch checksums on with pg_checksums, at the next time that the server may stand still.",
                evidence=(evidence_of(setting),),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Every page is checked."""
        setting = of_server(survey, _NAME)
        if setting is not None and is_on(setting):
            message = "Every page of the data has a checksum."
            yield Strength(self.name(), setting_ref(_NAME), message, (evidence_of(setting),))
