"""What hangs on a table: its columns, keys, checks, indexes, policies and triggers.

Every class is a frozen value, equal to another when a server would behave the same with either; `catalog.objects` has
the tables and the rest, and `docs/architecture.md`, "What counts as equal", the reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dbarchitect.catalog.expressions import Expression
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.types import SqlType

UNKNOWN_ORIGIN = Origin()


class Action(StrEnum):
    """What a foreign key does with the referencing rows when the referenced row goes or changes."""

    NO_ACTION = "no action"
    RESTRICT = "restrict"
    CASCADE = "cascade"
    SET_NULL = "set null"
    SET_DEFAULT = "set default"


class Identity(StrEnum):
    """How the server numbers a column by itself: an identity column's two kinds, a serial, SQLite's rowid."""

    ALWAYS = "always"
    BY_DEFAULT = "by default"
    SERIAL = "serial"
    ROWID = "rowid"
    AUTOINCREMENT = "autoincrement"


@dataclass(frozen=True, slots=True)
class Declared:
    """What the application's model says of a column beyond what the database enforces.

    `choices` are the stored values that the model allows; `default` is a constant default that the application
    (not the database) fills in; bounds and `max_length` come from validators; `sets_on_create` and
    `sets_on_update` mark timestamps that the framework maintains; `encrypted` and `hashed` mark field classes
    that store nothing readable; `references` names the model or column that a logical reference points at;
    `generator` is the kind of key that the application makes for each row (`uuid`, `cuid`); `computed_default` that
    it fills in something that is no constant (nor the time, see `sets_on_create`); `empty_default` that this is a list
    or document with nothing in it; `never_none` that the model lets
    no None pass although the column may be NULL (a type annotation without None, `null=True` without `blank=True`);
    `null_said` that it is written that the column may be NULL, beside a default; `some_rows` that the column belongs
    to some rows only (to a subclass in the table of its parent); `checks` are the functions of its own that the model
    calls to look at a value, by their names (`validators=[validate_name]`); `comment` is what a comment beside the
    field says, which nothing enforces (`"open" | "closed"`, `JSON array`).
    """

    choices: tuple[str, ...] = ()
    default: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    max_length: int | None = None
    required: bool | None = None
    sets_on_create: bool = False
    sets_on_update: bool = False
    encrypted: bool = False
    hashed: bool = False
    unique: bool = False
    references: str | None = None
    generator: str | None = None
    computed_default: bool = False
    never_none: bool = False
    null_said: bool = False
    some_rows: bool = False
    checks: tuple[str, ...] = ()
    comment: str | None = None
    empty_default: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `generated` is the expression of a stored or virtual generated column.

    `identity` tells that the server numbers the column; the default that a serial carries is then not repeated in
    `default`. `collation` is None where it is the type's default.
    """

    name: str
    type: SqlType
    nullable: bool = True
    default: Expression | None = None
    identity: Identity | None = None
    generated: Expression | None = None
    generated_stored: bool = True
    collation: str | None = None
    comment: str | None = field(default=None, compare=False)
    position: int = field(default=0, compare=False)
    declared: Declared | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A PRIMARY KEY or UNIQUE constraint, with the index that the server builds for it."""

    columns: tuple[str, ...]
    name: str | None = field(default=None, compare=False)
    include: tuple[str, ...] = ()
    deferrable: bool = False
    initially_deferred: bool = False
    nulls_not_distinct: bool = False
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key. `referenced_columns` is always filled in (the referenced primary key when none was named).

    `application_on_delete` is what a framework does itself before the database is asked (Django's `on_delete`).
    """

    columns: tuple[str, ...]
    referenced: Ref
    referenced_columns: tuple[str, ...]
    on_delete: Action = Action.NO_ACTION
    on_update: Action = Action.NO_ACTION
    match_full: bool = False
    deferrable: bool = False
    initially_deferred: bool = False
    validated: bool = True
    name: str | None = field(default=None, compare=False)
    application_on_delete: Action | None = field(default=None, compare=False)
    on_delete_written: bool = field(default=True, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint of a table (a column's own CHECK is one too)."""

    expression: Expression
    validated: bool = True
    no_inherit: bool = False
    name: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An EXCLUDE constraint: pairs of (expression or column, operator), and the index method."""

    elements: tuple[tuple[str, str], ...]
    method: str = "gist"
    predicate: Expression | None = None
    deferrable: bool = False
    initially_deferred: bool = False
    name: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """One key of an index: a column's name or an expression, never both.

    `operator_class` and `collation` are None where they are the defaults; `nulls_first` is None where it follows
    from the direction (NULLS LAST when ascending, FIRST when descending).
    """

    name: str | None = None
    expression: Expression | None = None
    operator_class: str | None = None
    collation: str | None = None
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index that no constraint owns. `valid` is False after a failed concurrent build."""

    columns: tuple[IndexColumn, ...]
    unique: bool = False
    method: str = "btree"
    predicate: Expression | None = None
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    valid: bool = True
    name: str | None = field(default=None, compare=False)
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)

    @property
    def is_key(self) -> bool:
        """Whether it says what a unique key over the same columns says: all rows, bare columns."""
        return self.unique and self.predicate is None and len(self.column_names) == len(self.columns)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The leading keys that are plain columns, in order; stops at the first expression."""
        names: list[str] = []
        for column in self.columns:
            if column.name is None:
                break
            names.append(column.name)
        return tuple(names)


@dataclass(frozen=True, slots=True)
class Policy:
    """A row-level security policy; `roles` is empty for PUBLIC."""

    name: str
    command: str = "all"
    permissive: bool = True
    roles: tuple[str, ...] = ()
    using: Expression | None = None
    check: Expression | None = None
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger: when it fires, on what, and what it runs.

    `function` is `schema.name` (schema left out when default) of the function it calls; engines whose triggers
    have a body of their own (SQLite) keep it in `body`, with white space folded.
    """

    name: str
    timing: str
    events: tuple[str, ...]
    for_each_row: bool = True
    function: str | None = None
    body: str | None = None
    columns: tuple[str, ...] = ()
    when: Expression | None = None
    enabled: bool = True
    constraint: bool = False
    origin: Origin = field(default=UNKNOWN_ORIGIN, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Partitioning:
    """How a partitioned table is divided: `range`, `list` or `hash`, and by which columns or expressions."""

    strategy: str
    keys: tuple[str, ...]
