"""The indexes that an application's queries ask for and a table does not have, with the queries that ask."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Code, Comparison, Operand
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.often import made_often
from dbarchitect.rules._schema.paths import is_indexed
from dbarchitect.rules._schema.references import declared_reference
from dbarchitect.rules._usage.columns import SELECTIVE, Worth, growth_of, marks_one, worth_of
from dbarchitect.rules._usage.lookups import Lookup, lookups_of, shape_of
from dbarchitect.rules._usage.runners import Runner, weight_of_runner
from dbarchitect.rules._usage.shapes import Keys, Service, Wish, resolved, service, wish_of

WARNS = 2.0
"""The score from which a need is a warning: one request that filters by an identifier on a usual table has 3."""
SAID = 0.7
"""The score from which it is said at all."""
SAID_OF_SEVERAL = 1.2
"""The score from which an index of several columns is said: a shorter one does part of its work."""
SAID_OF_REFERENCE = 0.8
"""The same where the first column is a foreign key without an index: it has to have one in any case."""
_LOOP = 1.5
_WRITTEN = 0.4
"""A bound that the program has written in it: most rows are within."""
_PERIODIC = 2.0
"""A command that goes by time (what is due, what is old) is run by a scheduler: it counts as a task."""
_PARTLY = 0.7


@made_often
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

    def by_worth(self, catalog: Catalog) -> bool:
        """Whether the first key is one that a search is worth an index for: not a state or a flag that many rows share,
        not a name that a list is sorted by."""
        name = self.columns[0]
        column = self.table.column(name)
        worth = worth_of(catalog, self.table, column) if column is not None else Worth.FLAG
        lookups = [reason.lookup for reason in self.reasons if reason.lookup.runner is not Runner.DECLARED]
        compared = any(name in (*lookup.equal, *lookup.ranges) for lookup in lookups)
        shown = worth is Worth.TIME and any(lookup.limited or lookup.is_page for lookup in lookups)
        return worth in SELECTIVE and (compared or shown) and not self.leads_by_kind()

    def leads_by_kind(self) -> bool:
        """Whether all that the code surely asks of the first column is whether it is a constant of its own: a kind of
        row, of which there are many, whatever the column is called."""
        name = self.columns[0]
        sure = [reason.lookup for reason in self.reasons if reason.lookup.sure >= 1]
        asked = [dict(lookup.constants).get(name) for lookup in sure if name in lookup.equal]
        return bool(asked) and all(asked) and not any(name in lookup.ranges for lookup in sure)

    def narrows(self, catalog: Catalog) -> bool:
        """Whether the last key is more than a state that many rows share."""
        column = self.table.column(self.columns[-1])
        return column is not None and (marks_one(column) or worth_of(catalog, self.table, column) in SELECTIVE)


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


def of_reference(survey: Survey, table: Table, column: str) -> Need | None:
    """The index of several columns that begins with this foreign key where none does yet: the strongest there is.

    The finding about the foreign key proposes it, so that the same lead is not told twice.
    """
    if survey.engine.capabilities.indexes_foreign_keys_itself or is_indexed(table, (column,)):
        return None
    if not is_reference(table, column):
        return None
    needs = needs_of(survey).get(table.ref.key, Needs())
    return next((need for need in needs.composites if need.columns[0] == column), None)


def is_reference(table: Table, column: str) -> bool:
    """True for a foreign key of one column, declared to the database or in the model alone."""
    own = table.column(column)
    said = own is not None and declared_reference(own) is not None
    return said or any(key.columns == (column,) for key in table.foreign_keys)


def of_column(survey: Survey, table: Table, column: str) -> Need | None:
    """What asks for an index that begins with this column, whatever the score; None where nothing does."""
    reasons = needs_of(survey).get(table.ref.key, Needs()).reasons
    asking = [r for r in reasons if r.wish.lead == column and r.served is Service.NONE]
    if not asking:
        return None
    return Need(table, ((column, False),), score_of(asking, lambda reason: reason.wish.alone), _strongest(asking))


def narrowed(catalog: Catalog, table: Table, lookup: Lookup) -> bool:
    """Whether something besides a search leaves few rows: equality with a value that narrows, and has an index."""
    columns = (table.column(name) for name in resolved(catalog, table, lookup).equal if name not in lookup.nulls)
    found = {c.name for c in columns if c is not None and worth_of(catalog, table, c) in SELECTIVE}
    return any(path.valid and path.column_names[:1] and path.column_names[0] in found for path in table.access_paths())


def is_well_read(survey: Survey) -> bool:
    """Whether enough of the code's queries are known to say of a table that nothing asks it: half of the tables are."""
    if survey.code is None:
        return False
    tables = list(survey.tables)
    asked = sum(1 for table in tables if lookups_of(survey.code, table.ref))
    return asked * 2 >= len(tables) and len(survey.code.queries) >= 2 * len(tables)


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
    judged: dict[tuple[object, ...], tuple[Wish, Service] | None] = {}
    for lookup in (resolved(catalog, table, each) for each in lookups_of(code, table.ref)):
        shape = shape_of(lookup)
        try:
            answer = judged[shape]
        except KeyError:
            best = wish_of(catalog, table, lookup)
            answer = (best, service(catalog, table, lookup, best)) if best is not None else None
            judged[shape] = answer
        if answer is not None:
            weight = weight_of_runner(code, lookup.runner) * lookup.sure * growth
            if lookup.runner is Runner.COMMAND and lookup.ranges:
                weight *= _PERIODIC
            weight *= _WRITTEN if _is_between_written(lookup, answer[0].lead) else 1.0
            weight *= (_LOOP if lookup.in_loop else 1.0) * (_PARTLY if lookup.partly else 1.0)
            reasons.append(Reason(lookup, *answer, weight))
    composites = _composites(table, reasons)
    taken = {need.columns[0] for need in composites}
    singles: dict[str, list[Reason]] = defaultdict(list)
    for reason in reasons:
        if reason.served is Service.NONE and reason.wish.lead not in taken:
            singles[reason.wish.lead].append(reason)
    alone = [
        Need(table, ((lead, False),), score_of(each, lambda reason: reason.wish.alone), _strongest(each))
        for lead, each in singles.items()
    ]
    said = sorted((n for n in alone if n.score >= SAID), key=lambda n: (-n.score, n.columns))
    return Needs(
        _not_served_beside(catalog, table, said),
        composites,
        tuple(reasons),
    )


def _is_between_written(lookup: Lookup, name: str) -> bool:
    """Whether a column is compared with bounds that the program has written in it (`points > 3`): that leaves out the
    unfit, where a time that the clock tells finds the few that are due."""
    bounds = [p for p in lookup.query.predicates if p.comparison is Comparison.RANGE and p.column.columns == (name,)]
    return name in lookup.ranges and all(p.operand is Operand.CONSTANT for p in bounds)


def _not_served_beside(catalog: Catalog, table: Table, needs: Sequence[Need]) -> tuple[Need, ...]:
    """The needs, strongest first, without those of which each query asks for the column of another one, too: the index
    on that one finds its rows."""
    columns = [column for need in needs if (column := table.column(need.columns[0])) is not None]
    leads = {column.name for column in columns if worth_of(catalog, table, column) in SELECTIVE}
    kept = list(needs)
    for need in reversed(needs):
        others = leads & {other.columns[0] for other in kept if other is not need}
        if all(others & (set(reason.lookup.equal) - set(reason.lookup.nulls)) for reason in need.reasons):
            kept.remove(need)
    return tuple(kept)


def _composites(table: Table, reasons: Sequence[Reason]) -> tuple[Need, ...]:
    """The indexes of several columns that are worth it, none the beginning of another, strongest first.

    Where no index serves even the first column, all that one of that column alone would serve counts for the strongest
    of those that begin with it, too.
    """
    wished: dict[tuple[str, ...], list[Reason]] = defaultdict(list)
    bare: dict[str, list[Reason]] = defaultdict(list)
    for reason in reasons:
        if len(reason.wish.keys) > 1 and reason.served is not Service.FULL:
            wished[reason.wish.columns].append(reason)
        if reason.served is Service.NONE:
            bare[reason.wish.lead].append(reason)
    found: dict[Keys, tuple[Need, Need]] = {}
    for columns, each in wished.items():
        if columns[0] in bare and all(reason.lookup.onward for reason in each):
            continue  # the first column does the most; the second only spares the rows
        score = score_of(each, lambda reason: reason.wish.gain)
        unindexed = columns[0] in bare and is_reference(table, columns[0])
        if score >= (SAID_OF_REFERENCE if unindexed else SAID_OF_SEVERAL):
            keys = max((reason.weight, reason.wish.keys) for reason in each)[1]
            known = {id(reason) for reason in each}
            also = [reason for reason in bare.get(columns[0], []) if id(reason) not in known]
            every = max(score, score_of(bare.get(columns[0], []), lambda reason: reason.wish.alone))
            own = Need(table, keys, score, _strongest(each))
            found[keys] = own, Need(table, keys, every, (*own.reasons, *_strongest(also)))
    owns = [own for own, _ in found.values()]
    longest = [own for own in owns if not any(_begins(other, own) for other in owns)]
    needs: list[Need] = []
    led: set[str] = set()
    for own in sorted(longest, key=lambda need: (-need.score, need.columns)):
        needs.append(own if own.columns[0] in led else found[own.keys][1])  # the first of them leads for all
        led.add(own.columns[0])
    return tuple(sorted(needs, key=lambda need: (-need.score, need.columns)))


def _begins(longer: Need, short: Need) -> bool:
    return longer is not short and longer.columns[: len(short.columns)] == short.columns


def weight_of(score: float) -> float:
    """The `Finding.weight` of a score: 1 at 3, growing with its root, from 0.5 to 1.6."""
    return min(1.6, max(0.5, math.sqrt(score / 3)))


def _strongest(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: (-reason.weight, _place(reason.lookup.query.origin))))


def _place(origin: Origin) -> tuple[str, int, int]:
    return origin.path or "", origin.start or 0, origin.end or 0


def score_of(reasons: Iterable[Reason], worth: Callable[[Reason], float]) -> float:
    """The reasons together: the strongest of each function, the second function counting half, the third a third."""
    best: dict[str, float] = {}
    for reason in reasons:
        place = reason.lookup.query.place.function
        best[place] = max(best.get(place, 0.0), reason.weight * worth(reason))
    return sum(value / rank for rank, value in enumerate(sorted(best.values(), reverse=True), start=1))
