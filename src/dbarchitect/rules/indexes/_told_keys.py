"""The unique keys that findings ask for already: an index that begins alike need not be asked for besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dbarchitect.catalog.members import UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add
from dbarchitect.finding import Fix, Level
from dbarchitect.rules._keys.assumed import Reliance
from dbarchitect.rules._keys.claims import claim_of, claims, is_corrected, spoken_of_otherwise
from dbarchitect.rules._keys.kinds import natural_keys
from dbarchitect.rules._keys.natural import kept_unique
from dbarchitect.rules._keys.unique_making import made_unique


def is_led_by_told_key(survey: Survey, table: Table, columns: Sequence[str]) -> bool:
    """Whether a warning asks for a unique key over all rows that begins with these columns, in any order: its index
    finds the rows by them."""
    wanted, number = set(columns), len(columns)
    return any(set(key[:number]) == wanted for key in _told_keys(survey, table, wanted))


def is_told_key(survey: Survey, table: Table, columns: Sequence[str]) -> bool:
    """Whether a warning asks for a unique key of just these columns."""
    wanted = set(columns)
    return any(set(key) == wanted for key in _told_keys(survey, table, wanted))


def _told_keys(survey: Survey, table: Table, wanted: set[str]) -> Iterator[tuple[str, ...]]:
    """The columns of the unique keys that warnings of `missing-natural-key` and `assumed-unique` ask for, of those that
    hold some columns. A key that is only read by, or holds some rows alone, is none."""
    for natural in natural_keys(survey.catalog, table):
        if not wanted <= set(natural.columns) or kept_unique(table, natural.columns):
            continue
        sure = natural.level is Level.WARNING or claim_of(survey, table, natural) is not None
        if sure and not is_corrected(survey, table, natural):
            yield from _whole(made_unique(survey, table, natural.columns, pair=natural.pair))
    for claim in claims(survey, table):
        if not wanted <= set(claim.columns) or claim.key.where or claim.key.reliance <= Reliance.FETCHED_AS_ONE:
            continue
        if not spoken_of_otherwise(survey, table, claim):
            yield from _whole(made_unique(survey, table, claim.columns, of_complete_rows=True))


def _whole(fix: Fix | None) -> Iterator[tuple[str, ...]]:
    """The columns of the constraints that a fix adds."""
    for change in fix.changes if fix is not None else ():
        if isinstance(change, Add) and isinstance(change.member, UniqueKey):
            yield change.member.columns
