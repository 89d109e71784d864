"""How the tables of one query lead to each other: from rows that conditions find to rows that are joined to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.queries import Comparison, Operand, QueryFact
from dbarchitect.catalog.refs import Ref

_EQUAL = frozenset({Comparison.EQUAL, Comparison.IN, Comparison.IS_NULL})
_TELLING = frozenset({Comparison.EQUAL, Comparison.IN, Comparison.RANGE, Comparison.PREFIX, Comparison.CONTAINS})
"""Comparisons that do not hold for NULL."""
_Key = tuple[str, ...]
_Way = tuple[Ref, Ref, bool, tuple[Ref, ...]]


@dataclass(frozen=True, slots=True)
class Link:
    """A way to a table's rows from another's: the columns here, the columns compared with values on the other side
    (`drivers`), and whether a limit leaves `few` rows there."""

    columns: tuple[str, ...]
    drivers: tuple[Ref, ...]
    few: bool = False


def links_of(query: QueryFact, table: Ref) -> tuple[Link, ...]:
    """The ways to a table's rows by joins, from where the query has something to begin with."""
    ways = list(_pairs(query))
    if not ways:
        return ()
    near: dict[_Key, list[_Key]] = defaultdict(list)
    here: dict[_Key, list[str]] = defaultdict(list)
    needed = _needed(query, ways)
    for one, other, outer, computed in ways:
        near[one.table_key].append(other.table_key)
        near[other.table_key].append(one.table_key)
        led = outer and other.table_key not in needed
        for ours, theirs in ((other, one),) if led else ((one, other), (other, one)):
            if ours.table_key == table.key and table not in computed:
                here[theirs.table_key].append(ours.columns[0])
    own = any(ref.table_key == table.key for ref in _compared(query))  # then a limit cuts after its rows are picked
    found = []
    compared = list(dict.fromkeys(_compared(query)))
    for neighbour, columns in here.items():
        beyond = _beyond(near, neighbour, table.key)
        drivers = tuple(ref for ref in compared if ref.table_key in beyond)
        main = query.table is not None and query.table.key in beyond
        few = main and query.limit is not None and not (_sorts_by(query, table) or own)
        if drivers or few:
            found.append(Link(tuple(dict.fromkeys(columns)), drivers, few))
    return tuple(found)


def _needed(query: QueryFact, ways: list[_Way]) -> set[_Key]:
    """The tables without a row of which a condition leaves nothing, so that an outer join to them is as good as an
    inner one: those with a column that WHERE compares with a value, and those by which these are joined."""
    needed = {
        p.column.table_key
        for p in query.predicates
        if p.comparison in _TELLING and not p.of_join and "null" not in p.constants
        if not (p.negated or p.optional or p.alternative) and p.operand is not Operand.COLUMN and p.function is None
    }
    grown = -1
    while len(needed) != grown:
        grown = len(needed)
        needed |= {one.table_key for one, other, *_ in ways if other.table_key in needed}
    return needed


def _sorts_by(query: QueryFact, table: Ref) -> bool:
    """Whether the rows are put in an order by this table's columns: then a limit cuts after it was joined."""
    return any(key.column is not None and key.column.table_key == table.key for key in query.ordering)


def _pairs(query: QueryFact) -> Iterator[_Way]:
    """The pairs of columns of two tables that are equal: by joins, and by conditions that compare them; whether an
    outer join makes them so, which begins with the rows of the first table, matched or not; and of which of the two
    the rows are computed before."""
    for join in query.joins:
        yield from ((a, b, join.outer, join.computed) for a, b in join.pairs if a.table_key != b.table_key)
    for predicate in query.predicates:
        other = predicate.other
        if predicate.operand is not Operand.COLUMN or other is None or predicate.comparison is not Comparison.EQUAL:
            continue
        bare = predicate.function is None and not predicate.negated and not predicate.alternative
        if bare and other.table_key != predicate.column.table_key:
            yield predicate.column, other, False, ()


def _compared(query: QueryFact) -> Iterator[Ref]:
    for predicate in query.predicates:
        sure = not (predicate.negated or predicate.optional or predicate.alternative) and predicate.function is None
        if sure and predicate.comparison in _EQUAL and predicate.operand is not Operand.COLUMN:
            yield predicate.column


def _beyond(near: dict[_Key, list[_Key]], start: _Key, without: _Key) -> set[_Key]:
    """The tables that a neighbour leads to without passing through the table itself."""
    seen = {without}
    stack = [start]
    while stack:
        key = stack.pop()
        if key not in seen:
            seen.add(key)
            stack.extend(near[key])
    return seen - {without}
