"""The rule `transaction-id-wraparound`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import number, of_server
from dbarchitect.rules._running.statistics import in_percent
from dbarchitect.rules._sql import count

_LAST = 2**31 - 3_000_000
"""The age at which the server stops assigning transaction ids."""
_WARNING, _ERROR = 0.25, 0.5
_KINDS = (
    ("transaction id", "frozen_xid_age", "autovacuum_freeze_max_age", 200_000_000),
    ("multixact id", "multixact_age", "autovacuum_multixact_freeze_max_age", 400_000_000),
)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Age:
    what: str
    age: int
    freeze_at: int
    oldest: tuple[tuple[str, int], ...]


class TransactionIdWraparound(Rule):
    """Transaction ids run out

    ## What it finds
    A database whose oldest table is older, in transactions, than a quarter of all that can ever be apart (an error from
    half on), and that autovacuum should have frozen long before by its own setting. Every table counts, those of
    extensions and frameworks, too. Multixact ids, which rows get that several transactions lock, likewise.

    ## Why it matters
    When the distance comes to about two thousand million, the server refuses every transaction that writes, until the
    tables are vacuumed, which takes hours or days on large ones.

    ## When to leave it
    Never for long. While an anti-wraparound vacuum runs and comes along, watch it.

    ## How the fix works
    By hand: find what holds it back (a long transaction, a prepared one, an abandoned replication slot, a table that
    autovacuum is cancelled on again and again), then `vacuum (freeze)` the oldest tables.

    ## References
    - https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND
    """

    code = "MNT003"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.STATISTICS})
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each kind of id."""
        for age in _ages(survey):
            if age.age < _WARNING * _LAST or age.age < 1.2 * age.freeze_at:
                continue
            yield Finding(
                self.name(),
                Ref.database(),
                f"The oldest {age.what} in use is {count(age.age, 'transaction')} old, {in_percent(age.age / _LAST)} "
                "of the way to where the server refuses all writes; autovacuum should have frozen it at "
                f"{count(age.freeze_at, 'transaction')}.",
                hint=f"Find what keeps vacuum from freezing {age.oldest[0][0]}, then vacuum (freeze) what is oldest.",
                evidence=tuple(_evidence(age)),
                salient=(age.what,),
                level=Level.ERROR if age.age >= _ERROR * _LAST else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Rows are frozen in time."""
        ages = tuple(_ages(survey))
        if ages and all(age.age < 1.2 * age.freeze_at for age in ages):
            share = in_percent(max(age.age for age in ages) / _LAST)
            message = f"Old rows are frozen in time: the oldest ids are {share} of the way to the limit."
            yield Strength(self.name(), Ref.database(), message, tuple(e for age in ages for e in _evidence(age)))


def _ages(survey: Survey) -> Iterable[_Age]:
    if survey.facts is None:
        return
    names = {table.ref.key: str(table.ref) for table in survey.catalog.tables}
    for what, field, setting, usual in _KINDS:
        known = [
            (names.get(key, ".".join(part for part in key[1:3] if part)), age)
            for key, facts in survey.facts.tables.items()
            if (age := getattr(facts, field)) is not None
        ]
        if known:
            oldest = sorted(known, key=lambda item: (-item[1], item[0]))[:_SHOWN]
            freeze_at = int(number(of_server(survey, setting)) or usual)
            yield _Age(what, oldest[0][1], freeze_at, tuple(oldest))


def _evidence(age: _Age) -> Iterable[Evidence]:
    for name, each in age.oldest:
        yield Evidence(EvidenceKind.STATISTIC, f"{name}: oldest {age.what} {count(each, 'transaction')} old")
