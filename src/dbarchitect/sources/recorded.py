"""Changes as operations of a migration: what kind each is, what it works on, what it costs a busy database."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import assert_never

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.members import Check, Column, Exclusion, ForeignKey, Index, Policy, Trigger, UniqueKey
from dbarchitect.catalog.migrations import Operation, OperationKind
from dbarchitect.catalog.objects import Catalog, Domain, Enum, Extension, Function, Sequence, View
from dbarchitect.catalog.refs import Kind, Origin, Ref
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
from dbarchitect.engines.registry import READABLE, engine

_LONGEST = 200
_FREE = Cost(None, blocks="nobody waits: the table is new")

_Described = tuple[OperationKind, Ref, str | None, Change]


def operations_of(
    change: Change,
    before: Catalog,
    *,
    new_tables: Collection[Ref] = (),
    statement: str = "",
    origin: Origin | None = None,
) -> Iterator[Operation]:
    """The operations that a change is, each with its cost in the state `before`.

    `before` need hold no more than the tables that the change names and those they refer to, with the engine;
    `new_tables` are the tables made earlier in the same migration. A change of several aspects of a column is one
    operation for each. The caller sets what only the written statement tells (`concurrently`, `in_transaction` …).
    """
    writer = engine(before.engine.name) if before.engine.name in READABLE else None
    fresh = {table.key for table in new_tables}
    for kind, object_, name, single in _described(change):
        on_new = object_.table is not None and object_.table_ref.key in fresh
        cost = writer.cost(single, before) if writer is not None and not isinstance(single, RunSql) else None
        if on_new and cost is not None and not isinstance(_member(single), ForeignKey):
            cost = _FREE
        yield Operation(
            kind,
            object_,
            shortened(statement),
            cost,
            on_new_table=on_new,
            not_valid=_not_valid(single),
            required=isinstance(single, AddColumn) and _required(single.column),
            name=None if kind is OperationKind.RENAME_COLUMN else name,
            value=name if kind is OperationKind.RENAME_COLUMN else None,
            origin=origin or Origin(),
        )


def shortened(statement: str) -> str:
    """A statement on one line, cut where it gets long."""
    text = " ".join(statement.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _required(column: Column) -> bool:
    return not column.nullable and column.default is None and column.generated is None and column.identity is None


def _member(change: Change) -> Member | None:
    return change.member if isinstance(change, Add) else None


def _not_valid(change: Change) -> bool:
    member = _member(change)
    return isinstance(member, Check | ForeignKey) and not member.validated


def _described(change: Change) -> Iterator[_Described]:
    match change:
        case CreateTable() | DropTable() | AddColumn() | DropColumn():
            yield _of_whole(change)
        case AlterColumn():
            yield from _altered(change)
        case SetPrimaryKey():
            if change.old is not None:
                yield OperationKind.DROP_CONSTRAINT, _key(change.table, change.old), change.old.name, change
            if change.new is not None:
                yield OperationKind.ADD_PRIMARY_KEY, _key(change.table, change.new), change.new.name, change
        case Add():
            kind = _ADDED[type(change.member)]
            yield kind, _address(change.table, change.member), change.member.name, change
        case Drop():
            kind = _DROPPED.get(type(change.member), OperationKind.DROP_CONSTRAINT)
            yield kind, _address(change.table, change.member), change.member.name, change
        case SetTableOptions():
            yield OperationKind.SET_TABLE_OPTIONS, change.new.ref, None, change
        case SetSecurity():
            yield OperationKind.OTHER, _standing(change.new), change.new.name, change
        case Create():
            yield _CREATED[type(change.object)], _standing(change.object), change.object.name, change
        case Remove():
            yield _REMOVED[type(change.object)], _standing(change.object), change.object.name, change
        case AddEnumValue():
            ref = Ref(Kind.ENUM, change.enum.schema, name=change.enum.name)
            yield OperationKind.ADD_ENUM_VALUE, ref, change.enum.name, change
        case RunSql():
            yield OperationKind.OTHER, Ref.database(), None, change
        case _:
            assert_never(change)


def _of_whole(change: CreateTable | DropTable | AddColumn | DropColumn) -> _Described:
    match change:
        case CreateTable():
            return OperationKind.CREATE_TABLE, change.table.ref, None, change
        case DropTable():
            return OperationKind.DROP_TABLE, change.table.ref, None, change
        case AddColumn():
            return OperationKind.ADD_COLUMN, change.table.column(change.column.name), None, change
        case DropColumn():
            return OperationKind.DROP_COLUMN, change.table.column(change.column.name), None, change
        case _:
            assert_never(change)


def _altered(change: AlterColumn) -> Iterator[_Described]:
    """One operation for each aspect that changes, in the order in which a server would be told."""
    old, new = change.old, change.new
    ref = change.table.column(new.name)
    if old.name != new.name:
        yield OperationKind.RENAME_COLUMN, change.table.column(old.name), new.name, change
    state = old
    if (old.type, old.collation) != (new.type, new.collation):
        after = replace(state, type=new.type, collation=new.collation)
        yield OperationKind.CHANGE_TYPE, ref, None, replace(change, old=state, new=after)
        state = after
    if old.nullable != new.nullable:
        after = replace(state, nullable=new.nullable)
        kind = OperationKind.DROP_NOT_NULL if new.nullable else OperationKind.SET_NOT_NULL
        yield kind, ref, None, AlterColumn(change.table, state, after)
        state = after
    if old.default != new.default:
        after = replace(state, default=new.default)
        kind = OperationKind.DROP_DEFAULT if new.default is None else OperationKind.SET_DEFAULT
        yield kind, ref, None, AlterColumn(change.table, state, after)
        state = after
    if replace(state, name=new.name) != new:
        yield OperationKind.ALTER_COLUMN, ref, None, AlterColumn(change.table, state, new)


_ADDED = {
    UniqueKey: OperationKind.ADD_UNIQUE,
    ForeignKey: OperationKind.ADD_FOREIGN_KEY,
    Check: OperationKind.ADD_CHECK,
    Exclusion: OperationKind.ADD_EXCLUSION,
    Index: OperationKind.CREATE_INDEX,
    Policy: OperationKind.CREATE_POLICY,
    Trigger: OperationKind.CREATE_TRIGGER,
}
_DROPPED = {
    Index: OperationKind.DROP_INDEX,
    Policy: OperationKind.DROP_POLICY,
    Trigger: OperationKind.DROP_TRIGGER,
}
_CREATED = {
    View: OperationKind.CREATE_VIEW,
    Enum: OperationKind.CREATE_TYPE,
    Domain: OperationKind.CREATE_TYPE,
    Sequence: OperationKind.OTHER,
    Function: OperationKind.CREATE_FUNCTION,
    Extension: OperationKind.CREATE_EXTENSION,
}
_REMOVED = {
    View: OperationKind.DROP_VIEW,
    Enum: OperationKind.DROP_TYPE,
    Domain: OperationKind.DROP_TYPE,
    Sequence: OperationKind.OTHER,
    Function: OperationKind.DROP_FUNCTION,
    Extension: OperationKind.OTHER,
}


def _key(table: Ref, key: UniqueKey) -> Ref:
    return table.over(key.columns, Kind.CONSTRAINT)


def _address(table: Ref, member: Member) -> Ref:
    if isinstance(member, Index):
        return table.over(member.column_names, Kind.INDEX, member.name)
    if isinstance(member, UniqueKey | ForeignKey):
        return table.over(member.columns, Kind.CONSTRAINT, member.name)
    if isinstance(member, Policy):
        return table.of(Kind.POLICY, member.name)
    if isinstance(member, Trigger):
        return table.of(Kind.TRIGGER, member.name)
    return table.over((), Kind.CONSTRAINT, member.name)


def _standing(thing: Standalone) -> Ref:
    kinds = {View: Kind.VIEW, Enum: Kind.ENUM, Domain: Kind.DOMAIN, Sequence: Kind.SEQUENCE, Function: Kind.FUNCTION}
    return Ref(kinds.get(type(thing), Kind.EXTENSION), thing.schema, name=thing.name)
