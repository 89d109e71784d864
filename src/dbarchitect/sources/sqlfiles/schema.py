"""A schema while statements change it: what is there, found by name, and what follows when something goes or moves.

Both dialects replay into this; what only one of them does stands in its own modules.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, fields, replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.frameworks import framework_of
from dbarchitect.catalog.members import Column, Identity, Index, UniqueKey
from dbarchitect.catalog.objects import Catalog, Domain, Enum, Extension, Function, Grant, Sequence, Table, View
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import FAMILIES, SqlType
from dbarchitect.sources.sqlfiles.columns import renamed_in, spelled, swapped, with_renamed, without_column

Key = tuple[str | None, str]
"""A schema (None for the default one) and a name in it."""


class Unreplayable(Exception):  # noqa: N818 - never leaves the reader: it becomes a Diagnostic
    """A statement that does not fit what the statements before it have made."""


class Passed(Exception):  # noqa: N818 - never leaves the reader
    """A statement about something that the model leaves out on purpose, such as a temporary table."""


def no_column(table: Table, name: str) -> Exception:
    """What to raise for a column that is not there; of a table whose columns no statement tells, nothing is missed."""
    return Unreplayable(f"{table.name} has no column {name}") if table.columns else Passed()


@dataclass(frozen=True, slots=True)
class DraftTable(Table):
    """A table that more statements will change: its members are not sorted each time, but once when it is finished."""

    def __post_init__(self) -> None:
        """Leave everything as it comes."""
        object.__setattr__(self, "_derived", {})

    @property
    def ref(self) -> Ref:
        """The table's address."""
        return Ref.of_table(self.name, self.schema)

    @property
    def ordered_columns(self) -> tuple[Column, ...]:
        """The columns in their order in the table."""
        return tuple(sorted(self.columns, key=lambda column: column.position))

    def column(self, name: str) -> Column | None:
        """The column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)

    def finished(self) -> Table:
        """The table as the catalog holds it."""
        return Table(**{f.name: getattr(self, f.name) for f in fields(Table) if f.init})


@dataclass
class Traces:
    """What statements have touched: the tables as they were before, None where there was none; who came from where."""

    tables: dict[Key, Table | None] = field(default_factory=dict)
    moved: dict[Key, Key] = field(default_factory=dict)


@dataclass
class Schema:
    """The objects so far. `path` are the schemas in which unqualified names are looked up, the first for new ones.

    `default_key` is the schema that counts as none: what `catalog.refs.Ref` calls the default; `aliases` are other
    names for it, where a connection has its own. `traces` are kept only where somebody set them, to record what
    statements do.
    """

    default_key: str = "public"
    aliases: frozenset[str] = frozenset()
    path: tuple[str | None, ...] = (None,)
    tables: dict[Key, Table] = field(default_factory=dict)
    views: dict[Key, View] = field(default_factory=dict)
    enums: dict[Key, Enum] = field(default_factory=dict)
    domains: dict[Key, Domain] = field(default_factory=dict)
    sequences: dict[Key, Sequence] = field(default_factory=dict)
    functions: dict[tuple[Key, str], Function] = field(default_factory=dict)
    extensions: dict[str, Extension] = field(default_factory=dict)
    schemas: set[str] = field(default_factory=set)
    grants: list[Grant] = field(default_factory=list)
    new_functions_closed: bool = False
    sequence_owners: dict[Key, tuple[Key, str]] = field(default_factory=dict)
    indexes: dict[Key, Key] = field(default_factory=dict)
    temporary: set[str] = field(default_factory=set)
    traces: Traces | None = None

    def _trace(self, key: Key) -> None:
        if self.traces is not None:
            self.traces.tables.setdefault(key, self.tables.get(key))

    def key(self, schema: str | None, name: str) -> Key:
        """The key of a new object."""
        if schema is None:
            return (self.path[0] if self.path else None), name
        return (None if schema == self.default_key or schema in self.aliases else schema), name

    def find(self, schema: str | None, name: str, *kinds: Container[Key]) -> Key | None:
        """The key of an object that is there, looked up along the search path unless its schema is written."""
        candidates = [self.key(schema, name)] if schema is not None else [(s, name) for s in (*self.path, None)]
        return next((key for key in candidates if any(key in kind for kind in kinds)), None)

    def table(self, schema: str | None, name: str) -> Table:
        """The table of that name. Raises `Unreplayable`, and `Passed` for a temporary one."""
        if schema is None and name in self.temporary:
            raise Passed
        key = self.find(schema, name, self.tables)
        if key is None:
            spelled = f"{schema}.{name}" if schema else name
            raise Unreplayable(f"there is no table {spelled} in the statements before")
        return self.tables[key]

    def put(self, table: Table) -> None:
        """Add a table, or put a changed one in the place of the one at its address."""
        key = (table.schema, table.name)
        self._trace(key)
        known = self.tables.get(key)
        for name in _index_names(known) if known is not None else ():
            self.indexes.pop((key[0], name), None)
        self.tables[key] = table
        for name in _index_names(table):
            self.indexes[key[0], name] = key

    def children(self, table: Table) -> list[Table]:
        """The partitions and heirs of a table."""
        ref = table.ref
        return [
            t for t in self.tables.values() if (t.partition_of or t.inherits) and ref in (t.partition_of, *t.inherits)
        ]

    def drop_table(self, key: Key, *, references_too: bool) -> None:
        """Take a table away, with its owned sequences; with CASCADE, the foreign keys that point at it too."""
        self._trace(key)
        table = self.tables.pop(key)
        for name in _index_names(table):
            self.indexes.pop((key[0], name), None)
        for sequence, owner in list(self.sequence_owners.items()):
            if owner[0] == key:
                self._forget_sequence(sequence)
        ref = table.ref
        for other in list(self.tables.values()):
            if other.partition_of == ref:
                self.drop_table((other.schema, other.name), references_too=references_too)
            elif references_too and any(k.referenced == ref for k in other.foreign_keys):
                self.put(replace(other, foreign_keys=tuple(k for k in other.foreign_keys if k.referenced != ref)))

    def _forget_sequence(self, key: Key) -> None:
        self.sequences.pop(key, None)
        self.sequence_owners.pop(key, None)

    def move_table(self, table: Table, new: Key, *, references: bool = True) -> None:
        """Rename a table or put it into another schema; what points at it follows."""
        old = (table.schema, table.name)
        if new in self.tables or new in self.views:
            raise Unreplayable(f"there is a {new[1]} already")
        self._trace(old)
        if self.traces is not None:
            self.traces.moved[new] = old
        del self.tables[old]
        for name in _index_names(table):
            self.indexes.pop((old[0], name), None)
        moved = replace(table, schema=new[0], name=new[1])
        self.put(moved)
        for sequence, owner in list(self.sequence_owners.items()):
            if owner[0] == old:
                self.sequence_owners[sequence] = (new, owner[1])
                if new[0] != old[0]:
                    self._move_sequence(sequence, (new[0], sequence[1]))
        if not references:
            return
        for other in list(self.tables.values()):
            keys = tuple(
                replace(k, referenced=moved.ref) if k.referenced == table.ref else k for k in other.foreign_keys
            )
            parents = tuple(moved.ref if ref == table.ref else ref for ref in other.inherits)
            partition_of = moved.ref if other.partition_of == table.ref else other.partition_of
            if (keys, parents, partition_of) != (other.foreign_keys, other.inherits, other.partition_of):
                self.put(replace(other, foreign_keys=keys, inherits=parents, partition_of=partition_of))

    def _move_sequence(self, old: Key, new: Key) -> None:
        if old in self.sequences:
            self.sequences[new] = replace(self.sequences.pop(old), schema=new[0], name=new[1])
        if old in self.sequence_owners:
            self.sequence_owners[new] = self.sequence_owners.pop(old)

    def rename_sequence(self, old: Key, new: Key) -> None:
        """Rename a sequence; the defaults that use it follow."""
        self._move_sequence(old, new)
        for table in list(self.tables.values()):
            columns = tuple(_with_sequence(column, old, new) for column in table.columns)
            if columns != table.columns:
                self.put(replace(table, columns=columns))

    def rename_column(self, table: Table, old: str, new: str) -> None:
        """Rename a column; keys, expressions and references follow."""
        if table.column(old) is None:
            raise no_column(table, old)
        self.put(with_renamed(table, old, new))
        key = (table.schema, table.name)
        for sequence, owner in list(self.sequence_owners.items()):
            if owner == (key, old):
                self.sequence_owners[sequence] = (key, new)
        ref = table.ref
        for other in list(self.tables.values()):
            keys = tuple(
                replace(k, referenced_columns=swapped(k.referenced_columns, old, new)) if k.referenced == ref else k
                for k in other.foreign_keys
            )
            if keys != other.foreign_keys:
                self.put(replace(other, foreign_keys=keys))
        for child in self.children(table):
            if child.column(old) is not None:
                self.rename_column(child, old, new)

    def drop_column(self, table: Table, name: str) -> None:
        """Take a column away with all that stands on it, in this table and in those that refer to it."""
        if table.column(name) is None:
            raise no_column(table, name)
        self.put(without_column(table, name))
        for sequence, owner in list(self.sequence_owners.items()):
            if owner == ((table.schema, table.name), name):
                self._forget_sequence(sequence)
        for other in list(self.tables.values()):
            kept = tuple(k for k in other.foreign_keys if k.referenced != table.ref or name not in k.referenced_columns)
            if kept != other.foreign_keys:
                self.put(replace(other, foreign_keys=kept))
        for child in self.children(table):
            if child.column(name) is not None:
                self.drop_column(child, name)

    def rename_type(self, old: Key, new: Key) -> None:
        """Give the columns and domains of a type its new name."""
        for table in list(self.tables.values()):
            columns = tuple(_with_type(column, old, new) for column in table.columns)
            if columns != table.columns:
                self.put(replace(table, columns=columns))
        for key, domain in list(self.domains.items()):
            if (domain.type.schema, domain.type.name) == old:
                self.domains[key] = replace(domain, type=replace(domain.type, schema=new[0], name=new[1], spelled=""))

    def rename_value(self, enum: Key, old: str, new: str) -> None:
        """Give the defaults of an enum's columns a value's new name."""
        before, after = "'" + old.replace("'", "''") + "'", "'" + new.replace("'", "''") + "'"
        for table in list(self.tables.values()):
            columns = tuple(
                replace(c, default=expression(c.default.text.replace(before, after), c.type))
                if c.default is not None and (c.type.schema, c.type.name) == enum
                else c
                for c in table.columns
            )
            if columns != table.columns:
                self.put(replace(table, columns=columns))

    def resolve_type(self, type_: SqlType) -> SqlType:
        """The type with its schema, where it is one of ours that the search path finds outside the default schema."""
        if type_.name in FAMILIES and type_.schema is None:
            return type_
        key = self.find(type_.schema, type_.name, self.enums, self.domains)
        return type_ if key is None or key[0] == type_.schema else replace(type_, schema=key[0])

    def catalog(self, engine: EngineInfo) -> Catalog:
        """What is there now, with serial columns told from columns whose default takes from a sequence."""
        numbered: set[Key] = set()
        owned: dict[Key, dict[str, Key]] = {}
        for sequence, (holder, column) in self.sequence_owners.items():
            owned.setdefault(holder, {})[column] = sequence
        tables = [_finished(table, owned.get(key, {}), numbered) for key, table in self.tables.items()]
        return Catalog(
            engine,
            tuple(tables),
            tuple(self.views.values()),
            tuple(self.enums.values()),
            tuple(self.domains.values()),
            tuple(s for key, s in self.sequences.items() if key not in numbered),
            tuple(self.functions.values()),
            tuple(self.extensions.values()),
            tuple(self.schemas),
            grants=tuple(self.grants),
        )


def _finished(table: Table, owned: Mapping[str, Key], numbered: set[Key]) -> Table:
    """The table as the server would report it; the sequences that number its columns are added to `numbered`."""
    columns = []
    for column in table.columns:
        sequence = owned.get(column.name)
        if sequence is not None and column.identity is not None:
            numbered.add(sequence)
        elif sequence is not None and _takes_from(column.default, sequence):
            numbered.add(sequence)
            column = replace(column, identity=Identity.SERIAL, default=None)  # noqa: PLW2901 - the same, completed
        columns.append(column)
    owner = table.owned_by or framework_of(table.name, (c.name for c in columns))
    done = replace(table, columns=tuple(columns), owned_by=owner)
    return done.finished() if isinstance(done, DraftTable) else done


def _index_names(table: Table | None) -> tuple[str, ...]:
    if table is None:
        return ()
    members: tuple[UniqueKey | Index, ...] = (*table.unique_keys, *table.indexes)
    members = (*members, table.primary_key) if table.primary_key is not None else members
    return (*(m.name for m in members if m.name is not None), *(e.name for e in table.exclusions if e.name is not None))


def nextval(sequence: Key) -> Expression:
    """The default that takes the next value of a sequence."""
    name = ".".join(spelled(part) for part in sequence if part is not None)
    return expression("nextval('" + name.replace("'", "''") + "'::regclass)")


def _takes_from(default: Expression | None, sequence: Key) -> bool:
    if default is None or "nextval" not in default.text.lower():
        return False
    named = re.search(r"nextval\"?\s*\(\s*(?:public\.)?'((?:[^']|'')*)'", default.text, re.IGNORECASE)
    if named is None:
        return False
    parts = [q.replace('""', '"') or b.lower() for q, b in re.findall(r'"((?:[^"]|"")*)"|([^."]+)', named[1])]
    return parts[-1:] == [sequence[1]]


def _with_sequence(column: Column, old: Key, new: Key) -> Column:
    return replace(column, default=nextval(new)) if _takes_from(column.default, old) else column


def _with_type(column: Column, old: Key, new: Key) -> Column:
    if (column.type.schema, column.type.name) != old:
        return column
    type_ = replace(column.type, schema=new[0], name=new[1], spelled="")
    default = column.default
    if default is not None:
        default = expression(renamed_in(default.text, old[1], new[1]), type_)
    return replace(column, type=type_, default=default)
