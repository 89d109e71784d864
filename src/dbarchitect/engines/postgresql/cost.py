"""What a change does to a busy PostgreSQL: the lock it takes, and whether rows are rewritten or read under it.

Source: https://www.postgresql.org/docs/current/explicit-locking.html and the page of each statement. A test asks
every supported server which locks it really takes, and whether it rewrites.
"""

from __future__ import annotations

import re
from typing import assert_never

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Check, Column, Exclusion, ForeignKey, Index, Policy, Trigger, UniqueKey
from dbarchitect.catalog.objects import Catalog, Domain, Enum, Extension, Function, Sequence, Table, View
from dbarchitect.catalog.types import SqlType
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

ACCESS_SHARE = "ACCESS SHARE"
SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
SHARE = "SHARE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

_WHO_WAITS = {
    None: "nobody waits",
    ACCESS_SHARE: "nobody waits",
    SHARE_UPDATE_EXCLUSIVE: "only vacuum and other changes of the schema wait",
    SHARE: "writers wait, readers do not",
    SHARE_ROW_EXCLUSIVE: "writers wait, readers do not",
    ACCESS_EXCLUSIVE: "readers and writers wait",
}
_MANUAL = "https://www.postgresql.org/docs/current/"

# Functions of the server and its extensions whose result differs from row to row; others are known by their own mark.
_VOLATILE = frozenset(
    {
        *("clock_timestamp", "currval", "gen_random_bytes", "gen_random_uuid", "gen_salt", "lastval", "nextval"),
        *("random", "random_normal", "setval", "timeofday", "uuid_generate_v1", "uuid_generate_v1mc"),
        *("uuid_generate_v4", "uuidv4", "uuidv7"),
    }
)
_CALL = re.compile(r"(?<!\w)(\w++)\"?\s*+\(")
_PRECISION = frozenset(
    {
        *("timestamp with time zone", "timestamp without time zone"),
        *("time with time zone", "time without time zone", "interval"),
    }
)


def cost(change: Change, catalog: Catalog) -> Cost:
    """The strongest lock that the change takes on a table there is, and what happens to the rows meanwhile."""
    match change:
        case CreateTable():
            return _create_table(change.table)
        case DropTable():
            return _cost(ACCESS_EXCLUSIVE, "sql-droptable.html")
        case AddColumn() | DropColumn() | AlterColumn():
            return _column_cost(change, catalog)
        case SetPrimaryKey():
            return _cost(ACCESS_EXCLUSIVE, scans=change.new is not None)
        case Add():
            return _add(change.member)
        case Drop():
            return _drop(change.member)
        case SetTableOptions():
            return _set_table_options(change.old, change.new)
        case Create():
            return _create(change.object)
        case Remove():
            return _remove(change.object)
        case SetSecurity():
            is_view = isinstance(change.old, View)
            return _cost(ACCESS_EXCLUSIVE, "sql-alterview.html") if is_view else _cost(None, "sql-alterfunction.html")
        case AddEnumValue():
            return _cost(None, "sql-altertype.html")
        case RunSql():
            return Cost(None, blocks="not known: these statements are not modelled")
        case _:
            assert_never(change)


def _cost(lock: str | None, page: str = "sql-altertable.html", *, rewrites: bool = False, scans: bool = False) -> Cost:
    return Cost(lock, rewrites, scans or rewrites, _WHO_WAITS[lock], _MANUAL + page)


def _create_table(table: Table) -> Cost:
    if table.partition_of is not None:
        return _cost(ACCESS_EXCLUSIVE, "sql-createtable.html")
    if any(key.referenced.key != table.ref.key for key in table.foreign_keys):
        return _cost(SHARE_ROW_EXCLUSIVE, "sql-createtable.html")
    return _cost(SHARE_UPDATE_EXCLUSIVE if table.inherits else None, "sql-createtable.html")


def _column_cost(change: AddColumn | DropColumn | AlterColumn, catalog: Catalog) -> Cost:
    match change:
        case AddColumn():
            return _add_column(change.column, catalog)
        case DropColumn():
            return _cost(ACCESS_EXCLUSIVE)
        case AlterColumn():
            return _alter_column(change, catalog)
        case _:
            assert_never(change)


def _add_column(column: Column, catalog: Catalog) -> Cost:
    rewrites = (
        (column.generated is not None and column.generated_stored)
        or column.identity is not None
        or (column.default is not None and _is_volatile(column.default.text, catalog))
        or _has_constraints(column.type, catalog)
    )
    empty = column.default is None and column.generated is None and not column.nullable
    return _cost(ACCESS_EXCLUSIVE, rewrites=rewrites, scans=empty)


def _is_volatile(default: str, catalog: Catalog) -> bool:
    called = {name.lower() for name in _CALL.findall(default)}
    own = {function.name for function in catalog.functions if function.volatility == "volatile"}
    return not called.isdisjoint(_VOLATILE | own)


def _has_constraints(type_: SqlType, catalog: Catalog) -> bool:
    domain = catalog.domain_of(type_)
    return domain is not None and (bool(domain.checks) or not domain.nullable or _has_constraints(domain.type, catalog))


def _alter_column(change: AlterColumn, catalog: Catalog) -> Cost:
    old, new = change.old, change.new
    if old.generated != new.generated and new.generated is not None:
        return _cost(ACCESS_EXCLUSIVE, rewrites=new.generated_stored)
    retyped = (old.type, old.collation) != (new.type, new.collation)
    rewrites = retyped and (
        change.using is not None
        or not _same_bytes(old.type, new.type, catalog)
        or (old.type != new.type and _has_constraints(new.type, catalog))
    )
    checked = retyped and _is_checked(change, catalog)
    forbids_null = old.nullable and not new.nullable and not _never_null(change, catalog)
    if _only_comment_differs(old, new):
        return _cost(SHARE_UPDATE_EXCLUSIVE, "sql-comment.html")
    return _cost(ACCESS_EXCLUSIVE, rewrites=rewrites, scans=checked or forbids_null)


def _only_comment_differs(old: Column, new: Column) -> bool:
    return old == new and old.comment != new.comment


def _is_checked(change: AlterColumn, catalog: Catalog) -> bool:
    """True where a valid CHECK is about the column: it is proved again for every row when the type changes."""
    table = catalog.table(change.table)
    return table is not None and any(
        check.validated and change.old.name in columns_of(check.expression) for check in table.checks
    )


def _never_null(change: AlterColumn, catalog: Catalog) -> bool:
    """True where a valid CHECK already says that the column is not null: SET NOT NULL then believes it."""
    table = catalog.table(change.table)
    wanted = f"{change.old.name} is not null".lower()
    return table is not None and any(
        check.validated and check.expression.canonical.lower().replace('"', "") == wanted for check in table.checks
    )


def _same_bytes(old: SqlType, new: SqlType, catalog: Catalog) -> bool:
    """True where every stored value of the old type is one of the new type as it stands.

    Source: the notes of ALTER TABLE, and the casts that are binary coercible in pg_cast.
    """
    if old == new:
        return True
    old, new = catalog.base_type(old), catalog.base_type(new)
    if old.dimensions != new.dimensions:
        return False
    if new.name in ("text", "citext") or (new.name == "character varying" and not new.arguments):
        return old.name in ("text", "character varying", "citext")
    if old.name != new.name:
        return (old.name, new.name) == ("cidr", "inet")
    if old.name in ("character varying", "bit varying"):
        return not new.arguments or (bool(old.arguments) and new.arguments[0] >= old.arguments[0])
    if old.name == "numeric":
        return not new.arguments or (
            len(old.arguments) == 2 and new.arguments[1] == old.arguments[1] and new.arguments[0] >= old.arguments[0]
        )
    if old.name in _PRECISION:
        return not new.arguments or (bool(old.arguments) and new.arguments[0] >= old.arguments[0])
    return old == new


def _add(member: Member) -> Cost:
    match member:
        case Index():
            return _cost(SHARE, "sql-createindex.html", scans=True)
        case UniqueKey() | Exclusion():
            return _cost(ACCESS_EXCLUSIVE, scans=True)
        case Check():
            return _cost(ACCESS_EXCLUSIVE, scans=member.validated)
        case ForeignKey():
            return _cost(SHARE_ROW_EXCLUSIVE, scans=member.validated)
        case Policy():
            return _cost(ACCESS_EXCLUSIVE, "sql-createpolicy.html")
        case Trigger():
            return _cost(SHARE_ROW_EXCLUSIVE, "sql-createtrigger.html")
        case _:
            assert_never(member)


def _drop(member: Member) -> Cost:
    match member:
        case Index():
            return _cost(ACCESS_EXCLUSIVE, "sql-dropindex.html")
        case UniqueKey() | Exclusion() | Check() | ForeignKey():
            return _cost(ACCESS_EXCLUSIVE)
        case Policy():
            return _cost(ACCESS_EXCLUSIVE, "sql-droppolicy.html")
        case Trigger():
            return _cost(ACCESS_EXCLUSIVE, "sql-droptrigger.html")
        case _:
            assert_never(member)


def _set_table_options(old: Table, new: Table) -> Cost:
    if old.unlogged != new.unlogged:
        return _cost(ACCESS_EXCLUSIVE, rewrites=True)
    if (old.row_security, old.force_row_security) != (new.row_security, new.force_row_security):
        return _cost(ACCESS_EXCLUSIVE)
    if old.options != new.options:
        return _cost(SHARE_UPDATE_EXCLUSIVE)
    return _cost(SHARE_UPDATE_EXCLUSIVE if old.comment != new.comment else None, "sql-comment.html")


def _create(thing: Standalone) -> Cost:
    match thing:
        case View():
            page = "sql-creatematerializedview.html" if thing.materialized else "sql-createview.html"
            return _cost(ACCESS_SHARE, page, scans=thing.materialized and thing.populated)
        case Enum() | Domain() | Sequence() | Function() | Extension():
            return _cost(None, "explicit-locking.html")
        case _:
            assert_never(thing)


def _remove(thing: Standalone) -> Cost:
    match thing:
        case View():
            return _cost(
                ACCESS_EXCLUSIVE, "sql-dropmaterializedview.html" if thing.materialized else "sql-dropview.html"
            )
        case Enum() | Domain() | Sequence() | Function() | Extension():
            return _cost(None, "explicit-locking.html")
        case _:
            assert_never(thing)
