"""The indexes that an application's queries ask for and a table does not have, with the queries that ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Code
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._usage import Lookup, lookups_of
from dbarchitect.rules._usage_columns import growth_of
from dbarchitect.rules._usage_runners import WEIGHTS
from dbarchitect.rules._usage_shapes import Keys, Service, Wish, service, wish_of

WARNS = 2.0
"""The score from which a need is a warning: one request that filters by an identifier on a usual table has 3."""
SAID = 0.7
"""The score from which it is said at all."""
_LOOP = 1.5
_PARTLY = 0.7


@dataclass(frozen=True, slots=True)
class Reason:
    """A lookup, the index that it wishes, how far it is served, and its weight as a reason (before what is served)."""

    lookup: Lookup
    wish: Wish
    served: Service
    weight: float


@dataclass(frozen=True, slots=True)
class Need:
    """An index that is missing: its keys, how strong the reasons together are, and the reasons, strongest first."""

    table: Table
    keys: Keys
    score: float
    reasons: tuple[Reason, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the keys in the index's order."""
        return tuple(name for name, _ in self.keys)

    @property
    def ref(self) -> Ref:
        """The address of the columns."""
        return self.table.ref.over(self.columns, Kind.COLUMN)


@dataclass(frozen=True, slots=True)
class Needs:
    """What one table lacks. `led` are all reasons by the column that would lead, served or not."""

    singles: tuple[Need, ...] = ()
    composites: tuple[Need, ...] = ()
    reasons: tuple[Reason, ...] = ()


def needs_of(survey: Survey) -> Mapping[tuple[str, ...], Needs]:
    """The needs of every own table, by its key; empty where no code was read."""
    if survey.code is None:
        return {}
    return survey.catalog.derive(_by_code(survey.code))


@lru_cache(maxsize=4)
def _by_code(code: Code) -> Callable[[Catalog], Mapping[tuple[str, ...], Needs]]:
    """The function of a catalog that `Catalog.derive` computes once: the same for the same code."""

    def of(catalog: Catalog) -> Mapping[tuple[str, ...], Needs]:
        own = (table for table in catalog.tables if table.owned_by is None and table.partition_of is None)
        return {table.ref.key: _needs(code, catalog, table) for table in own}

    return of


def _needs(code: Code, catalog: Catalog, table: Table) -> Needs:
    growth = growth_of(code, table)
    reasons: list[Reason] = []
    for lookup in lookups_of(code, table.ref):
        wish = wish_of(catalog, table, lookup)
        if wish is not None:
            weight = WEIGHTS[lookup.runner] * lookup.sure * growth
            weight *= (_LOOP if lookup.in_loop else 1.0) * (_PARTLY if lookup.partly else 1.0)
            reasons.append(Reason(lookup, wish, service(catalog, table, lookup, wish), weight))
    composites = list(_composites(table, reasons))
    taken = {need.columns[0] for need in composites}
    singles: dict[str, list[Reason]] = defaultdict(list)
    for reason in reasons:
        if reason.served is Service.NONE and reason.wish.lead not in taken:
            singles[reason.wish.lead].append(reason)
    alone = (
        Need(table, ((lead, False),), _score(each, lambda reason: reason.wish.alone), _strongest(each))
        for lead, each in singles.items()
    )
    return Needs(
        tuple(sorted((n for n in alone if n.score >= SAID), key=lambda n: (-n.score, n.columns))),
        tuple(composites),
        tuple(reasons),
    )


def _composites(table: Table, reasons: Iterable[Reason]) -> Iterable[Need]:
    """The indexes of several columns that are worth it, none the beginning of another, strongest first."""
    wished: dict[tuple[str, ...], list[Reason]] = defaultdict(list)
    for reason in reasons:
        if len(reason.wish.keys) > 1 and reason.served is not Service.FULL:
            wished[reason.wish.columns].append(reason)
    found = []
    for each in wished.values():
        score = _score(each, lambda reason: reason.wish.gain)
        if score >= SAID:
            keys = max((reason.weight, reason.wish.keys) for reason in each)[1]
            found.append(Need(table, keys, score, _strongest(each)))
    longest = [
        need
        for need in found
        if not any(other is not need and other.columns[: len(need.columns)] == need.columns for other in found)
    ]
    return sorted(longest, key=lambda need: (-need.score, need.columns))


def _strongest(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: (-reason.weight, str(reason.lookup.query.origin))))


def _score(reasons: Iterable[Reason], worth: Callable[[Reason], float]) -> float:
    """The reasons together: the strongest of each function, the second function counting half, the third a third."""
    best: dict[str, float] = {}
    for reason in reasons:
        place = reason.lookup.query.place.function
        best[place] = max(best.get(place, 0.0), reason.weight * worth(reason))
    return sum(value / rank for rank, value in enumerate(sorted(best.values(), reverse=True), start=1))
