"""The rule `end-of-life-version`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule

FINAL_RELEASES = {
    10: date(2022, 11, 10),
    11: date(2023, 11, 9),
    12: date(2024, 11, 21),
    13: date(2025, 11, 13),
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
"""Major version → the day of its final release. Source: https://www.postgresql.org/support/versioning/"""
_SOON = timedelta(days=183)


class EndOfLifeVersion(Rule):
    """The server's version gets no more security fixes

    ## What it finds
    A major version of PostgreSQL whose final release was before the day of the reading; for information one that ends
    within half a year. Whether the newest minor release is installed cannot be known offline.

    ## Why it matters
    Holes that are found from now on stay open, and errors that lose data are no longer mended. Drivers, extensions and
    hosting services drop the version, and the upgrade becomes larger with every year.

    ## When to leave it
    Where the hosting service sells longer support for this version, or the server is reachable by nobody else.

    ## How the fix works
    By hand: `pg_upgrade` or logical replication to a supported version, tried on a copy first.

    ## References
    - https://www.postgresql.org/support/versioning/
    - https://www.postgresql.org/docs/current/upgrading.html
    """

    code = "CFG007"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SECURITY
    needs = frozenset({Need.STATISTICS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """The version must be one whose end is known, and so must be the day of the reading."""
        if survey.facts is None or survey.facts.captured_at is None:
            return "needs the day of the reading"
        known = survey.engine.major in FINAL_RELEASES
        return None if known else f"needs the end of PostgreSQL {survey.engine.major or '?'}, which is not known here"

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the server."""
        known = _known(survey)
        if known is None:
            return
        major, today, end = known
        if today + _SOON < end:
            return
        over = today > end
        host = survey.engine.hosted_by
        unless = f", unless {host} still mends it" if host else ""
        yield Finding(
            self.name(),
            Ref.database(),
            f"PostgreSQL {major} had its final release on {end}: security holes found since then stay open{unless}."
            if over
            else f"PostgreSQL {major} gets its final release on {end}: after that day no security hole is mended.",
            hint=f"Upgrade to PostgreSQL {_supported(today)} or another supported version.",
            evidence=_evidence(survey, end),
            level=None if over else Level.INFO,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The version is supported for a while."""
        known = _known(survey)
        if known is not None and known[1] + _SOON < known[2]:
            message = f"PostgreSQL {known[0]} is supported until {known[2]}."
            yield Strength(self.name(), Ref.database(), message, _evidence(survey, known[2]))


def _known(survey: Survey) -> tuple[int, date, date] | None:
    major = survey.engine.major
    captured = survey.facts.captured_at if survey.facts is not None else None
    if major is None or captured is None or major not in FINAL_RELEASES:
        return None
    return major, captured.date(), FINAL_RELEASES[major]


def _supported(today: date) -> int:
    """The newest version that has been out for half a year: five years before its end, and some months."""
    out = [major for major, end in FINAL_RELEASES.items() if today >= end - timedelta(days=5 * 365) + _SOON]
    return max(out, default=max(FINAL_RELEASES))


def _evidence(survey: Survey, end: date) -> tuple[Evidence, ...]:
    text = f"server version {survey.engine.version}; final release of this major version: {end}"
    return (Evidence(EvidenceKind.SETTING, text),)
