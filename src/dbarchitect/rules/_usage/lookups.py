"""How an application's code looks for rows: per table, by which columns every query finds, sorts and limits them.

A `Lookup` is one query's way to the rows of one table, also of a table that it only joins. Built once per `Code`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dbarchitect.catalog.queries import (
    Code,
    Comparison,
    Fetch,
    Idiom,
    Operand,
    Predicate,
    QueryFact,
    Use,
    Verb,
)
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.often import but, made_often
from dbarchitect.rules._code.queries import queries_at_work
from dbarchitect.rules._usage.idle import has_begun, reads_all_for_a_side
from dbarchitect.rules._usage.joins import Link, links_of
from dbarchitect.rules._usage.runners import Runner, runner_of

_SEARCHES = frozenset(
    {
        Comparison.CONTAINS,
        Comparison.SUFFIX,
        Comparison.PATTERN,
        Comparison.JSON,
        Comparison.CONTAINS_ELEMENT,
        Comparison.FULL_TEXT,
    }
)
_EQUAL = frozenset({Comparison.EQUAL, Comparison.IN, Comparison.IS_NULL})
_READS = frozenset({Verb.SELECT, Verb.UPDATE, Verb.DELETE, Verb.UPSERT})
_TAKES_FIRST = frozenset({Fetch.FIRST})
_UNSORTED = frozenset({Fetch.COUNT, Fetch.EXISTS})
_LISTS = frozenset({Idiom.PAGINATED, Idiom.ADMIN})


@made_often
@dataclass(frozen=True, slots=True)
class Lookup:
    """One way in which a query looks for rows of a table. Columns are names, each once.

    `equal` are compared with one value or a list of them (`among` those with a list), `ranges` from or up to a value,
    `searched` by words, patterns or parts of a document; `sort` is the order asked for, (column, descending), empty
    where it is none of this table's columns alone. `nulls` are those of `equal` that are asked to be
    null, `mentioned` all columns that the query compares in any way, also
    by `<>` or under a NOT; `constants` are the values known, by column. `joined` are those of
    `equal` by which a join finds the rows from another table's: `drivers` are the columns compared there, and `few`
    tells that a limit leaves few rows there; `onward` are those by which the rows that are found here lead on to the
    other table's, where it is this one that the search begins with. `sure` is 1, less where the condition stands on
    some ways through the code only or beside others in an OR: `beside` are the columns of its other sides. `partly`
    tells that parts of the query are not known. `sides` are the columns whose values each side of an OR asks for, where
    the rows are those of all sides together: each side by itself may find them.
    """

    query: QueryFact
    runner: Runner
    equal: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    searched: tuple[Predicate, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    limited: bool = False
    nulls: tuple[str, ...] = ()
    mentioned: frozenset[str] = frozenset()
    constants: tuple[tuple[str, tuple[str, ...]], ...] = ()
    joined: tuple[str, ...] = ()
    drivers: tuple[Ref, ...] = ()
    few: bool = False
    onward: tuple[str, ...] = ()
    sure: float = 1.0
    partly: bool = False
    beside: tuple[str, ...] = ()
    sides: tuple[tuple[str, ...], ...] = ()

    @property
    def is_page(self) -> bool:
        """Whether it gives a framework the rows of a list in a written order: it shows them by pages."""
        named = self.query.place.function.endswith(".get_queryset") and "order_by(" in self.query.text
        return self.query.fetch is Fetch.BUILT and Use.RETURNED in self.query.uses and named

    @property
    def in_loop(self) -> bool:
        """Whether it is run again for each turn of a loop."""
        return bool(self.query.place.loops)


def shape_of(lookup: Lookup) -> tuple[object, ...]:
    """All of a lookup that an index can serve or not: of one shape are the many queries that look by the same key."""
    query = lookup.query
    return (
        (query.verb, query.fetch, lookup.is_page),
        (lookup.equal, lookup.among, lookup.ranges, lookup.searched, lookup.sort, lookup.limited, lookup.nulls),
        (lookup.mentioned, lookup.constants, lookup.joined, lookup.drivers, lookup.few, lookup.onward, lookup.beside),
        lookup.sides,
    )


_OPTIONAL = 0.4
"""How much a condition counts that some callers leave out."""
_ALTERNATIVE = 0.4
"""How much one side of an OR counts: without an index for each side none serves."""

_EACH_SIDE = 0.8
"""The same where all sides compare this table's columns with a value: then each side is searched by itself."""

Lookups = Mapping[tuple[str, ...], tuple[Lookup, ...]]


@lru_cache(maxsize=4)
def lookups(code: Code) -> Lookups:
    """Every lookup of the application at work, by the key of its table; those of migrations left out."""
    found: dict[tuple[str, ...], list[Lookup]] = {}
    runs: dict[tuple[str | None, int | None, int | None], list[QueryFact]] = defaultdict(list)
    for query in code.queries:
        for origin in query.builders if query.fetch is not Fetch.BUILT else ():
            runs[_span(origin)].append(query)
    for query in queries_at_work(code):
        if _is_narrowed_by_all(query, runs.get(_span(query.origin), ())):
            continue
        runner = runner_of(code, query) if query.verb in _READS else Runner.MIGRATION
        if runner is Runner.MIGRATION:
            continue
        named = (*((query.table,) if query.table else ()), *query.tables)
        alone = all(ref is named[0] or ref == named[0] for ref in named[1:])
        for table in named[:1] if alone else dict.fromkeys(ref.table_ref for ref in named):
            for lookup in _of_table(query, table, runner):
                found.setdefault(table.key, []).append(lookup)
    return {key: tuple(each) for key, each in found.items()}


def _is_narrowed_by_all(query: QueryFact, runs: Sequence[QueryFact]) -> bool:
    """Whether a query is only begun here and whoever is seen to go on with it asks for more (`active().filter(…)`)."""
    begun = query.fetch is Fetch.BUILT and Use.RETURNED in query.uses and bool(runs)
    asked = {p.column.key for p in query.predicates}
    return begun and all({p.column.key for p in run.predicates if not p.optional} > asked for run in runs)


def _span(origin: Origin) -> tuple[str | None, int | None, int | None]:
    return origin.path, origin.start, origin.end


def lookups_of(code: Code, table: Ref) -> tuple[Lookup, ...]:
    """The lookups of one table."""
    return lookups(code).get(table.table_key, ())


@lru_cache(maxsize=4)
def named_columns(code: Code) -> frozenset[tuple[tuple[str, ...], str]]:
    """The columns that any query but an INSERT compares, sorts, groups, joins or aggregates by, beside their tables."""
    found: set[tuple[tuple[str, ...], str]] = set()
    for query in code.queries:
        if query.verb is Verb.INSERT:
            continue
        refs = [p.column for p in query.predicates]
        refs.extend(p.other for p in query.predicates if p.other is not None)
        refs.extend(key.column for key in query.ordering if key.column is not None)
        refs.extend(side for join in query.joins for pair in join.pairs for side in pair)
        refs.extend(a.column for a in query.aggregates if a.column is not None)
        for ref in (*refs, *query.grouping, *query.key):
            found.update((ref.table_key, name) for name in ref.columns)
    return frozenset(found)


def _of_table(query: QueryFact, table: Ref, runner: Runner) -> list[Lookup]:
    main = query.table is not None and query.table.key == table.key
    own = [p for p in query.predicates if p.column.table_key == table.key]
    partly = "where" in query.dynamic or any(p.optional for p in own)
    mentioned = frozenset(p.column.columns[0] for p in own)
    if query.verb is Verb.UPSERT:
        upsert = tuple(dict.fromkeys(c.columns[0] for c in query.key if c.table_key == table.key and c.columns))
        return [Lookup(query, runner, upsert, mentioned=mentioned, partly=partly)] if upsert and main else []
    sort, limited = (_sort(query, table), _is_limited(query)) if main else ((), False)
    links = links_of(query, table)
    if not (own or sort or links):
        return []
    plain = _joined_sides(query, [p for p in own if not p.negated and p.function is None and not _compares_rows(p)])
    sure = [p for p in plain if not p.optional and not p.alternative]
    lookups = [
        _lookup(query, runner, way, mentioned, sort, 1.0 if way is sure else _OPTIONAL, limited=limited, partly=partly)
        for way in (sure, *([*sure, *each] for each in _left_out(plain)))
    ]
    sides = [p for p in plain if p.alternative]
    if sides and not (main and reads_all_for_a_side(query, table)):
        worth = _EACH_SIDE if _all_sides_here(query, table) else _ALTERNATIVE
        either = [
            replace(
                _lookup(query, runner, [*sure, *same], mentioned, (), worth, limited=False, partly=partly),
                beside=tuple(dict.fromkeys(other.column.columns[0] for other in sides if other not in same)),
            )
            for same in ([p, *_along(p, sides)] for p in sides)
        ]
        # the OR may stand around the whole subquery
        lookups = [*(each for each in lookups if each.sure == worth or not links or main), *either]
        whole = _sides(query, table)
        lookups = [each if each.beside else replace(each, sides=whole) for each in lookups] if whole else lookups
    found = [_led(lookup, link) for lookup in lookups for link in links] or lookups
    if main and not links and _is_of_each(query, table):
        found = [replace(one, sort=()) for one in found]
    if "where" in query.dynamic and not query.predicates:  # the order of what is found in a way that is not known
        found = [replace(one, sort=()) for one in found]
    return [one for one in found if one.equal or one.ranges or one.searched or one.sort]


def _left_out(plain: list[Predicate]) -> Iterator[list[Predicate]]:
    """The conditions that some callers leave out, each with what is asked for along with it."""
    optional = [p for p in plain if p.optional and not p.alternative]
    seen: set[frozenset[Ref]] = set()
    for predicate in optional:
        way = [predicate, *_along(predicate, optional)]
        columns = frozenset(p.column for p in way)
        if len(way) == 1 or columns not in seen:
            yield way
        seen.add(columns)


def _sides(query: QueryFact, table: Ref) -> tuple[tuple[str, ...], ...]:
    """The columns whose values each side of an OR asks for, where every side asks for some of this table's; empty where
    one may be left out, or compares in another way."""
    found: list[tuple[str, ...]] = []
    for predicate in query.predicates:
        if not predicate.alternative:
            continue
        if predicate.optional or "where" in query.dynamic or predicate.column.table_key != table.key:
            return ()
        plain = predicate.comparison in {Comparison.EQUAL, Comparison.IN} and predicate.operand is not Operand.COLUMN
        own = (predicate.column,) if plain and not predicate.negated and predicate.function is None else ()
        found.append(tuple(c.columns[0] for c in (*own, *predicate.along) if c.table_key == table.key))
    return tuple(found) if all(found) else ()


def _along(predicate: Predicate, sides: list[Predicate]) -> list[Predicate]:
    """What the same side of an OR, or the same condition that may be left out, asks for besides."""
    columns = {ref.key for ref in predicate.along}
    return [p for p in sides if p is not predicate and p.column.key in columns]


def _joined_sides(query: QueryFact, plain: list[Predicate]) -> list[Predicate]:
    """The predicates, an OR of which all sides ask one column for values as what it is: a list of values."""
    sides = [p for p in query.predicates if p.alternative]
    if not sides:
        return plain
    one = len({p.column.key for p in sides}) == 1 and all(p in plain for p in sides)
    if not one or any(p.optional or p.comparison not in {Comparison.EQUAL, Comparison.IN} for p in sides):
        return plain
    listed = replace(sides[0], comparison=Comparison.IN, operand=Operand.PARAMETER, constants=(), alternative=False)
    return [*(p for p in plain if not p.alternative), listed]


def _all_sides_here(query: QueryFact, table: Ref) -> bool:
    """True for an OR of nothing but equalities of this table's columns."""
    sides = [p for p in query.predicates if p.alternative]
    return len(sides) == len(query.predicates) and all(
        p.comparison is Comparison.EQUAL
        and not (p.negated or p.case_insensitive or p.function)
        and p.column.table_key == table.key
        for p in sides
    )


def _is_of_each(query: QueryFact, table: Ref) -> bool:
    """Whether a query within another takes the first of the rows that belong to one of the outer query's."""
    pairs = (pair for join in query.joins if not join.outer for pair in join.pairs)
    joined = any(table.key in {side.table_key for side in pair} for pair in pairs)
    return query.fetch is Fetch.BUILT and query.limit is not None and joined and not query.predicates


def _led(lookup: Lookup, link: Link) -> Lookup:
    """The lookup as a join leads to it: by the columns of the join besides its own."""
    equal = (*link.columns, *(name for name in lookup.equal if name not in link.columns))
    joined = tuple(name for name in link.columns if name not in lookup.equal)  # the rest is compared with a value, too
    return but(lookup, equal=equal, joined=joined, drivers=link.drivers, few=link.few)


def _lookup(
    query: QueryFact,
    runner: Runner,
    predicates: list[Predicate],
    mentioned: frozenset[str],
    sort: tuple[tuple[str, bool], ...],
    sure: float,
    *,
    limited: bool,
    partly: bool,
) -> Lookup:
    """A lookup by these predicates."""
    equal: dict[str, None] = {}
    among: dict[str, None] = {}
    ranges: dict[str, None] = {}
    nulls: dict[str, None] = {}
    searched: list[Predicate] = []
    constants: list[tuple[str, tuple[str, ...]]] = []
    for p in predicates:
        name = p.column.columns[0]
        if p.comparison is Comparison.RANGE and has_begun(p, predicates):
            continue
        if p.comparison is Comparison.RANGE:
            ranges[name] = None
        elif p.comparison in _SEARCHES or p.case_insensitive:
            searched.append(p)
        elif p.comparison in _EQUAL:
            equal[name] = None
            if p.comparison is Comparison.IN and len(p.constants) != 1:
                among[name] = None
            elif p.comparison is Comparison.IS_NULL:
                nulls[name] = None
            if p.operand is Operand.CONSTANT:
                constants.append((name, p.constants))
    return Lookup(
        query,
        runner,
        tuple(equal),
        tuple(among),
        tuple(name for name in ranges if name not in equal),
        tuple(searched),
        sort,
        limited,
        tuple(nulls),
        mentioned,
        tuple(constants),
        sure=sure,
        partly=partly,
    )


def _compares_rows(predicate: Predicate) -> bool:
    """True where both sides are columns: a join written in WHERE, or two columns of one row."""
    return predicate.operand is Operand.COLUMN


def _sort(query: QueryFact, table: Ref) -> tuple[tuple[str, bool], ...]:
    """The order as far as columns of this table alone make it, from its first key on."""
    keys: list[tuple[str, bool]] = []
    for key in query.ordering:
        if key.column is None or key.function or key.column.table_key != table.key:
            break
        keys.append((key.column.columns[0], key.descending))
        if key.optional:  # the first of several orders that a caller may ask for
            return tuple(keys) if len(keys) == 1 else ()
    if query.verb is not Verb.SELECT or query.fetch in _UNSORTED:
        return ()
    whole = len(keys) == len(query.ordering) and not query.grouping and not query.aggregates
    return tuple(dict.fromkeys(keys)) if whole else ()


def _is_limited(query: QueryFact) -> bool:
    return query.limit is not None or query.fetch in _TAKES_FIRST or query.idiom in _LISTS
