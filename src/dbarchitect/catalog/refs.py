"""Names of the objects of a database, and where each was read.

A `Ref` is the address of an object, the same whether it was read from models, from migrations or from a live
server; an `Origin` is the place it was read at.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from dbarchitect.often import made_often


class Kind(StrEnum):
    """What a `Ref` points at; the values are those of the JSON report."""

    DATABASE = "database"
    SCHEMA = "schema"
    TABLE = "table"
    COLUMN = "column"
    INDEX = "index"
    CONSTRAINT = "constraint"
    VIEW = "view"
    TRIGGER = "trigger"
    POLICY = "policy"
    FUNCTION = "function"
    SEQUENCE = "sequence"
    ENUM = "enum"
    DOMAIN = "domain"
    PARTITION = "partition"
    EXTENSION = "extension"
    ROLE = "role"
    SETTING = "setting"
    QUERY = "query"
    MIGRATION = "migration"
    FILE = "file"


@made_often
@dataclass(frozen=True, slots=True)
class Ref:
    """The address of one object.

    `schema` is None for the engine's default schema (`public` in PostgreSQL, `main` in SQLite): readers normalise
    it, so that a model which names no schema and a server which names `public` speak of the same table. Names are
    as the server stores them (PostgreSQL folds unquoted names to lower case; the reader has done so already).
    `columns` stand in index or key order.
    """

    kind: Kind
    schema: str | None = None
    table: str | None = None
    columns: tuple[str, ...] = ()
    name: str | None = None
    _key: tuple[str, ...] | None = field(default=None, init=False, compare=False, repr=False)

    @classmethod
    def of_table(cls, name: str, schema: str | None = None) -> Ref:
        """The address of a table."""
        return cls(Kind.TABLE, schema, name)

    @classmethod
    def database(cls) -> Ref:
        """The address of the database as a whole."""
        return cls(Kind.DATABASE)

    def column(self, name: str) -> Ref:
        """The address of a column of this table."""
        return Ref(Kind.COLUMN, self.schema, self.table, (name,))

    def over(self, columns: tuple[str, ...], kind: Kind = Kind.COLUMN, name: str | None = None) -> Ref:
        """The address of something that spans several columns of this table."""
        return Ref(kind, self.schema, self.table, columns, name)

    def of(self, kind: Kind, name: str) -> Ref:
        """The address of a named object that belongs to this table (an index, a trigger, a policy)."""
        return Ref(kind, self.schema, self.table, (), name)

    @property
    def table_ref(self) -> Ref:
        """The table that this object is or belongs to."""
        return self if self.kind is Kind.TABLE else _table_ref(self.schema, self.table)

    @property
    def table_key(self) -> tuple[str, ...]:
        """The `key` of that table."""
        return _table_key(self.schema, self.table)

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for the same object in every source; identifiers differing by case alone are taken as one."""
        if self._key is None:  # computed once: joining a large catalog asks for millions of keys
            key = _key(self.kind, self.schema, self.table, self.columns, self.name)
            object.__setattr__(self, "_key", key)
            return key
        return self._key

    def __str__(self) -> str:
        """`schema.table(column, …)` as a person writes it; the kind in front where there is no table."""
        if self.table is None:
            bare = ".".join(part for part in (self.schema, self.name) if part)
            return f"{self.kind.value} {bare}".strip()
        text = f"{self.schema}.{self.table}" if self.schema else self.table
        if self.columns:
            text += f".{self.columns[0]}" if len(self.columns) == 1 else f"({', '.join(self.columns)})"
        if self.name:
            text += f" {self.kind.value} {self.name}"
        return text


@lru_cache(maxsize=65_536)
def _key(
    kind: Kind, schema: str | None, table: str | None, columns: tuple[str, ...], name: str | None
) -> tuple[str, ...]:
    """The key of an address: queries have addresses of their own for the same few thousand columns."""
    return (
        kind.value,
        (schema or "").casefold(),
        (table or "").casefold(),
        ",".join(c.casefold() for c in columns),
        (name or "").casefold(),
    )


@lru_cache(maxsize=32_768)
def _table_ref(schema: str | None, table: str | None) -> Ref:
    """One address for all that belongs to a table, so that its key is computed once."""
    return Ref(Kind.TABLE, schema, table)


@lru_cache(maxsize=32_768)
def _table_key(schema: str | None, table: str | None) -> tuple[str, ...]:
    return Ref(Kind.TABLE, schema, table).key


@made_often
@dataclass(frozen=True, slots=True)
class Origin:
    """The place an object was read at: a database's catalog (`path` is None) or a span of a file.

    `path` is relative to the audited directory, with `/`; `start` and `end` are byte offsets, lines and columns
    count from one; `digest` is the SHA-256 of the file's bytes, so that an edit can be refused when the file has
    changed since.
    """

    path: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    start: int | None = None
    end: int | None = None
    digest: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """`path:line:column`, or `catalog`."""
        if self.path is None:
            return "catalog"
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something that a reader could not understand; printed, so that silence is never mistaken for health."""

    origin: Origin
    text: str
