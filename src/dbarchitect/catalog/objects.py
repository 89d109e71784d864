"""The objects of a database: what a server's catalog holds, whichever way it was read.

Every class is a frozen value. Two objects are equal when a server would behave the same with either, so position,
origin, comments' origin and the names of indexes and constraints (which frameworks and servers invent) do not
count; see `docs/architecture.md`, "What counts as equal".
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from dbarchitect.catalog.engine import POSTGRESQL, EngineInfo
from dbarchitect.catalog.expressions import Expression
from dbarchitect.catalog.members import (
    UNKNOWN_ORIGIN,
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Index,
    IndexColumn,
    Partitioning,
    Policy,
    Trigger,
    UniqueKey,
)
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.catalog.types import Family, SqlType

_Member = TypeVar("_Member", "UniqueKey", "ForeignKey", "Check", "Exclusion", "Index")
_Derived = TypeVar("_Derived")
_BIGINT = SqlType("bigint")


def _compared(value: object) -> str:
    """What counts of a value in comparisons, as text: equal values sort alike whatever their names and origins."""
    if isinstance(value, Expression):
        return value.canonical
    if isinstance(value, tuple):
        return f"({','.join(map(_compared, value))})"
    if is_dataclass(value):
        return f"({','.join(_compared(getattr(value, f.name)) for f in fields(value) if f.compare)})"
    return repr(value)


def _sorted(members: Iterable[_Member]) -> tuple[_Member, ...]:
    listed = tuple(members)
    if len(listed) < 2:
        return listed
    leads = [_lead(member) for member in listed]
    if len(set(leads)) == len(leads):  # the whole comparison is only needed where the lead does not tell
        return tuple(member for _, member in sorted(zip(leads, listed, strict=True), key=lambda pair: pair[0]))
    return tuple(sorted(listed, key=lambda m: (_lead(m), _compared(m), m.name or "")))


def _lead(member: object) -> str:
    """What usually tells a table's members apart: their columns, or the canonical form of their expression."""
    if isinstance(member, UniqueKey | ForeignKey):
        return "\x1f".join(member.columns)
    if isinstance(member, Check):
        return member.expression.canonical
    if isinstance(member, Index):
        return "\x1f".join(c.name or (c.expression.canonical if c.expression else "") for c in member.columns)
    return _compared(member)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with all that hangs on it.

    The tuples are sorted when the table is made, so that the order in which a source lists things does not count;
    `ordered_columns` gives the columns in their order in the table. `partition_of` and `bound` are set for a
    partition. `row_security` and `force_row_security` are the two switches of row-level security. `owned_by`
    names the framework or extension whose table this is (`django`, `alembic`, `postgis`): rules leave such tables
    alone. `without_rowid` and `strict` are SQLite's. `options` are storage parameters (`fillfactor=90`). `declared_in`
    tells apart what the models gather their tables in (SQLAlchemy's `MetaData`): one may stand for another database.
    """

    name: str
    columns: tuple[Column, ...]
    schema: str | None = None
    primary_key: UniqueKey | None = None
    unique_keys: tuple[UniqueKey, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    indexes: tuple[Index, ...] = ()
    policies: tuple[Policy, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    row_security: bool = False
    force_row_security: bool = False
    partitioning: Partitioning | None = None
    partition_of: Ref | None = None
    bound: str | None = None
    inherits: tuple[Ref, ...] = ()
    unlogged: bool = False
    options: tuple[str, ...] = ()
    strict: bool = False
    without_rowid: bool = False
    comment: str | None = field(default=None, compare=False)
    owner: str | None = field(default=None, compare=False)
    owned_by: str | None = field(default=None, compare=False)
    model: str | None = field(default=None, compare=False)
    declared_in: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)
    _ref: Ref = field(init=False, compare=False, repr=False, hash=False)
    _ordered: tuple[Column, ...] = field(init=False, compare=False, repr=False, hash=False)
    _by_name: dict[str, Column] = field(init=False, compare=False, repr=False, hash=False)
    _derived: dict[object, Any] = field(init=False, compare=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        """Sort what has no order of its own, and index the columns by name."""
        put = object.__setattr__
        put(self, "columns", tuple(sorted(self.columns, key=lambda c: c.name)))
        put(self, "unique_keys", _sorted(self.unique_keys))
        put(self, "foreign_keys", _sorted(self.foreign_keys))
        put(self, "checks", _sorted(self.checks))
        put(self, "exclusions", _sorted(self.exclusions))
        put(self, "indexes", _sorted(self.indexes))
        put(self, "policies", tuple(sorted(self.policies, key=lambda p: p.name)))
        put(self, "triggers", tuple(sorted(self.triggers, key=lambda t: t.name)))
        put(self, "options", tuple(sorted(self.options)))
        put(self, "_ref", Ref(Kind.TABLE, self.schema, self.name))
        put(self, "_ordered", tuple(sorted(self.columns, key=lambda c: c.position)))
        put(self, "_by_name", {column.name: column for column in self.columns})
        put(self, "_derived", {})

    def derive(self, compute: Callable[[Table], _Derived]) -> _Derived:
        """What a pure function makes of this table, computed once (see `Catalog.derive`)."""
        if compute not in self._derived:
            self._derived[compute] = compute(self)
        found: _Derived = self._derived[compute]
        return found

    @property
    def ref(self) -> Ref:
        """The table's address."""
        return self._ref

    @property
    def ordered_columns(self) -> tuple[Column, ...]:
        """The columns in their order in the table."""
        return self._ordered

    def column(self, name: str) -> Column | None:
        """The column of that name, if there is one."""
        return self._by_name.get(name)

    def is_key(self, columns: Iterable[str]) -> bool:
        """True where these columns (in any order) hold a whole primary key, unique key or full unique index."""
        wanted = set(columns)
        return any(path.unique and path.predicate is None and set(path.column_names) <= wanted and path.column_names
                   and len(path.column_names) == len(path.columns) for path in self.access_paths())  # fmt: skip

    def access_paths(self) -> tuple[Index, ...]:
        """Every index there is, those that the server builds for the primary key and unique keys first."""
        return self.derive(_access_paths)


def _access_paths(table: Table) -> tuple[Index, ...]:
    keys = (table.primary_key, *table.unique_keys) if table.primary_key else table.unique_keys
    built = (
        Index(
            tuple(IndexColumn(name) for name in key.columns),
            unique=True,
            include=key.include,
            nulls_not_distinct=key.nulls_not_distinct,
            name=key.name,
            origin=key.origin,
        )
        for key in keys
    )
    return (*built, *table.indexes)


@dataclass(frozen=True, slots=True)
class View:
    """A view or materialized view; `security_invoker` is PostgreSQL 15's option. `definition` is compared folded."""

    name: str
    definition: str
    schema: str | None = None
    materialized: bool = False
    columns: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    security_invoker: bool = False
    security_barrier: bool = False
    populated: bool = True
    comment: str | None = field(default=None, compare=False)
    owner: str | None = field(default=None, compare=False)
    owned_by: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Sort the indexes, which have no order of their own."""
        object.__setattr__(self, "indexes", _sorted(self.indexes))


@dataclass(frozen=True, slots=True)
class Enum:
    """A native enum type, its values in order."""

    name: str
    values: tuple[str, ...]
    schema: str | None = None
    owned_by: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain: a type with its own constraints. In its checks the value is called `VALUE`."""

    name: str
    type: SqlType
    schema: str | None = None
    nullable: bool = True
    default: Expression | None = None
    checks: tuple[Check, ...] = ()
    owned_by: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence that no column owns as its identity or serial."""

    name: str
    schema: str | None = None
    type: SqlType = _BIGINT
    start: int = 1
    increment: int = 1
    maximum: int | None = None
    cycle: bool = False
    owned_by: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function:
    """A function or procedure: its signature and what matters for safety.

    `settings` are the SET clauses (`search_path=…`); `definition` is its complete CREATE statement where the
    reader has it. `executable_by` are the roles besides the owner that may call it (`public` for everyone, which is
    what a new function has), None where the reader cannot tell.
    """

    name: str
    arguments: str = ""
    schema: str | None = None
    returns: str = ""
    language: str = "sql"
    security_definer: bool = False
    settings: tuple[str, ...] = ()
    volatility: str = "volatile"
    definition: str = ""
    executable_by: tuple[str, ...] | None = field(default=None, compare=False)
    owner: str | None = field(default=None, compare=False)
    owned_by: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Extension:
    """An installed extension."""

    name: str
    version: str | None = field(default=None, compare=False)
    schema: str | None = None
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Role:
    """A role and its attributes; never its password."""

    name: str
    superuser: bool = False
    bypass_row_security: bool = False
    create_database: bool = False
    create_role: bool = False
    login: bool = False
    replication: bool = False
    connection_limit: int = -1
    member_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """Privileges that a role (`public` for everyone) holds on an object.

    None are listed where files take all of them away: what the role would have by a hosting service's defaults is then
    gone on purpose. (A server lists no such grant.)
    """

    role: str
    object: Ref
    privileges: tuple[str, ...]
    grantable: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A server setting, or a setting of a role or database."""

    name: str
    value: str
    unit: str | None = None
    source: str | None = None
    role: str | None = None


_Named = TypeVar("_Named", Table, View, Enum, Domain, Sequence, Extension)


def _by_name(objects: Iterable[_Named]) -> tuple[_Named, ...]:
    return tuple(sorted(objects, key=_place))


def _place(named: _Named) -> tuple[str, str]:
    return named.schema or "", named.name


@dataclass(frozen=True, slots=True)
class Catalog:
    """All objects of one database. Tuples are sorted by schema and name when the catalog is made."""

    engine: EngineInfo = POSTGRESQL
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    enums: tuple[Enum, ...] = ()
    domains: tuple[Domain, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    functions: tuple[Function, ...] = ()
    extensions: tuple[Extension, ...] = ()
    schemas: tuple[str, ...] = ()
    roles: tuple[Role, ...] = field(default=(), compare=False)
    grants: tuple[Grant, ...] = field(default=(), compare=False)
    settings: tuple[Setting, ...] = field(default=(), compare=False)
    _tables: dict[tuple[str, ...], Table] = field(init=False, compare=False, repr=False, hash=False)
    _derived: dict[object, Any] = field(init=False, compare=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        """Sort, and index the tables by address."""
        put = object.__setattr__
        put(self, "tables", _by_name(self.tables))
        put(self, "views", _by_name(self.views))
        put(self, "enums", _by_name(self.enums))
        put(self, "domains", _by_name(self.domains))
        put(self, "sequences", _by_name(self.sequences))
        put(self, "extensions", _by_name(self.extensions))
        put(self, "functions", tuple(sorted(self.functions, key=lambda f: (f.schema or "", f.name, f.arguments))))
        put(self, "schemas", tuple(sorted(self.schemas)))
        put(self, "_tables", {table.ref.key: table for table in self.tables})
        put(self, "_derived", {})

    def exchanged(self, old: Table | None, new: Table | None) -> Catalog:
        """The same with one table in place of another (None: with one more, or one less).

        `old` is an object of this catalog. Only what that changes is made anew: fixes and migrations change thousands
        of tables one at a time.
        """
        tables = list(self.tables)
        by_key = dict(self._tables)
        if old is not None:
            at = bisect_left(tables, _place(old), key=_place)
            while tables[at] is not old:
                at += 1
            del tables[at]
            by_key.pop(old.ref.key, None)
        if new is not None:
            insort(tables, new, key=_place)
            by_key[new.ref.key] = new
        if len(by_key) < len(tables):  # tables of one address: which of them is found is decided anew
            return replace(self, tables=tuple(tables))
        made: Catalog = object.__new__(Catalog)
        for each in fields(self):
            object.__setattr__(made, each.name, getattr(self, each.name))
        object.__setattr__(made, "tables", tuple(tables))
        object.__setattr__(made, "_tables", by_key)
        object.__setattr__(made, "_derived", {})
        return made

    def derive(self, compute: Callable[[Catalog], _Derived]) -> _Derived:
        """What a pure function makes of this catalog, computed once: `catalog.derive(names_in_use)`.

        Rules ask the same question for each of thousands of tables; a catalog never changes, so the answer holds.
        """
        if compute not in self._derived:
            self._derived[compute] = compute(self)
        found: _Derived = self._derived[compute]
        return found

    def table(self, ref: Ref) -> Table | None:
        """The table that this address, or the object it is of, belongs to."""
        return self._tables.get(ref.table_key)

    def enum_of(self, type_: SqlType) -> Enum | None:
        """The native enum that a type names, if it is one."""
        return self.derive(_enums_by_name).get((type_.schema, type_.name))

    def domain_of(self, type_: SqlType) -> Domain | None:
        """The domain that a type names, if it is one."""
        return self.derive(_domains_by_name).get((type_.schema, type_.name))

    def base_type(self, type_: SqlType) -> SqlType:
        """The type behind a domain (followed to the end), else the type itself."""
        seen: set[str] = set()
        while (domain := self.domain_of(type_)) is not None and domain.name not in seen:
            seen.add(domain.name)
            type_ = domain.type
        return type_

    def family(self, type_: SqlType) -> Family:
        """The family of a type, enums and domains resolved."""
        if not self.enums and not self.domains:
            return type_.family
        base = self.base_type(type_)
        if base.dimensions == 0 and self.enum_of(base) is not None:
            return Family.ENUM
        return base.family

    def references_to(self, table: Ref) -> Iterator[tuple[Table, ForeignKey]]:
        """Every foreign key that points at this table, with the table that holds it."""
        yield from self.derive(_references_by_table).get(table.table_ref.key, ())


def _enums_by_name(catalog: Catalog) -> dict[tuple[str | None, str], Enum]:
    return {(enum.schema, enum.name): enum for enum in catalog.enums}


def _domains_by_name(catalog: Catalog) -> dict[tuple[str | None, str], Domain]:
    return {(domain.schema, domain.name): domain for domain in catalog.domains}


def _references_by_table(catalog: Catalog) -> dict[tuple[str, ...], list[tuple[Table, ForeignKey]]]:
    found: dict[tuple[str, ...], list[tuple[Table, ForeignKey]]] = {}
    for table in catalog.tables:
        for key in table.foreign_keys:
            found.setdefault(key.referenced.key, []).append((table, key))
    return found
