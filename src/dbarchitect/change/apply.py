"""What a catalog is after a change: pure arithmetic, no database.

A change fits a catalog when the object that it alters or drops is there, equal to what the change carries, and
nothing else would be left hanging: a column goes after the keys and indexes on it, a table after the foreign keys
that point at it. Whether a referenced table that the catalog does not know exists is not asked, since a reader may not
have seen it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar, assert_never

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Check, Column, Exclusion, ForeignKey, Index, Policy, Trigger, UniqueKey
from dbarchitect.catalog.objects import Catalog, Domain, Enum, Extension, Function, Sequence, Table, View
from dbarchitect.catalog.refs import Ref
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
from dbarchitect.errors import ChangeRefused

TABLE_OPTIONS = ("row_security", "force_row_security", "options", "unlogged")

_T = TypeVar("_T")


def apply_all(changes: Iterable[Change], catalog: Catalog) -> Catalog:
    """The catalog after all these changes, in turn. Raises `ChangeRefused` at the first that does not fit."""
    for change in changes:
        catalog = apply(change, catalog)
    return catalog


def apply(change: Change, catalog: Catalog) -> Catalog:  # noqa: C901 - one arm for each
    """The catalog after the change. Raises `ChangeRefused` where it does not fit."""
    match change:
        case CreateTable(table):
            return _create_table(catalog, table)
        case DropTable(table):
            return _drop_table(catalog, table)
        case AddColumn(ref, column):
            return _add_column(catalog, find_table(catalog, ref), column)
        case DropColumn(ref, column):
            return _drop_column(catalog, find_table(catalog, ref), column)
        case AlterColumn(ref, old, new):
            return _alter_column(catalog, find_table(catalog, ref), old, new)
        case SetPrimaryKey(ref, old, new):
            table = find_table(catalog, ref)
            _expect(table.primary_key == old, f"{table.ref} has another primary key by now")
            _expect_columns(table, new.columns if new else ())
            return catalog.exchanged(table, replace(table, primary_key=new))
        case Add(ref, member):
            return _add(catalog, ref, member)
        case Drop(ref, member):
            return _drop(catalog, ref, member)
        case SetTableOptions(old, new):
            table = find_table(catalog, old.ref)
            same = all(getattr(table, name) == getattr(old, name) for name in TABLE_OPTIONS)
            _expect(same, f"the options of {table.ref} are others by now")
            return catalog.exchanged(
                table,
                replace(
                    table,
                    row_security=new.row_security,
                    force_row_security=new.force_row_security,
                    options=new.options,
                    unlogged=new.unlogged,
                    comment=new.comment,
                ),
            )
        case Create(thing):
            return _create(catalog, thing)
        case Remove(thing):
            return _remove(catalog, thing)
        case SetSecurity():
            return _set_security(catalog, change)
        case AddEnumValue():
            return _add_enum_value(catalog, change)
        case RunSql():
            return catalog
        case _:
            assert_never(change)


def find_table(catalog: Catalog, ref: Ref) -> Table:
    """The table at an address, exactly as written where two differ by case alone. Raises `ChangeRefused`."""
    table = _known_table(catalog, ref)
    if table is None:
        raise ChangeRefused(f"there is no {ref.table_ref}")
    return table


def _known_table(catalog: Catalog, ref: Ref) -> Table | None:
    found = catalog.table(ref)
    if found is not None and (found.schema, found.name) != (ref.schema, ref.table):
        exact = (table for table in catalog.tables if (table.schema, table.name) == (ref.schema, ref.table))
        return next(exact, found)
    return found


def identity(thing: Standalone) -> tuple[str, ...]:
    """What tells one standalone object from another of its kind."""
    arguments = thing.arguments if isinstance(thing, Function) else ""
    schema = "" if isinstance(thing, Extension) else thing.schema or ""
    return (type(thing).__name__, schema, thing.name, arguments)


def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise ChangeRefused(message)


def _expect_columns(table: Table, columns: Iterable[str]) -> None:
    for name in columns:
        _expect(table.column(name) is not None, f"{table.ref} has no column {name}")


def _create_table(catalog: Catalog, table: Table) -> Catalog:
    taken = any((known.schema, known.name) == (table.schema, table.name) for known in catalog.tables)
    _expect(not taken, f"{table.ref} is there already")
    return catalog.exchanged(None, table)


def _drop_table(catalog: Catalog, table: Table) -> Catalog:
    found = find_table(catalog, table.ref)
    _expect(found == table, f"{table.ref} is another by now")
    for holder, _ in catalog.references_to(found.ref):
        _expect(holder is found, f"{holder.ref} has a foreign key to {table.ref}")
    return catalog.exchanged(found, None)


def _add_column(catalog: Catalog, table: Table, column: Column) -> Catalog:
    _expect(table.column(column.name) is None, f"{table.ref} has a column {column.name} already")
    last = max((known.position for known in table.columns), default=0)
    return catalog.exchanged(table, replace(table, columns=(*table.columns, replace(column, position=last + 1))))


def _drop_column(catalog: Catalog, table: Table, column: Column) -> Catalog:
    _expect(table.column(column.name) == column, f"{table.ref} has no such column {column.name}")
    held = _holders(catalog, table, column.name)
    _expect(not held, f"{', '.join(held)} of {table.ref} needs column {column.name}")
    return catalog.exchanged(table, replace(table, columns=tuple(c for c in table.columns if c.name != column.name)))


def _holders(catalog: Catalog, table: Table, column: str) -> list[str]:
    """What would be left hanging without the column."""
    held = ["the primary key"] if table.primary_key and column in table.primary_key.columns else []
    held += ["a unique key" for key in table.unique_keys if column in (*key.columns, *key.include)]
    held += ["a foreign key" for key in table.foreign_keys if column in key.columns]
    held += ["a check" for check in table.checks if column in columns_of(check.expression)]
    held += ["an index" for index in table.indexes if column in columns_of_member(index)]
    held += [
        f"column {other.name}" for other in table.columns if other.generated and column in columns_of(other.generated)
    ]
    references = catalog.references_to(table.ref)
    held += [f"a foreign key of {holder.ref}" for holder, key in references if column in key.referenced_columns]
    return held


def columns_of_member(member: Member) -> tuple[str, ...]:
    """The columns of its table that a member stands on, as far as they are named plainly or in its expressions."""
    match member:
        case UniqueKey():
            return (*member.columns, *member.include)
        case ForeignKey():
            return member.columns
        case Check():
            return columns_of(member.expression)
        case Index():
            expressions = [*(c.expression for c in member.columns), member.predicate]
            computed = [name for e in expressions if e is not None for name in columns_of(e)]
            return (*(c.name for c in member.columns if c.name is not None), *member.include, *computed)
        case Exclusion() | Policy() | Trigger():
            return ()
        case _:
            assert_never(member)


def _alter_column(catalog: Catalog, table: Table, old: Column, new: Column) -> Catalog:
    _expect(old.name == new.name, f"{table.ref}: {old.name} cannot become {new.name} by altering it")
    found = table.column(old.name)
    _expect(found is not None and found == old, f"{table.ref} has no such column {old.name}")
    position = found.position if found is not None else 0
    others = tuple(column for column in table.columns if column.name != old.name)
    return catalog.exchanged(table, replace(table, columns=(*others, replace(new, position=position))))


def _add(catalog: Catalog, ref: Ref, member: Member) -> Catalog:
    view = _view_at(catalog, ref)
    if view is not None and isinstance(member, Index):
        return _with_view(catalog, view, replace(view, indexes=(*view.indexes, member)))
    table = find_table(catalog, ref)
    if isinstance(member, UniqueKey | ForeignKey):
        _expect_columns(table, columns_of_member(member))
    elif isinstance(member, Index):
        _expect_columns(table, (*(c.name for c in member.columns if c.name is not None), *member.include))
    if isinstance(member, ForeignKey):
        target = _known_table(catalog, member.referenced)
        if target is not None:
            _expect_columns(target, member.referenced_columns)
    if isinstance(member, Policy | Trigger):
        taken = any(
            other.name == member.name for other in (*table.policies, *table.triggers) if type(other) is type(member)
        )
        _expect(not taken, f"{table.ref} has a {type(member).__name__.lower()} {member.name} already")
    return catalog.exchanged(table, _with_member(table, member))


def _with_member(table: Table, member: Member) -> Table:
    match member:
        case UniqueKey():
            return replace(table, unique_keys=(*table.unique_keys, member))
        case ForeignKey():
            return replace(table, foreign_keys=(*table.foreign_keys, member))
        case Check():
            return replace(table, checks=(*table.checks, member))
        case Exclusion():
            return replace(table, exclusions=(*table.exclusions, member))
        case Index():
            return replace(table, indexes=(*table.indexes, member))
        case Policy():
            return replace(table, policies=(*table.policies, member))
        case Trigger():
            return replace(table, triggers=(*table.triggers, member))
        case _:
            assert_never(member)


def _drop(catalog: Catalog, ref: Ref, member: Member) -> Catalog:
    view = _view_at(catalog, ref)
    if view is not None and isinstance(member, Index):
        return _with_view(catalog, view, replace(view, indexes=_without(view.indexes, member, ref)))
    table = find_table(catalog, ref)
    return catalog.exchanged(table, without_member(table, member))


def without_member(table: Table, member: Member) -> Table:
    """The table without this member; of several equal ones the one of that name goes. Raises `ChangeRefused`."""
    ref = table.ref
    match member:
        case UniqueKey():
            return replace(table, unique_keys=_without(table.unique_keys, member, ref))
        case ForeignKey():
            return replace(table, foreign_keys=_without(table.foreign_keys, member, ref))
        case Check():
            return replace(table, checks=_without(table.checks, member, ref))
        case Exclusion():
            return replace(table, exclusions=_without(table.exclusions, member, ref))
        case Index():
            return replace(table, indexes=_without(table.indexes, member, ref))
        case Policy():
            return replace(table, policies=_without(table.policies, member, ref))
        case Trigger():
            return replace(table, triggers=_without(table.triggers, member, ref))
        case _:
            assert_never(member)


def _without(members: tuple[_T, ...], member: _T, ref: Ref) -> tuple[_T, ...]:
    equal = [index for index, known in enumerate(members) if known == member]
    if not equal:
        raise ChangeRefused(f"{ref.table_ref} has no such {type(member).__name__}")
    name = getattr(member, "name", None)
    gone = next((index for index in equal if getattr(members[index], "name", None) == name), equal[0])
    return members[:gone] + members[gone + 1 :]


def _view_at(catalog: Catalog, ref: Ref) -> View | None:
    return next((view for view in catalog.views if (view.schema, view.name) == (ref.schema, ref.table)), None)


def _with_view(catalog: Catalog, old: View, new: View) -> Catalog:
    return replace(catalog, views=(*(view for view in catalog.views if view is not old), new))


def _create(catalog: Catalog, thing: Standalone) -> Catalog:
    known = _collection(catalog, thing)
    _expect(identity(thing) not in map(identity, known), f"{_spoken(thing)} is there already")
    return _with_collection(catalog, thing, (*known, thing))


def _remove(catalog: Catalog, thing: Standalone) -> Catalog:
    known = _collection(catalog, thing)
    kept = tuple(other for other in known if identity(other) != identity(thing))
    _expect(len(kept) < len(known), f"there is no {_spoken(thing)}")
    _expect(thing in known, f"{_spoken(thing)} is another by now")
    return _with_collection(catalog, thing, kept)


def _set_security(catalog: Catalog, change: SetSecurity) -> Catalog:
    old = next((t for t in _collection(catalog, change.old) if identity(t) == identity(change.old)), None)
    new = change.new
    if isinstance(old, View) and isinstance(new, View):
        _expect(not old.materialized, f"{_spoken(old)} is materialized: it has no rights of its own")
        switched: View | Function = replace(
            old, security_invoker=new.security_invoker, security_barrier=new.security_barrier
        )
    elif isinstance(old, Function) and isinstance(new, Function):
        switched = replace(old, security_definer=new.security_definer, settings=new.settings, definition=new.definition)
    else:
        raise ChangeRefused(f"there is no {_spoken(change.old)}")
    others = tuple(thing for thing in _collection(catalog, old) if thing is not old)
    return _with_collection(catalog, old, (*others, switched))


def _spoken(thing: Standalone) -> str:
    return f"{type(thing).__name__.lower()} {thing.name}"


def _collection(catalog: Catalog, thing: Standalone) -> tuple[Standalone, ...]:
    match thing:
        case View():
            return catalog.views
        case Enum():
            return catalog.enums
        case Domain():
            return catalog.domains
        case Sequence():
            return catalog.sequences
        case Function():
            return catalog.functions
        case Extension():
            return catalog.extensions
        case _:
            assert_never(thing)


def _with_collection(catalog: Catalog, thing: Standalone, things: tuple[Standalone, ...]) -> Catalog:
    match thing:
        case View():
            return replace(catalog, views=_only(View, things))
        case Enum():
            return replace(catalog, enums=_only(Enum, things))
        case Domain():
            return replace(catalog, domains=_only(Domain, things))
        case Sequence():
            return replace(catalog, sequences=_only(Sequence, things))
        case Function():
            return replace(catalog, functions=_only(Function, things))
        case Extension():
            return replace(catalog, extensions=_only(Extension, things))
        case _:
            assert_never(thing)


def _only(class_: type[_T], things: tuple[object, ...]) -> tuple[_T, ...]:
    return tuple(thing for thing in things if isinstance(thing, class_))


def _add_enum_value(catalog: Catalog, change: AddEnumValue) -> Catalog:
    enum = next((e for e in catalog.enums if identity(e) == identity(change.enum)), None)
    if enum is None:
        raise ChangeRefused(f"there is no {_spoken(change.enum)}")
    _expect(change.value not in enum.values, f"{_spoken(enum)} has a value {change.value!r} already")
    _expect(change.before is None or change.before in enum.values, f"{_spoken(enum)} has no value {change.before!r}")
    at = len(enum.values) if change.before is None else enum.values.index(change.before)
    grown = replace(enum, values=(*enum.values[:at], change.value, *enum.values[at:]))
    return replace(catalog, enums=(*(e for e in catalog.enums if e is not enum), grown))
