"""The changes that lead from one catalog to another, in an order that can be executed.

Names that do not count in comparisons (of indexes and constraints) and positions, comments and origins make no
change. What no operation can alter in place (how a table is partitioned, a view's query, a function) goes and comes
again: for a table that loses its rows, and it is the plan's business to see that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from dbarchitect.catalog.members import ForeignKey
from dbarchitect.catalog.objects import Catalog, Enum, Table, View
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.change.apply import TABLE_OPTIONS, identity
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
from dbarchitect.change.order import order

_Name = tuple[str | None, str]
_FIXED = ("partitioning", "partition_of", "bound", "inherits", "strict", "without_rowid")
_MEMBERS = ("unique_keys", "foreign_keys", "checks", "exclusions", "indexes", "policies", "triggers")
_T = TypeVar("_T")


def diff(a: Catalog, b: Catalog) -> tuple[Change, ...]:
    """The changes that turn `a` into `b`, ordered. Empty where the two are equal.

    Both must be of one engine. Schemas that only `b` has are made by plain SQL, which `apply` does not follow.
    """
    schemas = [
        RunSql(b.engine.name, (f"create schema {_quoted(name)}",), (f"drop schema {_quoted(name)}",), f"schema {name}")
        for name in b.schemas
        if name not in a.schemas
    ]
    changes = [*_standalone(_things(a), _things(b)), *_tables(a, b)]
    return (*schemas, *order(changes))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _things(catalog: Catalog) -> tuple[Standalone, ...]:
    return (
        *catalog.extensions,
        *catalog.enums,
        *catalog.domains,
        *catalog.sequences,
        *catalog.functions,
        *catalog.views,
    )


def _standalone(a: Iterable[Standalone], b: Iterable[Standalone]) -> Iterator[Change]:
    before, after = {identity(thing): thing for thing in a}, {identity(thing): thing for thing in b}
    for key, thing in before.items():
        if key not in after:
            yield Remove(thing)
    for key, thing in after.items():
        old = before.get(key)
        if old is None:
            yield Create(thing)
        elif old != thing:
            yield from _altered(old, thing)


def _altered(old: Standalone, new: Standalone) -> Iterator[Change]:
    if isinstance(old, Enum) and isinstance(new, Enum) and [v for v in new.values if v in old.values] == [*old.values]:
        yield from _grown(old, new)
    elif isinstance(old, View) and isinstance(new, View) and replace(old, indexes=new.indexes) == new:
        yield from _members(old.indexes, new.indexes, old)
    elif isinstance(old, View) and isinstance(new, View) and not new.materialized and _switched(old, new) == new:
        yield SetSecurity(old, new)
    else:
        yield Remove(old)
        yield Create(new)


def _switched(old: View, new: View) -> View:
    return replace(old, security_invoker=new.security_invoker, security_barrier=new.security_barrier)


def _grown(old: Enum, new: Enum) -> Iterator[Change]:
    """One value after the other, each before the next that is there already."""
    for index, value in enumerate(new.values):
        if value not in old.values:
            later = next((v for v in new.values[index + 1 :] if v in old.values), None)
            yield AddEnumValue(old, value, later)
            at = len(old.values) if later is None else old.values.index(later)
            old = replace(old, values=(*old.values[:at], value, *old.values[at:]))


def _tables(a: Catalog, b: Catalog) -> Iterator[Change]:
    before: dict[_Name, Table] = {(table.schema, table.name): table for table in a.tables}
    after: dict[_Name, Table] = {(table.schema, table.name): table for table in b.tables}
    rebuilt = {
        key
        for key, table in after.items()
        if key in before and any(getattr(table, name) != getattr(before[key], name) for name in _FIXED)
    }
    moving = _Moving(frozenset(before[key].ref.key for key in rebuilt), frozenset(_retyped(before, after)))
    for key, table in before.items():
        if key not in after or key in rebuilt:
            yield DropTable(table)
    for key, table in after.items():
        old = before.get(key)
        if old is None or key in rebuilt:
            yield CreateTable(table)
        else:
            yield from _table(old, table, moving)


@dataclass(frozen=True, slots=True)
class _Moving:
    """What no foreign key may hold on to meanwhile: tables that go and come again, columns that change their type."""

    tables: frozenset[tuple[str, ...]]
    columns: frozenset[tuple[str, ...]]

    def holds(self, table: Table, member: Member) -> bool:
        """True for a foreign key, of this table, that has to go before and come again after."""
        if not isinstance(member, ForeignKey):
            return False
        own = (table.ref.column(name).key for name in member.columns)
        theirs = (member.referenced.column(name).key for name in member.referenced_columns)
        return member.referenced.table_ref.key in self.tables or any(key in self.columns for key in (*own, *theirs))


def _retyped(before: Mapping[_Name, Table], after: Mapping[_Name, Table]) -> Iterator[tuple[str, ...]]:
    """The columns of another type."""
    for key, old in before.items():
        new = after.get(key)
        for column in old.columns if new is not None else ():
            other = new.column(column.name) if new is not None else None
            if other is not None and other.type != column.type:
                yield old.ref.column(column.name).key


def _table(old: Table, new: Table, moving: _Moving) -> Iterator[Change]:
    """The changes of one table; foreign keys to what is moving go and come again."""
    ref = old.ref
    for column in old.columns:
        if new.column(column.name) is None:
            yield DropColumn(ref, column)
    for column in new.ordered_columns:
        known = old.column(column.name)
        if known is None:
            yield AddColumn(ref, column)
        elif known != column:
            yield AlterColumn(ref, known, column)
    if old.primary_key != new.primary_key:
        yield SetPrimaryKey(ref, old.primary_key, new.primary_key)
    if any(getattr(old, name) != getattr(new, name) for name in TABLE_OPTIONS):
        yield SetTableOptions(old, new)
    for name in _MEMBERS:
        members: Sequence[Member] = getattr(old, name)
        wanted: Sequence[Member] = getattr(new, name)
        yield from _members(
            [member for member in members if not moving.holds(old, member)],
            [member for member in wanted if not moving.holds(old, member)],
            old,
        )
        yield from (Drop(ref, member) for member in members if moving.holds(old, member))
        yield from (Add(ref, member) for member in wanted if moving.holds(old, member))


def _members(old: Sequence[Member], new: Sequence[Member], holder: Table | View) -> Iterator[Change]:
    ref = Ref(Kind.TABLE, holder.schema, holder.name)
    gone, come = _difference(old, new), _difference(new, old)
    yield from (Drop(ref, member) for member in gone)
    yield from (Add(ref, member) for member in come)


def _difference(these: Sequence[_T], those: Sequence[_T]) -> list[_T]:
    """What is in `these` and not in `those`, equal ones counted; of those the ones of the same name are matched."""
    rest, unmatched = list(those), []
    for item in these:
        twin = next((other for other in rest if other == item and _name_of(other) == _name_of(item)), None)
        if twin is None:
            unmatched.append(item)
        else:
            del rest[next(i for i, other in enumerate(rest) if other is twin)]
    found: list[_T] = []
    for item in unmatched:
        if item in rest:
            rest.remove(item)
        else:
            found.append(item)
    return found


def _name_of(member: object) -> object:
    return getattr(member, "name", None)
