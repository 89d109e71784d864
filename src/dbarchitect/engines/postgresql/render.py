"""Spell changes in PostgreSQL's DDL. A pure function of the change and the catalog it is made to."""

from __future__ import annotations

from typing import assert_never

from dbarchitect.catalog.members import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    Policy,
    Trigger,
    UniqueKey,
)
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
from dbarchitect.engines.postgresql.alter_column import alter_column
from dbarchitect.engines.postgresql.clauses import (
    Constraint,
    column_definition,
    constraint_definition,
    create_index,
    create_policy,
    create_trigger,
    default_clause,
    in_parentheses,
    invented_name,
    name_list,
    option_name,
    partition_clause,
    storage_options,
)
from dbarchitect.engines.postgresql.names import literal, qualified, quote, table_name
from dbarchitect.engines.postgresql.security import set_security
from dbarchitect.engines.postgresql.types import type_sql
from dbarchitect.errors import ChangeRefused


def render(change: Change, catalog: Catalog) -> tuple[str, ...]:
    """The statements that make `change` to a database in the state `catalog`, without semicolons.

    Raises `ChangeRefused` where PostgreSQL (of the catalog's version, if that is known) cannot do it.
    """
    match change:
        case CreateTable() | DropTable() | SetTableOptions():
            return _table(change, catalog)
        case AddColumn():
            return _add_column(change)
        case DropColumn():
            return (f"alter table {table_name(change.table)} drop column {quote(change.column.name)}",)
        case AlterColumn():
            return alter_column(change, catalog)
        case SetPrimaryKey():
            return _set_primary_key(change, catalog)
        case Add():
            return _add(change.table, change.member, catalog)
        case Drop():
            return (_drop(change.table, change.member, catalog),)
        case Create():
            return _create(change.object)
        case Remove():
            return (_remove(change.object),)
        case SetSecurity():
            return set_security(change.old, change.new)
        case AddEnumValue():
            return (_add_enum_value(change),)
        case RunSql():
            if change.engine != "postgresql":
                raise ChangeRefused(f"these statements are written for {change.engine}, not for PostgreSQL")
            return change.up
        case _:
            assert_never(change)


def _table(change: CreateTable | DropTable | SetTableOptions, catalog: Catalog) -> tuple[str, ...]:
    match change:
        case CreateTable():
            return _create_table(change.table, catalog)
        case DropTable():
            return (f"drop table {table_name(change.table.ref)}",)
        case SetTableOptions():
            return _set_table_options(change.old, change.new)
        case _:
            assert_never(change)


def _add_enum_value(change: AddEnumValue) -> str:
    words = f"alter type {qualified(change.enum.schema, change.enum.name)} add value {literal(change.value)}"
    return words if change.before is None else f"{words} before {literal(change.before)}"


def _column_names(ref: Ref, catalog: Catalog) -> frozenset[str]:
    table = catalog.table(ref)
    return frozenset(column.name for column in table.columns) if table is not None else frozenset()


def _create_table(table: Table, catalog: Catalog) -> tuple[str, ...]:
    name = table_name(table.ref)
    columns = frozenset(column.name for column in table.columns)
    lines: list[str] = []
    if table.partition_of is None:
        lines += [
            column_definition(column) for column in table.ordered_columns if not _inherited(column, table, catalog)
        ]
    if table.primary_key is not None:
        lines.append(constraint_definition(table.primary_key, columns, primary=True))
    later: list[ForeignKey | Check] = []
    constraints: tuple[Constraint, ...] = (
        *table.unique_keys,
        *table.checks,
        *table.exclusions,
        *table.foreign_keys,
    )
    for constraint in constraints:
        if isinstance(constraint, ForeignKey | Check) and not constraint.validated:
            later.append(constraint)  # in CREATE TABLE, where there are no rows, NOT VALID says nothing
        else:
            lines.append(constraint_definition(constraint, columns))
    words = f"create {'unlogged ' if table.unlogged else ''}table {name}"
    if table.partition_of is not None:
        words += f" partition of {table_name(table.partition_of)}"
    if lines or table.partition_of is None:
        words += " (\n  " + ",\n  ".join(lines) + "\n)" if lines else " ()"
    if table.partition_of is not None:
        words += f" {table.bound or 'default'}"
    if table.inherits:
        words += f" inherits ({', '.join(table_name(parent) for parent in table.inherits)})"
    if table.partitioning is not None:
        words += f" {partition_clause(table.partitioning, columns)}"
    if table.options:
        words += f" with ({storage_options(table.options)})"
    statements = [words]
    if table.partition_of is None:
        statements += [
            f"alter table {name} alter column {quote(column.name)} drop not null"
            for column in table.ordered_columns
            if column.identity is Identity.SERIAL and column.nullable
        ]
    statements += [f"alter table {name} add {constraint_definition(constraint, columns)}" for constraint in later]
    members: tuple[Member, ...] = (*table.indexes, *table.policies, *table.triggers)
    for member in members:
        statements += _add(table.ref, member, catalog)
    statements += _row_security(name, Table(name=table.name, columns=()), table)
    statements += _comments(table)
    return tuple(statements)


def _inherited(column: Column, table: Table, catalog: Catalog) -> bool:
    """True where the column comes from a parent as it is; the server takes a repeated one, unless it is generated."""
    parents = (catalog.table(parent) for parent in table.inherits)
    return any(parent is not None and parent.column(column.name) == column for parent in parents)


def _comments(table: Table) -> list[str]:
    name = table_name(table.ref)
    found = [f"comment on table {name} is {literal(table.comment)}"] if table.comment else []
    found += [
        f"comment on column {name}.{quote(column.name)} is {literal(column.comment)}"
        for column in table.ordered_columns
        if column.comment
    ]
    return found


def _add_column(change: AddColumn) -> tuple[str, ...]:
    name, column = table_name(change.table), change.column
    statements = [f"alter table {name} add column {column_definition(column)}"]
    if column.identity is Identity.SERIAL and column.nullable:
        statements.append(f"alter table {name} alter column {quote(column.name)} drop not null")
    if column.comment:
        statements.append(f"comment on column {name}.{quote(column.name)} is {literal(column.comment)}")
    return tuple(statements)


def _set_primary_key(change: SetPrimaryKey, catalog: Catalog) -> tuple[str, ...]:
    name = table_name(change.table)
    statements = []
    if change.old is not None:
        table = catalog.table(change.table)
        current = table.primary_key if table is not None else None
        old = (
            change.old.name
            or (current.name if current else None)
            or invented_name(change.table.table or "", (), "pkey")
        )
        statements.append(f"alter table {name} drop constraint {quote(old)}")
    if change.new is not None:
        definition = constraint_definition(change.new, frozenset(), primary=True)
        statements.append(f"alter table {name} add {definition}")
    return tuple(statements)


def _add(table: Ref, member: Member, catalog: Catalog) -> tuple[str, ...]:
    match member:
        case Index():
            return (create_index(table, member),)
        case Policy():
            return (create_policy(table, member),)
        case Trigger():
            return create_trigger(table, member, catalog)
        case UniqueKey() | ForeignKey() | Check() | Exclusion():
            definition = constraint_definition(member, _column_names(table, catalog))
            return (f"alter table {table_name(table)} add {definition}",)
        case _:
            assert_never(member)


def _drop(table: Ref, member: Member, catalog: Catalog) -> str:
    match member:
        case Index():
            return f"drop index {qualified(table.schema, _name_of(table, member, catalog))}"
        case Policy():
            return f"drop policy {quote(member.name)} on {table_name(table)}"
        case Trigger():
            return f"drop trigger {quote(member.name)} on {table_name(table)}"
        case UniqueKey() | ForeignKey() | Check() | Exclusion():
            return f"alter table {table_name(table)} drop constraint {quote(_name_of(table, member, catalog))}"
        case _:
            assert_never(member)


_LABELS = {UniqueKey: "key", ForeignKey: "fkey", Check: "check", Exclusion: "excl", Index: "idx"}


def _name_of(table: Ref, member: UniqueKey | ForeignKey | Check | Exclusion | Index, catalog: Catalog) -> str:
    """The member's name: its own, else that of its equal in the catalog, else the one the server invents."""
    if member.name:
        return member.name
    for candidate in _members(table, catalog):
        if candidate == member and candidate.name:
            return candidate.name
    match member:
        case UniqueKey() | ForeignKey():
            columns = member.columns
        case Index():
            columns = tuple(column.name or "expr" for column in member.columns)
        case Check() | Exclusion():
            raise ChangeRefused(f"the name of a constraint of {table} is not known", hint="Read the live database.")
        case _:
            assert_never(member)
    return invented_name(table.table or "", columns, _LABELS[type(member)])


def _members(table: Ref, catalog: Catalog) -> tuple[UniqueKey | ForeignKey | Check | Exclusion | Index, ...]:
    found = catalog.table(table)
    if found is not None:
        return (*found.unique_keys, *found.foreign_keys, *found.checks, *found.exclusions, *found.indexes)
    views = (view for view in catalog.views if (view.schema, view.name) == (table.schema, table.table))
    return next((view.indexes for view in views), ())


def _row_security(name: str, old: Table, new: Table) -> list[str]:
    statements = []
    if old.row_security != new.row_security:
        statements.append(f"alter table {name} {'enable' if new.row_security else 'disable'} row level security")
    if old.force_row_security != new.force_row_security:
        statements.append(f"alter table {name} {'force' if new.force_row_security else 'no force'} row level security")
    return statements


def _set_table_options(old: Table, new: Table) -> tuple[str, ...]:
    name = table_name(new.ref)
    statements = _row_security(name, old, new)
    if old.unlogged != new.unlogged:
        statements.append(f"alter table {name} set {'unlogged' if new.unlogged else 'logged'}")
    kept = {option.partition("=")[0] for option in new.options}
    gone = [option_name(option.partition("=")[0]) for option in old.options if option.partition("=")[0] not in kept]
    added = tuple(option for option in new.options if option not in old.options)
    if added:
        statements.append(f"alter table {name} set ({storage_options(added)})")
    if gone:
        statements.append(f"alter table {name} reset ({', '.join(gone)})")
    if old.comment != new.comment:
        statements.append(f"comment on table {name} is {literal(new.comment) if new.comment else 'null'}")
    return tuple(statements)


def _create(thing: Standalone) -> tuple[str, ...]:
    match thing:
        case View():
            return _create_view(thing)
        case Enum():
            values = ", ".join(literal(value) for value in thing.values)
            return (f"create type {qualified(thing.schema, thing.name)} as enum ({values})",)
        case Domain():
            return _create_domain(thing)
        case Sequence():
            return (_create_sequence(thing),)
        case Function():
            if not thing.definition:
                raise ChangeRefused(f"the definition of function {thing.name} is not known")
            return (thing.definition,)
        case Extension():
            place = f" with schema {quote(thing.schema)}" if thing.schema else ""
            return (f"create extension if not exists {quote(thing.name)}{place}",)
        case _:
            assert_never(thing)


def _create_view(view: View) -> tuple[str, ...]:
    name = qualified(view.schema, view.name)
    kind = "materialized view" if view.materialized else "view"
    words = f"create {kind} {name}"
    if view.columns:
        words += f" ({name_list(view.columns)})"
    switches = {"security_invoker": view.security_invoker, "security_barrier": view.security_barrier}
    options = ", ".join(f"{switch} = true" for switch, is_on in switches.items() if is_on)
    if options:
        words += f" with ({options})"
    words += f" as {view.definition}"
    if view.materialized and not view.populated:
        words += " with no data"
    statements = [words]
    ref = Ref.of_table(view.name, view.schema)
    statements += [create_index(ref, index) for index in view.indexes]
    if view.comment:
        statements.append(f"comment on {kind} {name} is {literal(view.comment)}")
    return tuple(statements)


def _create_domain(domain: Domain) -> tuple[str, ...]:
    name = qualified(domain.schema, domain.name)
    words = f"create domain {name} as {type_sql(domain.type)}"
    if domain.default is not None:
        words += f" {default_clause(domain.default)}"
    if not domain.nullable:
        words += " not null"
    later = []
    for check in domain.checks:
        constraint = f"constraint {quote(check.name)} " if check.name else ""
        constraint += f"check {in_parentheses(check.expression)}"
        if check.validated:
            words += f" {constraint}"
        else:
            later.append(f"alter domain {name} add {constraint} not valid")
    return (words, *later)


def _create_sequence(sequence: Sequence) -> str:
    words = f"create sequence {qualified(sequence.schema, sequence.name)} as {type_sql(sequence.type)}"
    if sequence.increment != 1:
        words += f" increment by {sequence.increment}"
    if sequence.maximum is not None:
        words += f" maxvalue {sequence.maximum}"
    words += f" start with {sequence.start}"
    return words + (" cycle" if sequence.cycle else "")


def _remove(thing: Standalone) -> str:
    match thing:
        case View():
            return f"drop {'materialized view' if thing.materialized else 'view'} {qualified(thing.schema, thing.name)}"
        case Enum():
            return f"drop type {qualified(thing.schema, thing.name)}"
        case Domain():
            return f"drop domain {qualified(thing.schema, thing.name)}"
        case Sequence():
            return f"drop sequence {qualified(thing.schema, thing.name)}"
        case Function():
            # Only a procedure returns nothing; `drop routine` drops either.
            return f"drop routine {qualified(thing.schema, thing.name)}({thing.arguments})"
        case Extension():
            return f"drop extension {quote(thing.name)}"
        case _:
            assert_never(thing)
