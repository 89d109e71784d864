"""The index that a lookup would like best, and how far the indexes of a table already serve it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.rules._usage import Lookup
from dbarchitect.rules._usage_columns import SELECTIVE, Worth, worth_of

_MOST_EQUAL = 3
"""Columns compared for equality that one index is proposed over."""
Keys = tuple[tuple[str, bool], ...]


class Service(IntEnum):
    """How far the indexes serve a lookup: not at all, by its first column, or as well as an index can."""

    NONE = 0
    LED = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """The best index for a lookup: `keys` are (column, descending). `lead` is the column that must be first.

    `gain` is what the keys after the first are worth (0: one column does), from 0 to 1; `alone` what the first one is
    by itself.
    """

    lead: str
    keys: Keys
    alone: float
    gain: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the keys."""
        return tuple(name for name, _ in self.keys)


def wish_of(catalog: Catalog, table: Table, lookup: Lookup) -> Wish | None:
    """The index that serves a lookup best, judged by the table's columns alone, never by the indexes that exist."""
    known = {name: worth_of(catalog, table, column) for name in lookup.equal if (column := table.column(name))}
    ranked = sorted(known, key=lambda name: (known[name], lookup.equal.index(name)))
    equal = [name for name in ranked if known[name] in SELECTIVE]
    states = [name for name in ranked if known[name] is Worth.STATE]
    flags = [name for name in ranked if known[name] is Worth.FLAG]
    ranges = [name for name in lookup.ranges if table.column(name) is not None and name not in known]
    sort = _sort(table, lookup, known)
    if equal:
        return _of_selective(lookup, equal[:_MOST_EQUAL], states, ranges, sort, known)
    if states:
        rest: Keys = sort[:1] if sort and lookup.limited else tuple((name, False) for name in ranges[:1])
        return Wish(states[0], ((states[0], False), *rest), 0.5, 0.7 if rest else 0.0)
    if ranges and not (sort and lookup.limited and sort[0][0] != ranges[0]):
        return Wish(ranges[0], ((ranges[0], False),), 0.8, 0.0)
    if sort and lookup.limited:
        return Wish(sort[0][0], sort[:1], 0.8, 0.0)
    if flags:
        return Wish(flags[0], ((flags[0], False),), 0.12, 0.0)
    return None


def _of_selective(
    lookup: Lookup, equal: list[str], states: list[str], ranges: list[str], sort: Keys, known: dict[str, Worth]
) -> Wish:
    alone = 1.0 if known[equal[0]] in {Worth.REFERENCE, Worth.IDENTIFIER} else 0.7
    if lookup.joined:
        alone *= 0.7
    lead = tuple((name, False) for name in equal if name not in lookup.among or name == equal[0])
    owner = known[equal[0]] is Worth.REFERENCE
    single = len(equal) == 1 or (owner and len(equal) == 2)
    if sort and lookup.limited and single and equal[0] not in lookup.among:
        return Wish(equal[0], (*lead, *sort), alone, 0.9 if owner else 0.4)
    if ranges and owner:
        return Wish(equal[0], (*lead, (ranges[0], False)), alone, 0.6)
    if sort and owner and equal[0] not in lookup.among:
        return Wish(equal[0], (*lead, *sort[:1]), alone, 0.3)
    if len(lead) > 1 and owner:
        return Wish(equal[0], lead, alone, 0.5)
    if states and owner:
        return Wish(equal[0], (*lead, (states[0], False)), alone, 0.25)
    return Wish(equal[0], lead[:1], alone, 0.0)


def _sort(table: Table, lookup: Lookup, known: dict[str, Worth]) -> Keys:
    """The keys of the order that an index has to hold: none where a unique one leads (rows are found in its order by
    that index), and none after one that no two rows share."""
    key = table.primary_key.columns if table.primary_key else ()
    keys = [(name, down) for name, down in lookup.sort if name not in known and table.column(name) is not None]
    if not keys or keys[0][0] in key:
        return ()
    taken = [pair for pair in keys if pair[0] not in key]
    return tuple(taken[:2])


def service(catalog: Catalog, table: Table, lookup: Lookup, wish: Wish) -> Service:
    """How far the table's indexes serve a lookup."""
    equal = set(lookup.equal)
    constant = dict(lookup.constants)
    if table.is_key(equal):
        return Service.FULL
    best = Service.NONE
    selective = {
        name for name in equal if (column := table.column(name)) and worth_of(catalog, table, column) in SELECTIVE
    }
    for path in _usable(table, lookup, constant):
        best = max(best, _by(path, lookup, wish, selective, equal))
    if best is Service.NONE and wish.lead in _indexed_by_the_engine(catalog, table):
        return Service.LED
    return best


def _by(path: Index, lookup: Lookup, wish: Wish, selective: set[str], equal: set[str]) -> Service:
    names = path.column_names
    held = 0
    while held < len(names) and names[held] in equal:
        held += 1
    after = names[held] if held < len(names) else None
    found = bool(selective & set(names[:held])) if selective else held > 0
    sorts = bool(lookup.sort) and after == lookup.sort[0][0]
    narrows = after in lookup.ranges
    if not found and not (not selective and (narrows or (sorts and lookup.limited))):
        return Service.NONE
    rest = [name for name, _ in wish.keys if name not in equal]
    if rest:
        return Service.FULL if after in rest or (held == 0 and (sorts or narrows)) else Service.LED
    if set(wish.columns) <= set(names[:held]) or len(wish.keys) == 1:
        return Service.FULL
    return Service.LED


def _usable(table: Table, lookup: Lookup, constant: dict[str, tuple[str, ...]]) -> list[Index]:
    found = []
    for path in table.access_paths():
        if not path.valid or path.method not in {"btree", "hash"} or not path.column_names:
            continue
        if path.predicate is not None:
            needed = set(columns_of(path.predicate))
            if not needed <= {*constant, *lookup.nulls, *lookup.equal, *lookup.ranges}:
                continue
        found.append(path)
    return found


def _indexed_by_the_engine(catalog: Catalog, table: Table) -> set[str]:
    if not catalog.engine.capabilities.indexes_foreign_keys_itself:
        return set()
    return {key.columns[0] for key in table.foreign_keys}
