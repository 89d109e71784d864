"""Tables while they are being read: columns by key, constraints whose columns and targets are still names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dbarchitect.catalog.members import Action, Declared, Identity, IndexColumn
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.type_read import TypeRead

NO_DECLARATION = Declared()


@dataclass(frozen=True, slots=True)
class MetadataRead:
    """A MetaData: `key` tells two apart, `conventions` are its naming_convention, `path` the file it is made in."""

    key: tuple[str, str]
    path: str
    schema: str | None = None
    conventions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False, hash=False)


@dataclass(frozen=True, slots=True)
class ColumnTarget:
    """What a foreign key points at: `text` is `users.id`; else an attribute of a model, or a column of a Table.

    `table` is the place (path, offset) of the `Table(…)` call.
    """

    text: str | None = None
    model: ClassDef | None = None
    table: tuple[str, int] | None = None
    attribute: str | None = None


@dataclass(slots=True)
class ForeignKeyDraft:
    """A foreign key. `columns` are keys of columns of its own table."""

    columns: tuple[str, ...]
    targets: tuple[ColumnTarget, ...]
    origin: Origin
    on_delete: Action | None = None
    on_update: Action = Action.NO_ACTION
    name: str | None = None
    deferrable: bool = False
    initially_deferred: bool = False
    match_full: bool = False
    use_alter: bool = False
    """Whether CREATE TABLE leaves it out, for an ALTER TABLE to add it later."""


@dataclass(slots=True)
class UniqueDraft:
    """A UNIQUE constraint over keys of columns."""

    columns: tuple[str, ...]
    origin: Origin
    name: str | None = None
    deferrable: bool = False
    initially_deferred: bool = False
    nulls_not_distinct: bool = False
    include: tuple[str, ...] = ()


@dataclass(slots=True)
class CheckDraft:
    """A CHECK constraint, as SQL."""

    text: str
    origin: Origin
    name: str | None = None


@dataclass(slots=True)
class ExclusionDraft:
    """An EXCLUDE constraint: pairs of SQL (or a column's key) and operator."""

    elements: tuple[tuple[str, str], ...]
    origin: Origin
    method: str = "gist"
    predicate: str | None = None
    name: str | None = None


@dataclass(slots=True)
class IndexDraft:
    """An index. The names in `columns` are keys of columns until the table is finished."""

    columns: tuple[IndexColumn, ...]
    origin: Origin
    name: str | None = None
    unique: bool = False
    method: str = "btree"
    predicate: str | None = None
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False


@dataclass(slots=True)
class ColumnDraft:
    """A column. `read` is None where the type is taken from the column that the foreign key points at."""

    attribute: str
    key: str
    name: str
    origin: Origin
    read: TypeRead | None = None
    annotated: TypeRead | None = None
    """The type of its annotation, for a foreign key whose target is not found."""
    nullable: bool = True
    null_said: bool = True
    primary_key: bool = False
    autoincrement: bool | str = "auto"
    identity: Identity | None = None
    sequence: str | None = None
    default: str | None = None
    has_python_default: bool = False
    generated: str | None = None
    generated_stored: bool = True
    foreign_keys: list[ForeignKeyDraft] = field(default_factory=list)
    checks: list[CheckDraft] = field(default_factory=list)
    index: bool = False
    unique: bool = False
    comment: str | None = None
    collation: str | None = None
    system: bool = False
    """Whether the server has this column by itself (`xmin`)."""
    declared: Declared = NO_DECLARATION


@dataclass(slots=True)
class TableDraft:
    """A table. `attributes` maps the model's attributes to keys of columns; `path` is the file it is written in."""

    name: str
    metadata: MetadataRead
    origin: Origin
    schema: str | None = None
    model: str | None = None
    comment: str | None = None
    columns: dict[str, ColumnDraft] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    primary_key: UniqueDraft | None = None
    unique_keys: list[UniqueDraft] = field(default_factory=list)
    foreign_keys: list[ForeignKeyDraft] = field(default_factory=list)
    checks: list[CheckDraft] = field(default_factory=list)
    exclusions: list[ExclusionDraft] = field(default_factory=list)
    indexes: list[IndexDraft] = field(default_factory=list)
    options: dict[str, object] = field(default_factory=dict)
    arguments_unread: bool = False
    """Whether `__table_args__` could not be read, so that the schema may be another."""

    def add(self, column: ColumnDraft) -> None:
        """Put a column in; one that is there already under its key is replaced in its place."""
        if not column.system:
            self.columns[column.key] = column
        self.attributes[column.attribute] = column.key

    def key_of(self, attribute: str) -> str:
        """The key of the column behind an attribute of the model, or that of this very key."""
        return self.attributes.get(attribute, attribute)

    def column_name(self, key: str) -> str:
        """The name in the database of the column with this key (or attribute)."""
        column = self.columns.get(self.key_of(key)) or self.columns.get(key)
        return column.name if column is not None else key
