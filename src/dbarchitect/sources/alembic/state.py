"""The database as the migrations have made it so far, and the record of what they did to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.members import Check, Column, Exclusion, ForeignKey, Identity, UniqueKey
from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.objects import Catalog, Enum, Table
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.change.operations import AlterColumn, Change, Create
from dbarchitect.engines.registry import READABLE, engine
from dbarchitect.sources.alembic.elements import Made
from dbarchitect.sources.python.masking import without_texts
from dbarchitect.sources.sqlalchemy.naming import server_name
from dbarchitect.sources.sqlalchemy.type_read import UNKNOWN_TYPE
from dbarchitect.sources.sqlfiles import sqlite
from dbarchitect.sources.sqlfiles.postgresql.clauses import PrimaryKey
from dbarchitect.sources.sqlfiles.postgresql.invented import free_name
from dbarchitect.sources.sqlfiles.postgresql.tables import add_constraint, own_sequence
from dbarchitect.sources.sqlfiles.record import Record, Said
from dbarchitect.sources.sqlfiles.schema import DraftTable, Key, Schema, Unreplayable, nextval

MYSQL = frozenset({"mysql", "mariadb"})
Keyed = UniqueKey | ForeignKey | Check | Exclusion


@dataclass
class State:
    """What the migrations have made. `said` is the call that is being followed.

    `assumed` are tables that migrations change and none has created: they were there before the first one, made by
    `create_all()` or by somebody else. Nothing is known of them but what the migrations do to them.
    """

    engine: EngineInfo
    conventions: Mapping[str, str]
    schema: Schema = field(init=False)
    record: Record = field(init=False)
    diagnostics: dict[tuple[str | None, int | None, str], Diagnostic] = field(default_factory=dict)
    said: Said = field(default=Said("", Origin()))
    assumed: set[Key] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin with an empty database."""
        self.schema = Schema("main" if self.engine.name == "sqlite" else "public")
        self.record = Record(self.schema, self.engine)

    def report(self, text: str, origin: Origin | None = None) -> None:
        """Note something that could not be followed; of the call that is being followed where no place is given."""
        place = origin or self.said.origin
        self.diagnostics[place.path, place.line, text] = Diagnostic(place, text)

    def catalog(self) -> Catalog:
        """The database as it is now, without the tables that were only assumed."""
        catalog = self.schema.catalog(self.engine)
        if self.assumed:
            kept = tuple(t for t in catalog.tables if (t.schema, t.name) not in self.assumed)
            catalog = replace(catalog, tables=kept)
        if self.engine.name == "sqlite":
            catalog = replace(catalog, tables=sqlite.finished(catalog.tables))
        return catalog

    # What is there ---------------------------------------------------------------------------------------------------

    def find(self, name: str, schema: str | None) -> Table | None:
        """The table of that name, if it is there."""
        key = self.schema.find(schema, name, self.schema.tables)
        return self.schema.tables[key] if key is not None else None

    def table(self, name: str, schema: str | None) -> Table:
        """The table of that name, assumed to be there where no migration has made it. Raises `Passed`."""
        if self.find(name, schema) is None and not (schema is None and name in self.schema.temporary):
            self.assume(self.schema.key(schema, name))
        return self.schema.table(schema, name)

    def assume(self, key: Key) -> None:
        """Take it that there is a table of which nothing is known."""
        self.assumed.add(key)
        self.schema.put(DraftTable(key[1], (), key[0], origin=self.said.origin))
        self.record.settle()
        self.record.new_tables.discard(key)

    def is_assumed(self, table: Table) -> bool:
        """Whether a table was there before the first migration."""
        return (table.schema, table.name) in self.assumed

    def holder_of_index(self, name: str, schema: str | None) -> Table | None:
        """The table whose index, or key with an index, has that name."""
        key = self.schema.find(schema, name, self.schema.indexes)
        return self.schema.tables.get(self.schema.indexes[key]) if key is not None else None

    # What is done ----------------------------------------------------------------------------------------------------

    def done(self, *changes: Change, before: Sequence[Table] = ()) -> None:
        """Record changes, judged against the tables as they were before."""
        self.record.add_changes(changes, self.said, before)

    def noted(self, kind: OperationKind, object_: Ref, cost: Cost | None = None, **more: object) -> None:
        """Record an operation that is no change of the algebra; of code that is not followed, without its texts."""
        unknown = kind in {OperationKind.RUN_CODE, OperationKind.OTHER}
        said = replace(self.said, statement=without_texts(self.said.statement)) if unknown else self.said
        self.record.add(kind, object_, said, cost, **more)

    def put(self, table: Table, **changes: object) -> Table:
        """Put a table into the schema, with these of its fields changed."""
        changed = replace(table, **changes) if changes else table  # type: ignore[arg-type]  # fields of the table
        self.schema.put(changed)
        return changed

    def renamed(self, table: Table, new: Key) -> None:
        """Move a table to another name or schema."""
        old = (table.schema, table.name)
        if new == old:
            return
        if new in self.assumed and new in self.schema.tables:
            self.schema.drop_table(new, references_too=False)
        self.schema.move_table(table, new)
        if old in self.assumed:
            self.assumed.discard(old)
            self.assumed.add(new)

    def exclusive(self, table: Table) -> Cost | None:
        """What a change costs that takes the whole table for a moment, such as a new name."""
        if self.engine.name not in READABLE or not table.columns:
            return None
        column = table.columns[0]
        change = AlterColumn(table.ref, column, replace(column, name=f"{column.name}_"))
        return engine(self.engine.name).cost(change, Catalog(self.engine, (table,)))

    def create(self, made: Made) -> Table:
        """Create a table with all that it brings along. Raises `Unreplayable` where it is there already."""
        key = (made.table.schema, made.table.name)
        if key in self.schema.tables and key not in self.assumed:
            raise Unreplayable(f"there is a table {key[1]} already")
        self.assumed.discard(key)
        self.adopt(made)
        table = self._with_types(_draft(made.table))
        if self.engine.name == "postgresql":
            table = self._as_the_server_does(table)
        elif self.engine.name in MYSQL:
            table = numbered_keys(table)
        self.schema.put(table)
        return table

    def adopt(self, made: Made) -> None:
        """Create the enums and sequences that what was made needs, as far as they are not there."""
        for enum in made.catalog.enums:
            self.create_enum(enum)
        for sequence in made.catalog.sequences:
            self.schema.sequences.setdefault((sequence.schema, sequence.name), sequence)
        for name in made.catalog.schemas:
            if name != self.schema.default_key:
                self.schema.schemas.add(name)

    def create_enum(self, enum: Enum) -> None:
        """Create an enum unless it is there."""
        key = self.schema.key(enum.schema, enum.name)
        if key not in self.schema.enums:
            created = replace(enum, schema=key[0])
            self.schema.enums[key] = created
            self.done(Create(created))

    def _as_the_server_does(self, table: Table) -> Table:
        """The table with its sequences, and with names for what has none."""
        bare = replace(table, primary_key=None, unique_keys=(), foreign_keys=(), checks=(), exclusions=())
        self.schema.put(bare)  # names are chosen beside those of the table itself
        bare = self.numbered(bare, table.columns)
        members: list[PrimaryKey | Keyed] = [PrimaryKey(table.primary_key)] if table.primary_key is not None else []
        members += [key for key in table.unique_keys if not _repeats(key, table.primary_key)]
        members += [*table.checks, *table.exclusions, *table.foreign_keys]
        for member in members:
            try:
                bare = add_constraint(self.schema, bare, _nameless(member, table))
            except Unreplayable:  # the server refuses two of one name: the first counts
                continue
        return bare

    def numbered(self, table: Table, columns: Iterable[Column]) -> Table:
        """The table with these of its columns as the server has them: a serial takes from a sequence of its own."""
        kept = {column.name: column for column in table.columns}
        for column in columns:
            if column.identity is None or self.engine.name != "postgresql":
                continue
            key = (table.schema, table.name)
            sequence = (table.schema, free_name(self.schema, key, column.name, "seq"))
            own_sequence(self.schema, sequence, column.type, (key, column.name))
            if column.identity is Identity.SERIAL:
                kept[column.name] = replace(column, identity=None, default=nextval(sequence), nullable=False)
        return replace(table, columns=tuple(kept.values()))

    def _with_types(self, table: Table) -> Table:
        """The table with the types that are told by what its foreign keys point at."""
        columns = tuple(self.typed(column, table) for column in table.columns)
        return table if columns == table.columns else replace(table, columns=columns)

    def typed(self, column: Column, table: Table) -> Column:
        """The column with the type of the column that it points at, where it has none of its own."""
        column = without_null(column)
        if column.type != UNKNOWN_TYPE.type:
            return replace(column, type=self.schema.resolve_type(column.type))
        for key in table.foreign_keys:
            if column.name in key.columns:
                target = self.find(key.referenced.table or "", key.referenced.schema)
                pointed = target.column(key.referenced_columns[key.columns.index(column.name)]) if target else None
                if pointed is not None:
                    return replace(column, type=pointed.type)
        return column

    def with_member(self, table: Table, member: Keyed) -> Table:
        """The table with one more constraint, put into the schema. Raises `Unreplayable`."""
        if self.engine.name == "postgresql":
            changed = add_constraint(self.schema, table, _nameless(member, table))
        else:
            changed = _joined(table, member)
            changed = numbered_keys(changed) if self.engine.name in MYSQL else changed
        self.schema.put(changed)
        return changed


def numbered_keys(table: Table) -> Table:
    """The table with MySQL's names for keys that have none: `orders_ibfk_1`, and the first column of a UNIQUE."""
    taken = [
        int(m[1])
        for k in table.foreign_keys
        if (m := re.fullmatch(rf"{re.escape(table.name)}_ibfk_(\d+)", k.name or ""))
    ]
    number = max(taken, default=0)
    keys = []
    for key in table.foreign_keys:
        number += key.name is None
        keys.append(key if key.name is not None else replace(key, name=f"{table.name}_ibfk_{number}"))
    unique = tuple(k if k.name is not None else replace(k, name=k.columns[0]) for k in table.unique_keys)
    return replace(table, foreign_keys=tuple(keys), unique_keys=unique)


_Constraint = TypeVar("_Constraint", bound=PrimaryKey | Keyed)


def _nameless(member: _Constraint, table: Table) -> _Constraint:
    """A constraint that has the server's own name without it: the server looks for one that is free."""
    if isinstance(member, UniqueKey) and member.name == server_name(table.name, member.columns, "key"):
        return replace(member, name=None)
    if isinstance(member, ForeignKey) and member.name == server_name(table.name, member.columns, "fkey"):
        return replace(member, name=None)
    return member


def without_null(column: Column) -> Column:
    """The column without a default of NULL: the server keeps no such default."""
    is_null = column.default is not None and column.default.canonical.upper() == "NULL"
    return replace(column, default=None) if is_null else column


def _repeats(key: UniqueKey, primary: UniqueKey | None) -> bool:
    """Whether a UNIQUE says no more than the primary key of the same CREATE TABLE: the server makes one of the two."""
    return primary is not None and replace(key, name=primary.name) == primary


def _draft(table: Table) -> DraftTable:
    columns = table.ordered_columns
    values = {f.name: getattr(table, f.name) for f in fields(Table) if f.init}
    return DraftTable(**{**values, "columns": columns})


def _joined(table: Table, member: Keyed) -> Table:
    match member:
        case UniqueKey():
            return replace(table, unique_keys=(*table.unique_keys, member))
        case ForeignKey():
            return replace(table, foreign_keys=(*table.foreign_keys, member))
        case Check():
            return replace(table, checks=(*table.checks, member))
        case _:
            return replace(table, exclusions=(*table.exclusions, member))
