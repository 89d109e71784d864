"""The application's migrations, replayed: what each did, step by step, to which object, at what cost.

Readers of migrations (`sources/sqlfiles`, `sources/django`, `sources/alembic`) replay them in order. Beside the
catalog that comes of it they leave this record, judged against the state just before each operation: a table made
earlier in the same migration is known to be empty, a CHECK that already forbids NULL spares the scan.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.refs import Origin, Ref


class OperationKind(StrEnum):
    """What one operation of a migration does. One statement with several clauses is several operations."""

    CREATE_TABLE = "create table"
    DROP_TABLE = "drop table"
    RENAME_TABLE = "rename table"
    SET_TABLE_OPTIONS = "set table options"
    ADD_COLUMN = "add column"
    DROP_COLUMN = "drop column"
    RENAME_COLUMN = "rename column"
    CHANGE_TYPE = "change type"
    SET_NOT_NULL = "set not null"
    DROP_NOT_NULL = "drop not null"
    SET_DEFAULT = "set default"
    DROP_DEFAULT = "drop default"
    ALTER_COLUMN = "alter column"
    ADD_PRIMARY_KEY = "add primary key"
    ADD_UNIQUE = "add unique"
    ADD_CHECK = "add check"
    ADD_FOREIGN_KEY = "add foreign key"
    ADD_EXCLUSION = "add exclusion"
    VALIDATE_CONSTRAINT = "validate constraint"
    DROP_CONSTRAINT = "drop constraint"
    RENAME_CONSTRAINT = "rename constraint"
    CREATE_INDEX = "create index"
    DROP_INDEX = "drop index"
    RENAME_INDEX = "rename index"
    REINDEX = "reindex"
    ATTACH_PARTITION = "attach partition"
    DETACH_PARTITION = "detach partition"
    CREATE_VIEW = "create view"
    DROP_VIEW = "drop view"
    REFRESH_VIEW = "refresh materialized view"
    CREATE_TYPE = "create type"
    ALTER_TYPE = "alter type"
    DROP_TYPE = "drop type"
    ADD_ENUM_VALUE = "add enum value"
    CREATE_FUNCTION = "create function"
    DROP_FUNCTION = "drop function"
    CREATE_TRIGGER = "create trigger"
    DROP_TRIGGER = "drop trigger"
    CREATE_POLICY = "create policy"
    DROP_POLICY = "drop policy"
    CREATE_EXTENSION = "create extension"
    DROP_SCHEMA = "drop schema"
    DROP_DATABASE = "drop database"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    TRUNCATE = "truncate"
    VACUUM_FULL = "vacuum full"
    CLUSTER = "cluster"
    LOCK = "lock"
    SET = "set"
    BEGIN = "begin"
    COMMIT = "commit"
    RUN_CODE = "run code"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a migration.

    `object` is what it works on: the table for whole-table operations, the column (or columns, in order) for those
    about columns, keys and indexes (an index or constraint carries its name where one is given). `statement` is the
    SQL, or the framework's call, on one line and shortened, values of rows left out. `cost` is None where nothing
    is known (code, SQL that was not understood).

    `on_new_table`: the table was made earlier in the same migration, so it is empty and nobody waits. `concurrently`,
    `not_valid`, `using_index`, `cascade` and `conditional` (IF [NOT] EXISTS) are as written. `in_transaction`: it
    runs inside the transaction that the tool or the file opens around the migration. `filtered`: an UPDATE or DELETE
    has a WHERE. `required`: an added column that is NOT NULL with no default in the database. `value` is a SET's
    (or a rename's new) value; `name` the setting's name.
    `reversible` is False where the tool has a way to say how to go back and this operation has none.
    """

    kind: OperationKind
    object: Ref
    statement: str = ""
    cost: Cost | None = None
    on_new_table: bool = False
    concurrently: bool = False
    not_valid: bool = False
    using_index: bool = False
    cascade: bool = False
    conditional: bool = False
    in_transaction: bool = True
    filtered: bool = False
    required: bool = False
    name: str | None = None
    value: str | None = None
    reversible: bool = True
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration, its operations in order.

    `name` is what the tool calls it (`shop.0002_order_total`, Alembic's revision, a folder's or file's name);
    `path` its file. `parents` are the names of those that must run before. `transactional`: the tool runs it inside
    one transaction. `reversible` is None where the tool has no way back at all. `applied` is None where nothing
    tells; True where a live database's bookkeeping lists it or it was there before (`--since`).
    `replaces` are the names that a squash stands for.
    """

    name: str
    path: str
    operations: tuple[Operation, ...] = ()
    parents: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    transactional: bool = True
    reversible: bool | None = None
    applied: bool | None = None
    origin: Origin = field(default=Origin(), compare=False)


class ChainFault(StrEnum):
    """What can be wrong with the order of migrations."""

    MISSING_PARENT = "missing parent"
    CYCLE = "cycle"
    DUPLICATE = "duplicate"
    SEVERAL_HEADS = "several heads"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """A fault of the order, in words, with the migrations concerned."""

    fault: ChainFault
    text: str
    migrations: tuple[str, ...]
    origin: Origin = field(default=Origin(), compare=False)


@dataclass(frozen=True, slots=True)
class History:
    """All migrations of an application, in the order in which they run.

    `tool` is `django`, `alembic`, `prisma`, `drizzle`, `flyway`, `supabase` … or `sql` for a plain folder. `heads`
    are the migrations that no other one follows. `unknown` are those that a live database lists as run and that are
    not here.
    """

    tool: str
    migrations: tuple[Migration, ...] = ()
    heads: tuple[str, ...] = ()
    problems: tuple[ChainProblem, ...] = ()
    unknown: tuple[str, ...] = ()


def applied_since(history: History, names: Collection[str]) -> History:
    """The history with those migrations that bear one of these names marked as applied, and the others as pending."""
    marked = (replace(migration, applied=migration.name in names) for migration in history.migrations)
    return replace(history, migrations=tuple(marked))
