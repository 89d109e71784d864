"""The record of what statements do while they are replayed: the operations of one migration, one after the other.

A dialect's replay tells a `Record` what each statement is; what happened to the schema meanwhile it sees by itself,
through the traces that the `Schema` keeps. Nothing of this runs where nobody asks for a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.members import ForeignKey
from dbarchitect.catalog.migrations import Operation, OperationKind
from dbarchitect.catalog.objects import Catalog, Domain, Enum, Function, Table, View
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.change.apply import TABLE_OPTIONS
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
    SetPrimaryKey,
    SetTableOptions,
    Standalone,
)
from dbarchitect.engines.postgresql import locks
from dbarchitect.sources.recorded import operations_of, shortened
from dbarchitect.sources.sqlfiles.schema import Key, Schema, Traces

_MEMBERS = ("unique_keys", "foreign_keys", "checks", "exclusions", "indexes", "policies", "triggers")
_STANDALONE = ("views", "enums", "domains", "functions", "extensions")
_NOBODY = Cost(None, blocks="nobody waits: the table is new")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Said:
    """What the text of a statement tells of all its operations, beside what happened to the schema."""

    statement: str
    origin: Origin
    concurrently: bool = False
    using_index: bool = False
    cascade: bool = False
    conditional: bool = False


@dataclass
class Record:
    """The operations of one migration so far, and what has to be known to judge the next.

    `new_tables` are the tables and views made since the migration began; `in_transaction` is true while statements run
    inside a transaction, the tool's or the file's own; `reversible` is handed on to every operation. `standalone`: the
    tool takes CONCURRENTLY, VACUUM and CLUSTER out of its transaction. `sent_at_once`: all statements go to the server
    in one message, so that after a COMMIT among them the next transaction begins by itself.
    """

    schema: Schema
    engine: EngineInfo
    in_transaction: bool = True
    reversible: bool = True
    standalone: bool = False
    sent_at_once: bool = False
    new_tables: set[Key] = field(default_factory=set)
    operations: list[Operation] = field(default_factory=list)
    _things: dict[str, dict[object, Standalone]] = field(default_factory=dict)
    _around: tuple[tuple[Domain, ...], tuple[Function, ...], Catalog] | None = None

    def begin(self, *, in_transaction: bool = True, reversible: bool = True) -> None:
        """A new migration begins: what it makes is new, nothing else is."""
        self.in_transaction, self.reversible = in_transaction, reversible
        self.new_tables, self.operations = set(), []
        self.schema.traces = Traces()

    def end(self) -> tuple[Operation, ...]:
        """The operations of the migration; nothing is traced any more."""
        self.schema.traces = None
        return tuple(self.operations)

    def watch(self) -> None:
        """From here on, what changes belongs to the next statement."""
        self.schema.traces = Traces()
        self._things = {name: dict(getattr(self.schema, name)) for name in _STANDALONE}

    def add(self, kind: OperationKind, object_: Ref, said: Said, cost: Cost | None, **more: object) -> None:
        """Add an operation that the schema does not show."""
        on_new = self.is_new(object_)
        if on_new and cost is not None and kind is not OperationKind.SET:
            cost = _NOBODY
        operation = Operation(
            kind,
            object_,
            shortened(said.statement),
            cost,
            on_new_table=on_new,
            concurrently=said.concurrently,
            using_index=said.using_index,
            cascade=said.cascade,
            conditional=said.conditional,
            in_transaction=self._inside(said, kind),
            reversible=self.reversible,
            origin=said.origin,
        )
        self.operations.append(replace(operation, **more) if more else operation)  # type: ignore[arg-type]

    def add_changes(self, changes: Iterable[Change], said: Said, before: Sequence[Table] = ()) -> None:
        """Add the operations that changes of the schema are; `before` are the tables that they are judged against."""
        fresh = [Ref.of_table(name, schema) for schema, name in self.new_tables]
        catalog = self._catalog(before)
        for change in changes:
            made = change.object if isinstance(change, Create) else None
            if isinstance(made, View) and (made.schema, made.name) not in self._things["views"]:
                self.new_tables.add((made.schema, made.name))
            for operation in operations_of(
                self._without_new_references(change),
                catalog,
                new_tables=fresh,
                statement=said.statement,
                origin=said.origin,
            ):
                self.operations.append(
                    replace(
                        operation,
                        cost=self._lighter(operation, said, change),
                        concurrently=said.concurrently,
                        using_index=said.using_index,
                        cascade=said.cascade,
                        conditional=said.conditional,
                        in_transaction=self._inside(said, operation.kind),
                        reversible=self.reversible,
                    )
                )

    def _inside(self, said: Said, kind: OperationKind) -> bool:
        alone = said.concurrently or kind in {OperationKind.VACUUM_FULL, OperationKind.CLUSTER}
        return self.in_transaction and not (self.standalone and alone)

    def is_new(self, object_: Ref) -> bool:
        """Whether the object's table, or the view that it is, was made by this migration."""
        name = object_.name if object_.kind is Kind.VIEW else object_.table
        return name is not None and (object_.schema, name) in self.new_tables

    def _lighter(self, operation: Operation, said: Said, change: Change) -> Cost | None:
        """The cost, less where only the written statement tells that it is: CONCURRENTLY, new tables on both ends."""
        cost = operation.cost
        if cost is None or cost.lock is None:
            return cost
        if operation.on_new_table and isinstance(change, Add) and isinstance(change.member, ForeignKey):
            referenced = change.member.referenced
            return _NOBODY if self.is_new(referenced) else replace(cost, scans=False)
        if said.concurrently and self.engine.name == "postgresql":
            return replace(locks.beside_work(scans=cost.scans), source=cost.source)
        return cost

    def _without_new_references(self, change: Change) -> Change:
        """A new table's references to tables that are as new lock nobody out."""
        if not isinstance(change, CreateTable):
            return change
        kept = tuple(key for key in change.table.foreign_keys if not self.is_new(key.referenced))
        return (
            change
            if len(kept) == len(change.table.foreign_keys)
            else CreateTable(replace(change.table, foreign_keys=kept))
        )

    def _catalog(self, tables: Sequence[Table]) -> Catalog:
        """A catalog of no more than what costs depend on."""
        domains, functions = tuple(self.schema.domains.values()), tuple(self.schema.functions.values())
        known = self._around
        if known is None or known[0] != domains or known[1] != functions:
            volatile = tuple(f for f in functions if f.volatility == "volatile")
            known = (domains, functions, Catalog(self.engine, domains=domains, functions=volatile))
            self._around = known
        return replace(known[2], tables=tuple(tables)) if tables else known[2]

    def settle(self) -> Traces:
        """What the last statement did to tables; what it made is new from here on."""
        traces = self.schema.traces or Traces()
        self.schema.traces = Traces()
        if not traces.tables:
            return traces
        was_new = frozenset(self.new_tables)
        for key, old in traces.tables.items():
            came_from = traces.moved.get(key)
            if key not in self.schema.tables:
                self.new_tables.discard(key)
            elif came_from is not None:
                if came_from in was_new:
                    self.new_tables.add(key)
                else:
                    self.new_tables.discard(key)
            elif old is None:
                self.new_tables.add(key)
        return traces

    def changed_tables(self, traces: Traces) -> Iterator[tuple[Table | None, Table | None]]:
        """The tables that the last statement touched, before and after."""
        for key, old in traces.tables.items():
            new = self.schema.tables.get(key)
            if old is not new:
                yield old, new

    def changed_things(self) -> Iterator[Change]:
        """The changes of views, types, functions and extensions since `watch`."""
        for name, before in self._things.items():
            after: dict[object, Standalone] = getattr(self.schema, name)
            yield from (Remove(thing) for key, thing in before.items() if key not in after)
            for key, thing in after.items():
                old = before.get(key)
                if old is None:
                    yield Create(thing)
                elif old is not thing:
                    yield from _altered(old, thing)


def _altered(old: Standalone, new: Standalone) -> Iterator[Change]:
    if isinstance(old, Enum) and isinstance(new, Enum) and len(new.values) > len(old.values):
        yield from (AddEnumValue(old, value) for value in new.values if value not in old.values)
    elif isinstance(old, View) and isinstance(new, View) and old.indexes != new.indexes:
        ref = Ref(Kind.TABLE, old.schema, old.name)
        gone, come = _difference(old.indexes, new.indexes)
        yield from (Drop(ref, member) for member in gone)
        yield from (Add(ref, member) for member in come)
    else:
        yield Create(new)


def changes_between(old: Table | None, new: Table | None) -> Iterator[Change]:
    """The changes from one state of a table to the other, as `change.diff` sees them, but for its renamed members."""
    if old is None or new is None:
        if new is not None:
            yield CreateTable(new)
        elif old is not None:
            yield DropTable(old)
        return
    ref = old.ref
    before, after = {c.name: c for c in old.columns}, {c.name: c for c in new.columns}
    yield from (DropColumn(ref, column) for name, column in before.items() if name not in after)
    for name, column in after.items():
        known = before.get(name)
        if known is None:
            yield AddColumn(ref, column)
        elif known is not column and known != column:
            yield AlterColumn(ref, known, column)
    if old.primary_key is not new.primary_key and old.primary_key != new.primary_key:
        yield SetPrimaryKey(ref, old.primary_key, new.primary_key)
    if any(getattr(old, name) != getattr(new, name) for name in TABLE_OPTIONS):
        yield SetTableOptions(old, new)
    for name in _MEMBERS:
        members: Sequence[Member] = getattr(old, name)
        wanted: Sequence[Member] = getattr(new, name)
        if members is not wanted:
            gone, come = _difference(members, wanted)
            yield from (Drop(ref, member) for member in gone)
            yield from (Add(ref, member) for member in come)


def _difference(old: Sequence[_T], new: Sequence[_T]) -> tuple[list[_T], list[_T]]:
    """What went and what came; most of the members are the same objects, and never compared by value."""
    same = {id(item) for item in old} & {id(item) for item in new}
    gone, come = [i for i in old if id(i) not in same], []
    for item in (i for i in new if id(i) not in same):
        twin = next((o for o in gone if o == item), None)
        if twin is None:
            come.append(item)
        else:
            gone = [o for o in gone if o is not twin]
    return gone, come
