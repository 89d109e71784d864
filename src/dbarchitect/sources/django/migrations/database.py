"""The database as the migrations have made it so far, and the record of what they did to it.

The state's tables tell what Django sends: the difference of a model's tables before and after an operation. Where
other SQL has made the database another than the state believes, only that difference is applied to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    Policy,
    Trigger,
    UniqueKey,
)
from dbarchitect.catalog.migrations import Operation, OperationKind
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Diagnostic, Kind, Origin, Ref
from dbarchitect.change.apply import without_member
from dbarchitect.change.diff import diff
from dbarchitect.change.operations import (
    Add,
    AddColumn,
    AlterColumn,
    Change,
    CreateTable,
    Drop,
    DropColumn,
    DropTable,
    Member,
    SetPrimaryKey,
    SetTableOptions,
)
from dbarchitect.engines.postgresql import locks
from dbarchitect.errors import ChangeRefused
from dbarchitect.sources.django.migrations.members import renamed_column
from dbarchitect.sources.sqlfiles.columns import without_column
from dbarchitect.sources.sqlfiles.postgresql.tables import own_sequence
from dbarchitect.sources.sqlfiles.record import Record, Said
from dbarchitect.sources.sqlfiles.recorder import record_sql
from dbarchitect.sources.sqlfiles.schema import Key, Schema, Traces, Unreplayable

_HOLDERS: Mapping[type, str] = {
    UniqueKey: "unique_keys",
    ForeignKey: "foreign_keys",
    Check: "checks",
    Exclusion: "exclusions",
    Index: "indexes",
    Policy: "policies",
    Trigger: "triggers",
}
_SOME_CONSTANT = expression("''")


@dataclass(frozen=True, slots=True)
class Manner:
    """How Django goes from one table to the next, beside what the tables tell.

    `renamed` are columns by their old names; `defaulted` those that are added, or made NOT NULL, with a default that
    is gone afterwards; `recreated` those whose foreign key goes and comes again.
    """

    renamed: Mapping[str, str]
    defaulted: Collection[str] = ()
    recreated: Collection[str] = ()


PLAIN = Manner({})


class Database:
    """The tables so far. Every change is recorded as the operations that Django's SQL is."""

    def __init__(self, engine: EngineInfo, tables: Iterable[Table]) -> None:
        self.engine = engine
        self.schema = Schema("main" if engine.name == "sqlite" else "public")
        for table in tables:
            self.schema.put(table)
            self._number(table)
        self.record = Record(self.schema, engine)

    def begin(self, *, in_transaction: bool) -> None:
        """A migration begins."""
        self.record.begin(in_transaction=in_transaction)

    def end(self) -> tuple[Operation, ...]:
        """The operations of the migration."""
        return self.record.end()

    def held(self, table: Table) -> Table:
        """The database's own table where it is equal to the state's but for names; else the state's."""
        known = self.schema.tables.get((table.schema, table.name))
        return known if known is not None and known == table else table

    def put_silently(self, table: Table) -> None:
        """The table is there though no operation makes it."""
        self.schema.put(table)

    def forget_silently(self, table: Table) -> None:
        """The table is none of Django's any more."""
        key = table.schema, table.name
        if key in self.schema.tables:
            self.schema.drop_table(key, references_too=False)

    def has(self, table: Table) -> bool:
        """Whether there is a table of that name."""
        return (table.schema, table.name) in self.schema.tables

    def turn(self, before: Table | None, after: Table | None, said: Said, manner: Manner = PLAIN) -> Table | None:
        """Go from one table of the state to the next, None standing for no table.

        The next one comes back with the names that the database keeps for what was there before.
        """
        if before is None and after is not None:
            self.record.add_changes((CreateTable(after),), said)
            self.schema.put(after)
            self._number(after)
        elif before is not None and after is None:
            self.record.add_changes((DropTable(before),), said, (before,))
            key = before.schema, before.name
            if key in self.schema.tables:
                self.schema.drop_table(key, references_too=True)
        elif before is not None and after is not None and before is not after:
            after = self._alter(before, after, said, manner)
        self.record.settle()
        return after

    def _number(self, table: Table) -> None:
        """The sequences that number a new table's columns, for SQL that names them."""
        if self.engine.name == "postgresql":
            for column in table.columns:
                if column.identity is not None:
                    sequence = table.schema, f"{table.name}_{column.name}_seq"
                    own_sequence(self.schema, sequence, column.type, ((table.schema, table.name), column.name))

    def _alter(self, before: Table, after: Table, said: Said, manner: Manner) -> Table:
        key: Key = before.schema, before.name
        exact = self.schema.tables.get(key) is before
        if (after.schema, after.name) != key:
            before = self._rename_table(before, after, said)
            key = before.schema, before.name
        for old, new in manner.renamed.items():
            before = self._rename_column(before, old, new, said)
        after = with_names_of(before, after)
        changes = self._changes(before, after)
        self.record.add_changes(_as_sent(changes, before, after, manner), said, (before,))
        for name in manner.defaulted:
            self._record_update(before, after, name, said)
        known = self.schema.tables.get(key)
        if exact or known is None:
            self.schema.put(after)
        elif changes:
            for change in changes:
                known = changed(known, change)
            for name in manner.defaulted:
                known = _without_default(known, before, after, name)
            self.schema.put(known)
        return self.held(after)

    def _changes(self, before: Table, after: Table) -> tuple[Change, ...]:
        found = diff(Catalog(self.engine, (before,)), Catalog(self.engine, (after,))) if before != after else ()
        return found if before.comment == after.comment else (*found, SetTableOptions(before, after))

    def _rename_table(self, before: Table, after: Table, said: Said) -> Table:
        key, new = (before.schema, before.name), (after.schema, after.name)
        cost = locks.exclusive() if self.engine.name == "postgresql" else None
        self.record.add(OperationKind.RENAME_TABLE, before.ref, said, cost, value=after.name)
        if key in self.schema.tables:
            try:
                self.schema.move_table(self.schema.tables[key], new)
            except Unreplayable:  # a table of that name is there already: the migration would fail
                self.schema.tables.pop(key)
        moved_key = replace(before, schema=after.schema, name=after.name)
        own = tuple(replace(k, referenced=after.ref) if k.referenced == before.ref else k for k in before.foreign_keys)
        return replace(moved_key, foreign_keys=own)

    def _rename_column(self, before: Table, old: str, new: str, said: Said) -> Table:
        column = before.column(old)
        if column is None:
            return before
        self.record.add_changes((AlterColumn(before.ref, column, replace(column, name=new)),), said, (before,))
        key = before.schema, before.name
        known = self.schema.tables.get(key)
        if known is not None and known.column(old) is not None:
            self.schema.rename_column(known, old, new)
        return renamed_column(before, old, new)

    def _record_update(self, before: Table, after: Table, name: str, said: Said) -> None:
        """Django fills a column with the default before it forbids NULL in it."""
        old, new = before.column(name), after.column(name)
        if old is None or new is None or not old.nullable or new.nullable:
            return
        operations = self.record.operations
        at = next(
            (i for i in range(len(operations) - 1, -1, -1) if operations[i].kind is OperationKind.SET_NOT_NULL), None
        )
        cost = locks.of_rows("sql-update.html", changes=True) if self.engine.name == "postgresql" else None
        self.record.add(OperationKind.UPDATE, after.ref.column(name), said, cost, filtered=True)
        if at is not None:
            operations.insert(at, operations.pop())

    def rename_index(self, table: Table, old: str, new: str, said: Said) -> None:
        """Give an index another name."""
        cost = locks.beside_work("sql-alterindex.html") if self.engine.name == "postgresql" else None
        found = next((i for i in table.indexes if i.name == old), None)
        ref = table.ref.over(found.column_names if found is not None else (), Kind.INDEX, old)
        self.record.add(OperationKind.RENAME_INDEX, ref, said, cost, name=old, value=new)
        known = self.schema.tables.get((table.schema, table.name))
        if known is not None:
            indexes = tuple(replace(i, name=new) if i.name == old else i for i in known.indexes)
            self.schema.put(replace(known, indexes=indexes))

    def validate(self, table: Table, name: str) -> None:
        """A CHECK that was added NOT VALID holds for every row from now on."""
        known = self.schema.tables.get((table.schema, table.name))
        if known is not None:
            checks = tuple(replace(c, validated=True) if c.name == name else c for c in known.checks)
            self.schema.put(replace(known, checks=checks))

    def run_sql(self, text: str, origin: Origin, *, reversible: bool) -> list[Diagnostic]:
        """Replay a script of SQL; what could not be followed of it comes back."""
        record = self.record
        problems: list[Diagnostic] = []
        new = {Ref.of_table(name, schema) for schema, name in record.new_tables}
        operations = record_sql(
            self.schema,
            text,
            engine=self.engine,
            new_tables=new,
            in_transaction=record.in_transaction,
            reversible=reversible,
            origin=origin,
            problems=problems,
        )
        record.operations.extend(operations)
        record.new_tables = {(ref.schema, ref.table or "") for ref in new}
        self.schema.traces = Traces()
        return problems

    def drop_by_name(self, table: Table, name: str, said: Said) -> bool:
        """Drop an index or constraint that only the database knows, made by SQL; False where there is none."""
        known = self.schema.tables.get((table.schema, table.name))
        if known is None:
            return False
        members: tuple[Member, ...] = (*known.indexes, *known.unique_keys, *known.checks, *known.exclusions)
        member = next((m for m in members if m.name == name), None)
        if member is None:
            return False
        self.record.add_changes((Drop(known.ref, member),), said, (known,))
        self.schema.put(without_member(known, member))
        self.record.settle()
        return True


def _as_sent(changes: Iterable[Change], before: Table, after: Table, manner: Manner) -> Iterator[Change]:
    """The changes as Django sends them: what goes with a dropped column is not dropped first."""
    rest = before
    changes = tuple(changes)
    for change in changes:
        if isinstance(change, DropColumn) and rest.column(change.column.name) is not None:
            rest = without_column(rest, change.column.name)
    left = {id(m) for m in (*rest.indexes, *rest.unique_keys, *rest.checks, *rest.exclusions, *rest.foreign_keys)}
    gone = rest is not before
    again = [k for k in after.foreign_keys if len(k.columns) == 1 and k.columns[0] in manner.recreated]
    again = [k for k in again if k in before.foreign_keys and not _adds(changes, k)]
    yield from (Drop(before.ref, key) for key in again)
    for change in changes:
        match change:
            case Drop(_, member) if gone and id(member) not in left:
                continue
            case SetPrimaryKey(_, old, None) if gone and old is not None and rest.primary_key is None:
                continue
            case AddColumn(ref, column) if column.name in manner.defaulted and column.default is None:
                given = replace(column, default=_SOME_CONSTANT)
                yield AddColumn(ref, given)
                yield AlterColumn(ref, given, column)
            case _:
                yield change
    yield from (Add(before.ref, key) for key in again)


def _adds(changes: Iterable[Change], key: ForeignKey) -> bool:
    return any(isinstance(change, Add) and change.member == key for change in changes)


def changed(table: Table, change: Change) -> Table:
    """The table after a change that was made for a table like it; what is there or gone already stays so."""
    match change:
        case AddColumn(_, column):
            kept = tuple(c for c in table.columns if c.name != column.name)
            return replace(table, columns=(*kept, column))
        case DropColumn(_, column):
            return without_column(table, column.name) if table.column(column.name) is not None else table
        case AlterColumn(_, old, new):
            return replace(table, columns=tuple(_altered(c, old, new) for c in table.columns))
        case SetPrimaryKey(_, _, key):
            return replace(table, primary_key=key)
        case SetTableOptions(_, to):
            return replace(table, comment=to.comment)
        case Add(_, member):
            return _with(table, member)
        case Drop(_, member):
            return _without(table, member)
        case _:
            return table


def _without_default(table: Table, before: Table, after: Table, name: str) -> Table:
    """Django drops the default by which it filled a column; one that other SQL has set goes with it."""
    old, new = before.column(name), after.column(name)
    if old is None or new is None or not old.nullable or new.nullable:
        return table
    columns = tuple(replace(c, default=new.default) if c.name == name else c for c in table.columns)
    return replace(table, columns=columns)


def with_names_of(before: Table, after: Table) -> Table:
    """The table with the names that its keys, checks and indexes had before: altering a table renames none of them."""
    swapped: dict[str, object] = {}
    for held in _HOLDERS.values():
        old, new = getattr(before, held), getattr(after, held)
        names = {member.name for member in old}
        if all(member.name in names for member in new):
            continue
        wanted = {member.name for member in new}
        free = [member for member in old if member.name not in wanted]
        kept = []
        for member in new:
            twin = None if member.name in names else next((m for m in free if m == member), None)
            if twin is not None:
                free.remove(twin)
            kept.append(replace(member, name=twin.name) if twin is not None else member)
        swapped[held] = tuple(kept)
    old_key, new_key = before.primary_key, after.primary_key
    if old_key is not None and new_key == old_key and new_key is not None and new_key.name != old_key.name:
        swapped["primary_key"] = replace(new_key, name=old_key.name)
    return replace(after, **swapped) if swapped else after  # type: ignore[arg-type]  # fields of the table


def _with(table: Table, member: Member) -> Table:
    """The table with a member, unless it has just this one."""
    held = _HOLDERS[type(member)]
    known = getattr(table, held)
    if any(other == member and other.name == member.name for other in known):
        return table
    return replace(table, **{held: (*known, member)})  # type: ignore[arg-type]  # the field that holds such members


def _without(table: Table, member: Member) -> Table:
    """The table without a member, or without the one of its kind and name."""
    try:
        return without_member(table, member)
    except ChangeRefused:
        held = _HOLDERS[type(member)]
        kept = tuple(m for m in getattr(table, held) if m.name != member.name)
        return replace(table, **{held: kept})  # type: ignore[arg-type]  # the field that holds such members


def _altered(column: Column, old: Column, new: Column) -> Column:
    if column.name != old.name:
        return column
    aspects = ("type", "nullable", "default", "identity", "generated", "generated_stored", "collation", "comment")
    differing = {name: getattr(new, name) for name in aspects if getattr(old, name) != getattr(new, name)}
    return replace(column, **differing)
