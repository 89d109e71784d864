"""The index that a lookup would like best, and how far the indexes of a table already serve it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from enum import IntEnum

from dbarchitect.catalog.expressions import columns_of, functions_of
from dbarchitect.catalog.members import Column, Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Comparison, Fetch, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import Family
from dbarchitect.often import but
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.paths import is_indexed
from dbarchitect.rules._schema.references import telling_column, undeclared_targets
from dbarchitect.rules._schema.shape import foreign_keys_over, is_account, is_log, is_tenant, reference_columns
from dbarchitect.rules._usage.columns import (
    SELECTIVE,
    Worth,
    is_everywhere,
    is_prose,
    is_shared,
    marks_one,
    worth_of,
)
from dbarchitect.rules._usage.lookups import Lookup

_FEW = frozenset({Fetch.COUNT, Fetch.EXISTS, Fetch.FIRST})
_HANDFUL = phrases(
    "api key, access key, ssh key, gpg key, deploy key, public key, signing key, passkey, webhook, webhook endpoint, "
    "integration, payment method, notification channel, identity provider, member, membership"
)
"""Last words of tables of which each owner keeps a few rows, made by hand one by one."""
_OWNS = 4
"""Tables that refer to one whose rows own much."""
_MADE = 0.5
"""What the newest few are worth where the order is only that of their making, which most tables have: one owner has few
of what nobody gave a time of its own."""
_OF_EACH = 0.5
"""What a time is worth behind the key of a join: it cuts the few rows of each of many, not the many of one."""
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
    """The index that serves a lookup best, judged by the table's columns and not by the indexes that exist (but see
    `_within_tenant`). None where it is one side of an OR of which no index finds another: all rows are read for
    that."""
    sides = (table.column(name) for name in lookup.beside)
    if any(column is not None and is_prose(column) for column in sides):
        return None
    columns = ((name, table.column(name)) for name in lookup.equal)
    asked = {name: column for name, column in columns if column is not None and _can_be_sought(catalog, column)}
    known = {name: worth_of(catalog, table, column) for name, column in asked.items()}
    for name in known.keys() & set(lookup.nulls):
        if known[name] is not Worth.REFERENCE or _leads_to_itself(table, name):
            known[name] = Worth.FLAG  # most rows are merged into no other one, replaced by none
    ranked = sorted(known, key=lambda name: (known[name], lookup.equal.index(name)))
    equal = [name for name in ranked if known[name] in SELECTIVE]
    if equal and equal[0] in lookup.nulls:  # how many have none: half of the table
        equal = sorted(equal, key=lambda name: name in lookup.nulls)
        equal = equal if equal[0] not in lookup.nulls else []
    states = [name for name in ranked if known[name] is Worth.STATE]
    flags = [name for name in ranked if known[name] is Worth.FLAG]
    ranges = [name for name in lookup.ranges if table.column(name) is not None and name not in known]
    sort = _sort(table, lookup, known)
    if equal:
        near = _without_ancestors(catalog, table, lookup, equal)[:_MOST_EQUAL]
        wish = _of_selective(catalog, table, lookup, near, states, ranges, sort)
        return _within_tenant(catalog, table, wish, equal, lookup)
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


def _can_be_sought(catalog: Catalog, column: Column) -> bool:
    """Whether an index finds a whole value: not a long text, nor a document, which are compared by what they hold."""
    return not is_prose(column) and catalog.family(column.type) is not Family.JSON


def _moment(catalog: Catalog, table: Table, lookup: Lookup, ranges: list[str], sort: Keys) -> Wish | None:
    """The index on the time that a query takes the oldest or the newest rows by, whatever state it asks for besides:
    what is due, what has expired, the last twenty."""
    times = [name for name in ranges if _is_time(catalog, table, name)]
    if times:
        acts = lookup.limited or lookup.query.verb is not Verb.SELECT or lookup.query.fetch in _FEW
        purges = lookup.query.verb is Verb.DELETE
        return Wish(times[0], ((times[0], False),), 1.2 if purges else 1.0 if acts else 0.8, 0.0)
    if sort and _is_time(catalog, table, sort[0][0]):
        ran = lookup.query.fetch is not Fetch.BUILT
        gain = 0.8 if lookup.limited else 0.7 if lookup.is_page else 0.4 if ran else 0.2
        return Wish(sort[0][0], sort[:1], gain, 0.0)
    return None


def resolved(catalog: Catalog, table: Table, lookup: Lookup) -> Lookup:
    """The lookup as the schema lets it be understood: joins that lead from too many rows left out, and with the column
    that tells which table a reference points at."""
    lookup = _by_sides(catalog, table, _driven(catalog, lookup))
    columns = (table.column(name) for name in lookup.equal)
    told = next((kind for column in columns if column is not None and (kind := telling_column(column))), None)
    if told is None or told in lookup.equal or table.column(told) is None:
        return lookup
    return but(lookup, equal=(told, *lookup.equal))


def _by_sides(catalog: Catalog, table: Table, lookup: Lookup) -> Lookup:
    """The lookup without its order where each side of an OR leaves few rows: these are found first, and then sorted."""
    narrow = [
        any((c := table.column(name)) is not None and worth_of(catalog, table, c) in SELECTIVE for name in side)
        for side in lookup.sides
    ]
    return replace(lookup, sort=(), limited=False) if narrow and all(narrow) else lookup


def _driven(catalog: Catalog, lookup: Lookup) -> Lookup:
    """The lookup without its join where that leads from too many rows to be followed one by one; and without its order
    where the join leads from more than one."""
    if not lookup.joined:
        return lookup
    by_table: dict[Ref, set[str]] = defaultdict(set)
    selective = lookup.few
    nulls = {p.column for p in lookup.query.predicates if p.comparison is Comparison.IS_NULL}
    for ref in lookup.drivers:
        table = catalog.table(ref)
        column = table.column(ref.columns[0]) if table is not None else None
        if table is not None and column is not None:
            by_table[table.ref].add(column.name)
            # how many have none: half of the table
            selective = selective or (ref not in nulls and worth_of(catalog, table, column) in SELECTIVE)
    if not selective:
        own = tuple(name for name in lookup.equal if name not in lookup.joined)
        return replace(lookup, equal=own, joined=(), onward=lookup.joined)
    one = any((table := catalog.table(ref)) is not None and table.is_key(names) for ref, names in by_table.items())
    return lookup if one else replace(lookup, sort=(), limited=False)


def _marks_one(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and marks_one(column)


def _is_time(catalog: Catalog, table: Table, name: str) -> bool:
    """True for a column of moments: what is sorted by it is asked for newest first."""
    column = table.column(name)
    return column is not None and worth_of(catalog, table, column) is Worth.TIME


def _of_selective(
    catalog: Catalog, table: Table, lookup: Lookup, equal: list[str], states: list[str], ranges: list[str], sort: Keys
) -> Wish:
    """The index for rows that are found by equality with something that narrows: an owner, a token."""
    worth = {name: worth_of(catalog, table, c) for name in equal if (c := table.column(name)) is not None}
    alone = 1.0 if worth[equal[0]] in {Worth.REFERENCE, Worth.IDENTIFIER} else 0.7
    if equal[0] in lookup.joined:
        alone *= 0.7
    lead = tuple((name, False) for name in equal if name not in lookup.among or name == equal[0])
    owner = worth[equal[0]] is Worth.REFERENCE
    told = any(telling_column(c) == equal[0] for name in equal if (c := table.column(name)) is not None)
    if not owner:
        newest = sort if sort and lookup.limited and len(equal) == 1 and _is_time(catalog, table, sort[0][0]) else ()
        found = table.column(equal[0])
        shared = found is not None and is_shared(found)
        references = reference_columns(table)
        onward = tuple((name, False) for name in lookup.onward if shared and name in references)[:1]
        rest = newest or onward
        return Wish(equal[0], (*lead[:1], *rest), alone, 0.4 if rest else 0.0)
    rest, gain = _after_owner(catalog, table, lookup, equal, ranges, sort)
    gain *= _OF_EACH if equal[0] in lookup.joined else 1.0
    among = [*states, *(name for name in lookup.equal if _marks_one(table, name))]
    if not rest and among and len(lead) == 1:
        rest, gain = ((among[0], False),), 0.25
    if told:
        gain = max(gain, 0.8)
    elif not rest and len(lead) > 1:
        gain = 0.4
    return Wish(equal[0], (*lead, *rest), alone, gain)


def _within_tenant(catalog: Catalog, table: Table, wish: Wish, equal: list[str], lookup: Lookup) -> Wish:
    """The wish with the tenant before the thing of the tenant's that implies it, where the rows of that thing are put
    in an order or cut by a time: the index of an application of tenants begins with the one that its queries compare,
    and then serves those by the tenant alone as well. Not where the thing has no index yet: then this is to be its."""
    parents = {key.columns[0]: catalog.table(key.referenced) for key in table.foreign_keys if len(key.columns) == 1}
    above = [name for name in equal if (parent := parents.get(name)) is not None and is_tenant(parent)]
    told = above[:1] if len(wish.keys) > 1 and wish.lead not in above and not set(above) & set(wish.columns) else []
    rest = wish.columns[-1] not in equal
    if not told or told[0] in {*lookup.among, *lookup.nulls, *lookup.joined} or not rest:
        return wish
    if not is_indexed(table, (wish.lead,)):
        return wish
    return replace(wish, lead=told[0], keys=((told[0], False), *wish.keys))


def _after_owner(
    catalog: Catalog, table: Table, lookup: Lookup, equal: list[str], ranges: list[str], sort: Keys
) -> tuple[Keys, float]:
    """What follows the owner in an index, and what that is worth: most where the newest few of many are shown."""
    newest = bool(sort) and _is_time(catalog, table, sort[0][0])
    ordered = equal[0] not in lookup.among
    many = 1.0 if _has_many(catalog, table, equal[0]) else 0.25 if _is_handful(table) else 0.5
    made = table.column(sort[0][0]) if sort else None
    if made is not None and is_everywhere(catalog, made):
        many *= _MADE
    if newest and lookup.limited and ordered:
        return sort, 0.9 * many
    if ranges:
        return ((ranges[0], False),), 0.7 * many
    if newest and ordered and not _is_handful(table):
        return sort[:1], 0.3
    columns = [column for name in equal if (column := table.column(name)) is not None]
    if sort and ordered and all(worth_of(catalog, table, column) is Worth.REFERENCE for column in columns):
        return sort[:1], max(0.4 if lookup.limited else 0.12, 0.4 if len(equal) > 1 else 0.0)
    return (), 0.0


def _leads_to_itself(table: Table, column: str) -> bool:
    return any(key.referenced.table_ref.key == table.ref.key for key in foreign_keys_over(table, (column,)))


def _without_ancestors(catalog: Catalog, table: Table, lookup: Lookup, equal: list[str]) -> list[str]:
    """The columns without those that another implies: who names a version need not name its project."""
    parents = {key.columns[0]: catalog.table(key.referenced) for key in table.foreign_keys if len(key.columns) == 1}
    implied = {
        name
        for name in equal
        for other in equal
        if other not in lookup.nulls
        if (above := parents.get(name)) is not None and (below := parents.get(other)) is not None and above is not below
        if any(key.referenced.table_ref.key == above.ref.key for key in below.foreign_keys)
    }
    return [name for name in equal if name not in implied] or equal


def _has_many(catalog: Catalog, table: Table, column: str) -> bool:
    """True where one referenced row may have very many rows here: this is a log, or that is what much belongs to (an
    account, a tenant, a thing that several tables refer to)."""
    if is_log(table):
        return True
    if _is_handful(table):
        return False
    parents = [catalog.table(key.referenced) for key in table.foreign_keys if key.columns == (column,)]
    if not parents and (target := undeclared_targets(table, catalog).get(column)) is not None:
        parents = [target]
    return any(p is None or is_account(p) or is_tenant(p) or _referring(catalog)[p.ref.key] >= _OWNS for p in parents)


def _is_handful(table: Table) -> bool:
    return _HANDFUL.ends("_".join(thing_words(table)))


def _referring(catalog: Catalog) -> Counter[tuple[str, ...]]:
    """How many tables refer to each."""
    return catalog.derive(_count_referring)


def _count_referring(catalog: Catalog) -> Counter[tuple[str, ...]]:
    found = {(key.referenced.table_ref.key, table.ref.key) for table in catalog.tables for key in table.foreign_keys}
    return Counter(parent for parent, _ in found)


def _sort(table: Table, lookup: Lookup, known: dict[str, Worth]) -> Keys:
    """The keys of the order that an index has to hold: none where a unique one leads (rows are found in its order by
    that index), and none after one that no two rows share."""
    key = table.primary_key.columns if table.primary_key else ()
    keys = [(name, down) for name, down in lookup.sort if name not in known and table.column(name) is not None]
    if not keys or keys[0][0] in key:
        return ()
    taken = [pair for pair in keys if pair[0] not in key]
    return tuple(taken) if len(taken) <= 2 else tuple(taken[:1])  # an index of many keys for one order is too much


def service(catalog: Catalog, table: Table, lookup: Lookup, wish: Wish) -> Service:
    """How far the table's indexes serve a lookup."""
    equal = set(lookup.equal)
    if table.is_key(equal) or _is_found_by_expression(table, lookup):
        return Service.FULL
    best = Service.NONE
    columns = [column for name in equal - set(lookup.nulls) if (column := table.column(name)) is not None]
    selective = {column.name for column in columns if worth_of(catalog, table, column) in SELECTIVE}
    for path in _usable(table, lookup):
        best = max(best, _by(table, path, lookup, wish, selective, equal))
    if best is Service.NONE and wish.lead in _indexed_by_the_engine(catalog, table):
        return Service.LED
    return best


def _is_found_by_expression(table: Table, lookup: Lookup) -> bool:
    """Whether an index over an expression (`lower(address)`) finds the rows, whatever else is asked of them."""
    asked = {
        (p.function, p.column.columns[0])
        for p in lookup.query.predicates
        if p.function is not None
        and p.column.table_key == table.ref.key
        and p.comparison in {Comparison.EQUAL, Comparison.IN}
        and not (p.negated or p.optional or p.alternative)
    }
    leading = (path.columns[0].expression for path in table.access_paths() if path.columns) if asked else ()
    return any(
        (function, column) in asked
        for found in leading
        if found is not None
        for function in functions_of(found)
        for column in columns_of(found)
    )


def _by(table: Table, path: Index, lookup: Lookup, wish: Wish, selective: set[str], equal: set[str]) -> Service:
    names = path.column_names
    held = 0
    while held < len(names) and names[held] in equal:
        held += 1
    after = names[held] if held < len(names) else None
    within = set(columns_of(path.predicate)) & equal if path.predicate is not None else set[str]()
    # a state or a flag finds too many rows to stand for an index on the time
    stated = bool(within) or (held > 0 and wish.lead in equal)
    found = bool(selective & set(names[:held])) if selective else stated
    order = [name for name, _ in lookup.sort if name not in equal]
    sorts = bool(order) and after == order[0]
    narrows = after in lookup.ranges
    if held == 0 and narrows and set(wish.columns) <= set(names):
        return Service.FULL  # made for this very query, the range first
    if not found and not (not selective and (narrows or sorts)):
        return Service.NONE
    rest = [name for name, _ in wish.keys if name not in equal]
    if rest:
        return Service.FULL if after in rest or (held == 0 and (sorts or narrows)) else Service.LED
    if set(wish.columns) <= set(names[:held]) or len(wish.keys) == 1:
        return Service.FULL
    told = any(telling_column(column) == wish.lead for name in equal if (column := table.column(name)))
    with_state = len(wish.keys) == 2 and wish.columns[1] not in selective
    return Service.LED if (told or with_state) and held == 1 and names[0] == wish.lead else Service.FULL


def _usable(table: Table, lookup: Lookup) -> list[Index]:
    """The indexes that may serve it: those of fewer rows where the query compares what they leave out by."""
    return [
        path
        for path in table.access_paths()
        if path.valid and path.method in {"btree", "hash"} and path.column_names
        if path.predicate is None or set(columns_of(path.predicate)) <= {*lookup.mentioned, *lookup.equal}
    ]


def _indexed_by_the_engine(catalog: Catalog, table: Table) -> set[str]:
    if not catalog.engine.capabilities.indexes_foreign_keys_itself:
        return set()
    return {key.columns[0] for key in table.foreign_keys}
