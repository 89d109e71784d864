"""Spells changes in SQLite's SQL: in place where ALTER TABLE can, else by making the table anew and copying its rows.

The rebuild follows https://www.sqlite.org/lang_altertable.html#otheralter. `legacy_alter_table` keeps the renaming
from looking into views and triggers, which name the table that is just then not there.
"""

from __future__ import annotations

from typing import assert_never

from dbarchitect.catalog.members import Column, Identity, Index, Policy, Trigger
from dbarchitect.catalog.objects import Catalog, Table, View
from dbarchitect.catalog.refs import Ref
from dbarchitect.change.apply import apply, find_table
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
)
from dbarchitect.engines.sqlite.spelling import literal, quote
from dbarchitect.engines.sqlite.statements import (
    column_definition,
    create_index,
    create_table,
    create_trigger,
    create_view,
    is_constant,
    require_plain_key,
)
from dbarchitect.errors import ChangeRefused


def render(change: Change, catalog: Catalog) -> tuple[str, ...]:  # noqa: C901 - one case per operation
    """The statements that make the change. Raises `ChangeRefused` for what SQLite lacks."""
    match change:
        case CreateTable(table):
            return (create_table(table), *_members(table, catalog))
        case DropTable(table):
            return (f"DROP TABLE {quote(table.name)}",)
        case AddColumn(ref, column):
            if adds_in_place(column):
                return (f"ALTER TABLE {quote(find_table(catalog, ref).name)} ADD COLUMN {column_definition(column)}",)
            return _rebuild(change, ref, catalog)
        case DropColumn(ref, column):
            apply(change, catalog)  # refuses a column that a key, an index or a check still needs
            return (f"ALTER TABLE {quote(find_table(catalog, ref).name)} DROP COLUMN {quote(column.name)}",)
        case AlterColumn(ref) | SetPrimaryKey(ref):
            return _rebuild(change, ref, catalog)
        case Add(ref, member):
            return _add(change, ref, member, catalog)
        case Drop(ref, member):
            return _drop(change, ref, member, catalog)
        case SetTableOptions(old, new):
            return _set_options(old, new)
        case Create(thing):
            if isinstance(thing, View):
                return (create_view(thing), *_members_of_view(thing))
            raise ChangeRefused(f"SQLite has no {type(thing).__name__.lower()}s: {thing.name} cannot be created")
        case Remove(thing):
            if isinstance(thing, View):
                return (f"DROP VIEW {quote(thing.name)}",)
            raise ChangeRefused(f"SQLite has no {type(thing).__name__.lower()}s: {thing.name} cannot be dropped")
        case SetSecurity(old):
            raise ChangeRefused(f"SQLite has no roles: {old.name} works under nobody's rights")
        case AddEnumValue(enum):
            raise ChangeRefused(f"SQLite has no enum types: {enum.name} cannot get a value")
        case RunSql():
            if change.engine != "sqlite":
                raise ChangeRefused(f"these statements are written for {change.engine}, not for SQLite")
            return change.up
        case _:
            assert_never(change)


def in_place(change: Change) -> bool:
    """Whether the change needs no rebuild of a table."""
    match change:
        case AddColumn(_, column):
            return adds_in_place(column)
        case AlterColumn() | SetPrimaryKey():
            return False
        case Add(_, member) | Drop(_, member):
            return isinstance(member, Index | Trigger)
        case _:
            return True


def adds_in_place(column: Column) -> bool:
    """Whether ADD COLUMN takes the column: https://www.sqlite.org/lang_altertable.html#altertabaddcol."""
    if column.generated is not None:
        return not column.generated_stored and column.nullable
    if column.default is None:
        return column.nullable
    return is_constant(column.default) and (column.nullable or column.default.text.strip().lower() != "null")


def _members(table: Table, catalog: Catalog) -> tuple[str, ...]:
    """The statements for what hangs on a table but stands outside its CREATE TABLE."""
    taken = {name.casefold() for name in _names(catalog)} - {(i.name or "").casefold() for i in table.indexes}
    statements = []
    for index in table.indexes:
        name = index.name or _index_name(index, table.name, taken)
        taken.add(name.casefold())
        statements.append(create_index(index, table.name, name))
    statements += [create_trigger(trigger, table.name) for trigger in table.triggers]
    return tuple(statements)


def _members_of_view(view: View) -> tuple[str, ...]:
    if view.indexes:
        raise ChangeRefused(f"view {view.name} has indexes: SQLite's views have none")
    return ()


def _names(catalog: Catalog) -> set[str]:
    """All names that an index may not take: SQLite has one namespace."""
    names = {table.name for table in catalog.tables} | {view.name for view in catalog.views}
    return names | {index.name for table in catalog.tables for index in table.indexes if index.name}


def _index_name(index: Index, table: str, taken: set[str]) -> str:
    stem = "_".join([table, *index.column_names, "key" if index.unique else "idx"])
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}{number}"
    return name


def _add(change: Add, ref: Ref, member: Member, catalog: Catalog) -> tuple[str, ...]:
    if isinstance(member, Index):
        table = find_table(catalog, ref)
        taken = {name.casefold() for name in _names(catalog)}
        return (create_index(member, table.name, member.name or _index_name(member, table.name, taken)),)
    if isinstance(member, Trigger):
        return (create_trigger(member, find_table(catalog, ref).name),)
    if isinstance(member, Policy):
        raise ChangeRefused("SQLite has no policies and no row-level security")
    return _rebuild(change, ref, catalog)


def _drop(change: Drop, ref: Ref, member: Member, catalog: Catalog) -> tuple[str, ...]:
    if isinstance(member, Index):
        candidates = [i for i in find_table(catalog, ref).indexes if i == member]
        found = next((i for i in candidates if i.name == member.name), candidates[0] if candidates else member)
        return (f"DROP INDEX {quote(found.name)}",) if found.name else _rebuild(change, ref, catalog)
    if isinstance(member, Trigger):
        return (f"DROP TRIGGER {quote(member.name)}",)
    if isinstance(member, Policy):
        raise ChangeRefused("SQLite has no policies and no row-level security")
    return _rebuild(change, ref, catalog)


def _set_options(old: Table, new: Table) -> tuple[str, ...]:
    if (old.row_security, old.force_row_security) != (new.row_security, new.force_row_security):
        raise ChangeRefused("SQLite has no row-level security")
    if old.options != new.options or old.unlogged != new.unlogged:
        raise ChangeRefused("SQLite's tables have no storage parameters")
    return ()


def _rebuild(change: Change, ref: Ref, catalog: Catalog) -> tuple[str, ...]:
    """Make the table anew as it is after the change, copy the rows, and put it in the old one's place."""
    old = find_table(catalog, ref)
    after = apply(change, catalog)
    new = find_table(after, ref)
    for key in new.unique_keys:
        require_plain_key(key)
    names = {name.casefold() for name in _names(catalog)}
    temporary = f"{new.name}__new"
    while temporary.casefold() in names:
        temporary += "_"
    return (
        "PRAGMA foreign_keys = OFF",
        "PRAGMA legacy_alter_table = ON",
        "BEGIN IMMEDIATE",
        create_table(new, temporary),
        _copy(change, old, new, temporary),
        *_keep_numbering(old, new, temporary),
        f"DROP TABLE {quote(old.name)}",
        f"ALTER TABLE {quote(temporary)} RENAME TO {quote(new.name)}",
        *_members(new, after),
        "PRAGMA foreign_key_check",
        "COMMIT",
        "PRAGMA legacy_alter_table = OFF",
        "PRAGMA foreign_keys = ON",
    )


def _copy(change: Change, old: Table, new: Table, temporary: str) -> str:
    columns = [c.name for c in new.ordered_columns if c.generated is None and old.column(c.name) is not None]
    values = [quote(name) for name in columns]
    if isinstance(change, AlterColumn) and change.using is not None and change.new.name in columns:
        values[columns.index(change.new.name)] = f"({change.using})"
    into = ", ".join(quote(name) for name in columns)
    return f"INSERT INTO {quote(temporary)} ({into}) SELECT {', '.join(values)} FROM {quote(old.name)}"


def _keep_numbering(old: Table, new: Table, temporary: str) -> tuple[str, ...]:
    """AUTOINCREMENT never hands out a number twice: the new table goes on where the old one was."""
    if not all(any(c.identity is Identity.AUTOINCREMENT for c in t.columns) for t in (old, new)):
        return ()
    before, now = literal(old.name), literal(temporary)
    return (
        f"DELETE FROM sqlite_sequence WHERE name = {now}",
        f"INSERT INTO sqlite_sequence SELECT {now}, seq FROM sqlite_sequence WHERE name = {before}",
    )
