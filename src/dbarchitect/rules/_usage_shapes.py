"""The index that a lookup would like best, and how far the indexes of a table already serve it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import IntEnum

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Fetch, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.rules._references import telling_column
from dbarchitect.rules._usage import Lookup
from dbarchitect.rules._usage_columns import SELECTIVE, Worth, worth_of

_FEW = frozenset({Fetch.COUNT, Fetch.EXISTS, Fetch.FIRST})
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
    ranked = sorted(known, key=lambda name: known[name])
    equal = [name for name in ranked if known[name] in SELECTIVE]
    states = [name for name in ranked if known[name] is Worth.STATE]
    flags = [name for name in ranked if known[name] is Worth.FLAG]
    ranges = [name for name in lookup.ranges if table.column(name) is not None and name not in known]
    sort = _sort(table, lookup, known)
    if equal:
        return _of_selective(catalog, table, lookup, equal[:_MOST_EQUAL], states, ranges, sort, known)
    moment = _moment(catalog, table, lookup, ranges, sort)
    if moment is not None:
        return moment
    if states:
        return Wish(states[0], ((states[0], False),), 0.4, 0.0)
    if ranges:
        return Wish(ranges[0], ((ranges[0], False),), 0.5, 0.0)
    if sort and not flags:
        return Wish(sort[0][0], sort[:1], 0.4 if lookup.limited else 0.2, 0.0)
    return Wish(flags[0], ((flags[0], False),), 0.12, 0.0) if flags else None


def _moment(catalog: Catalog, table: Table, lookup: Lookup, ranges: list[str], sort: Keys) -> Wish | None:
    """The index on the time that a query takes the oldest or the newest rows by, whatever state it asks for besides:
    what is due, what has expired, the last twenty."""
    times = [name for name in ranges if _is_time(catalog, table, name)]
    if times:
        acts = lookup.limited or lookup.query.verb is not Verb.SELECT or lookup.query.fetch in _FEW
        return Wish(times[0], ((times[0], False),), 1.0 if acts else 0.8, 0.0)
    if sort and _is_time(catalog, table, sort[0][0]):
        return Wish(sort[0][0], sort[:1], 0.8 if lookup.limited else 0.45, 0.0)
    return None


def resolved(catalog: Catalog, table: Table, lookup: Lookup) -> Lookup:
    """The lookup as the schema lets it be understood: joins that lead from too many rows left out, and with the column
    that tells which table a reference points at."""
    lookup = _driven(catalog, lookup)
    columns = (table.column(name) for name in lookup.equal)
    told = next((kind for column in columns if column is not None and (kind := telling_column(column))), None)
    if told is None or told in lookup.equal or table.column(told) is None:
        return lookup
    return replace(lookup, equal=(told, *lookup.equal))


def _driven(catalog: Catalog, lookup: Lookup) -> Lookup:
    """The lookup without its join where that leads from too many rows to be followed one by one; and without its order
    where the join leads from more than one."""
    if not lookup.joined:
        return lookup
    by_table: dict[Ref, set[str]] = defaultdict(set)
    selective = lookup.few
    for ref in lookup.drivers:
        table = catalog.table(ref)
        column = table.column(ref.columns[0]) if table is not None else None
        if table is not None and column is not None:
            by_table[table.ref].add(column.name)
            selective = selective or worth_of(catalog, table, column) in SELECTIVE
    if not selective:
        return replace(lookup, equal=tuple(name for name in lookup.equal if name not in lookup.joined), joined=())
    one = any((table := catalog.table(ref)) is not None and table.is_key(names) for ref, names in by_table.items())
    return lookup if one else replace(lookup, sort=(), limited=False)


def _is_time(catalog: Catalog, table: Table, name: str) -> bool:
    """True for a column of moments: what is sorted by it is asked for newest first."""
    column = table.column(name)
    return column is not None and worth_of(catalog, table, column) is Worth.TIME


def _of_selective(
    catalog: Catalog,
    table: Table,
    lookup: Lookup,
    equal: list[str],
    states: list[str],
    ranges: list[str],
    sort: Keys,
    known: dict[str, Worth],
) -> Wish:
    alone = 1.0 if known[equal[0]] in {Worth.REFERENCE, Worth.IDENTIFIER} else 0.7
    if equal[0] in lookup.joined:
        alone *= 0.7
    lead = tuple((name, False) for name in equal if name not in lookup.among or name == equal[0])
    owner = known[equal[0]] is Worth.REFERENCE
    single = len(equal) == 1 or (owner and len(equal) == 2)
    if sort and lookup.limited and single and equal[0] not in lookup.among:
        newest = _is_time(catalog, table, sort[0][0])
        return Wish(equal[0], (*lead, *sort), alone, (0.9 if newest else 0.5) if owner else 0.4)
    if ranges and owner:
        return Wish(equal[0], (*lead, (ranges[0], False)), alone, 0.7)
    if sort and owner and equal[0] not in lookup.among:
        return Wish(equal[0], (*lead, *sort[:1]), alone, 0.3 if _is_time(catalog, table, sort[0][0]) else 0.12)
    if len(lead) > 1 and owner:
        told = any(telling_column(c) == equal[0] for name in equal if (c := table.column(name)) is not None)
        return Wish(equal[0], lead, alone, 0.8 if told else 0.4)
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
        best = max(best, _by(table, path, lookup, wish, selective, equal))
    if best is Service.NONE and wish.lead in _indexed_by_the_engine(catalog, table):
        return Service.LED
    return best


def _by(table: Table, path: Index, lookup: Lookup, wish: Wish, selective: set[str], equal: set[str]) -> Service:
    names = path.column_names
    held = 0
    while held < len(names) and names[held] in equal:
        held += 1
    after = names[held] if held < len(names) else None
    found = bool(selective & set(names[:held])) if selective else held > 0
    order = [name for name, _ in lookup.sort if name not in equal]
    sorts = bool(order) and after == order[0]
    narrows = after in lookup.ranges
    if not found and not (not selective and (narrows or sorts)):
        return Service.NONE
    rest = [name for name, _ in wish.keys if name not in equal]
    if rest:
        return Service.FULL if after in rest or (held == 0 and (sorts or narrows)) else Service.LED
    if set(wish.columns) <= set(names[:held]) or len(wish.keys) == 1:
        return Service.FULL
    told = any(telling_column(column) == wish.lead for name in equal if (column := table.column(name)))
    return Service.LED if told and held == 1 and names[0] == wish.lead else Service.FULL


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
