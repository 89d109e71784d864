"""The order in which a set of changes can be executed.

What depends goes before what it depends on, and comes after it: views, triggers and policies go first and come last;
foreign keys go before keys and tables, and come after them. Among themselves tables stand in the order of their
references; where those run in a circle, or lead to something that comes later, the foreign key becomes a change of
its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import assert_never

from dbarchitect.catalog.members import Check, Exclusion, ForeignKey, Index, Policy, Trigger, UniqueKey
from dbarchitect.catalog.objects import Domain, Enum, Extension, Function, Sequence, Table, View
from dbarchitect.catalog.refs import Ref
from dbarchitect.change.apply import identity, without_member
from dbarchitect.change.operations import (
    Add,
    AddColumn,
    AddEnumValue,
    AlterColumn,
    Change,
    Create,
    CreateTable,
    Drop,
    DropColumn,
    DropTable,
    Member,
    Remove,
    RunSql,
    SetPrimaryKey,
    SetSecurity,
    SetTableOptions,
    Standalone,
)

_Key = tuple[str, ...]


def _address(ref: Ref) -> _Key:
    return (ref.schema or "", ref.table or "")


def order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The same changes in an order that works. `RunSql` keeps its place: nothing moves past it."""
    ordered: list[Change] = []
    segment: list[Change] = []
    for change in changes:
        if isinstance(change, RunSql):
            ordered += [*_ordered(segment), change]
            segment = []
        else:
            segment.append(change)
    return (*ordered, *_ordered(segment))


def _ordered(changes: list[Change]) -> Iterator[Change]:
    replaced = {identity(change.object) for change in changes if isinstance(change, Create)}
    changes = list(_tables_last_first(_tables_first_last(changes)))
    yield from sorted(changes, key=lambda change: _rank(change, replaced))


def _rank(change: Change, replaced: set[_Key]) -> int:  # noqa: C901 - one arm for each
    match change:
        case Drop(_, member):
            return _DROPPED[_kind(member)]
        case SetPrimaryKey(_, _, None):
            return 14
        case DropTable():
            return 15
        case Remove(thing):
            return _removed(thing, replaced)
        case Create(thing):
            return _CREATED[_kind(thing)]
        case AddEnumValue():
            return 32
        case CreateTable():
            return 40
        case AddColumn():
            return 41
        case AlterColumn() | SetTableOptions():
            return 42
        case SetSecurity():
            return 52
        case DropColumn():
            return 48
        case SetPrimaryKey():
            return 44
        case Add(_, member):
            return _ADDED[_kind(member)]
        case RunSql():
            return 0
        case _:
            assert_never(change)


_DROPPED: Mapping[type, int] = {
    Trigger: 11,
    Policy: 11,
    ForeignKey: 12,
    Check: 13,
    Exclusion: 13,
    Index: 13,
    UniqueKey: 14,
}
_ADDED: Mapping[type, int] = {
    UniqueKey: 45,
    Index: 46,
    Check: 46,
    Exclusion: 46,
    ForeignKey: 47,
    Policy: 51,
    Trigger: 51,
}
_CREATED: Mapping[type, int] = {Extension: 30, Enum: 31, Domain: 33, Sequence: 34, Function: 35, View: 50}
_REMOVED: Mapping[type, int] = {Function: 0, Sequence: 1, Domain: 2, Enum: 3, Extension: 4}


def _kind(thing: Member | Standalone) -> type:
    return type(thing)


def _removed(thing: Standalone, replaced: set[_Key]) -> int:
    """Views go first; the rest once nothing uses it any more, unless it makes room for its new self."""
    if isinstance(thing, View):
        return 10
    return _REMOVED[_kind(thing)] + (20 if identity(thing) in replaced else 60)


def _tables_first_last(changes: list[Change]) -> Iterator[Change]:
    """New tables after those that they refer to, everything else after them all."""
    new = {_address(change.table.ref): change.table for change in changes if isinstance(change, CreateTable)}
    late = set(_altered(changes))
    order_of, circular = _sorted(new)
    for key in order_of:
        table, split = new[key], []
        for foreign_key in table.foreign_keys:
            target = _address(foreign_key.referenced)
            if target != key and (target in late or (key, target) in circular):
                split.append(foreign_key)
        for foreign_key in split:
            table = without_member(table, foreign_key)
        yield CreateTable(table)
        yield from (Add(table.ref, foreign_key) for foreign_key in split)
    yield from (change for change in changes if not isinstance(change, CreateTable))


def _altered(changes: Iterable[Change]) -> Iterator[_Key]:
    """The tables that get what a foreign key may need only after the new tables are made."""
    for change in changes:
        match change:
            case (
                AddColumn(ref, _) | AlterColumn(ref, _, _) | SetPrimaryKey(ref, _, _) | Add(ref, UniqueKey() | Index())
            ):
                yield _address(ref)


def _tables_last_first(changes: Iterable[Change]) -> Iterator[Change]:
    """Tables go before those that they refer to."""
    changes = list(changes)
    old = {_address(change.table.ref): change.table for change in changes if isinstance(change, DropTable)}
    order_of, circular = _sorted(old)
    for key in reversed(order_of):
        table = old[key]
        for foreign_key in table.foreign_keys:
            if (key, _address(foreign_key.referenced)) in circular:
                yield Drop(table.ref, foreign_key)
                table = without_member(table, foreign_key)
        yield DropTable(table)
    yield from (change for change in changes if not isinstance(change, DropTable))


def _sorted(tables: Mapping[_Key, Table]) -> tuple[list[_Key], set[tuple[_Key, _Key]]]:
    """The tables with the referenced ones first, and the references that had to be left out for it."""
    needs = {key: {needed for needed in _needed(table) if needed in tables and needed != key}
             for key, table in sorted(tables.items())}  # fmt: skip
    left_out: set[tuple[_Key, _Key]] = set()
    while True:
        try:
            return list(TopologicalSorter(needs).static_order()), left_out
        except CycleError as error:
            circle: list[_Key] = error.args[1]
            # graphlib lists a circle so that each one is needed by the next
            for needed, key in pairwise(circle):
                if _is_reference(tables[key], needed):
                    needs[key].discard(needed)
                    left_out.add((key, needed))
                    break
            else:
                raise  # tables cannot inherit in a circle


def _is_reference(table: Table, needed: _Key) -> bool:
    return needed not in {_address(ref) for ref in _parents(table)}


def _parents(table: Table) -> tuple[Ref, ...]:
    return (*table.inherits, table.partition_of) if table.partition_of is not None else table.inherits


def _needed(table: Table) -> set[_Key]:
    keys = {_address(foreign_key.referenced) for foreign_key in table.foreign_keys}
    return keys | {_address(ref) for ref in _parents(table)}
