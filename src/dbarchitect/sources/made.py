"""What migrations make and models do not declare: indexes, keys, CHECKs, triggers, policies, functions, views.

People write such things into a migration by hand, and every database that the migrations made has them although the
models are silent; to judge the models alone would be to miss an index that is there. Tables, columns and their types
are the models' to say. What both sides have in different form is drift, and stays as the models say it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from dbarchitect.catalog.members import Check, ForeignKey, Index, UniqueKey
from dbarchitect.catalog.objects import Catalog, Enum, Extension, Function, Table, View
from dbarchitect.change.apply import columns_of_member

_Object = TypeVar("_Object", bound=View | Enum | Function | Extension)


def with_made(declared: Catalog, migrated: Catalog | None) -> Catalog:
    """The models' catalog with what only the catalog of their migrations has."""
    if migrated is None or migrated is declared or migrated.engine.name != declared.engine.name:
        return declared
    return replace(
        declared,
        tables=tuple(_table(table, migrated.table(table.ref), declared) for table in declared.tables),
        views=_with_others(declared.views, (v for v in migrated.views if not _is_mapped(v, declared))),
        enums=_with_others(declared.enums, migrated.enums),
        functions=_with_others(declared.functions, migrated.functions),
        extensions=_with_others(declared.extensions, migrated.extensions),
    )


def _table(table: Table, made: Table | None, declared: Catalog) -> Table:
    if made is None or table.owned_by is not None:
        return table
    names = {column.name for column in table.columns}
    return replace(
        table,
        primary_key=_in_order_made(table.primary_key, made.primary_key),
        unique_keys=(*table.unique_keys, *_unique_keys(table, made, names)),
        foreign_keys=(*table.foreign_keys, *_foreign_keys(table, made, names, declared)),
        checks=(*table.checks, *_checks(table, made, names)),
        exclusions=table.exclusions or made.exclusions,
        indexes=(*table.indexes, *_indexes(table, made, names)),
        policies=table.policies or made.policies,
        triggers=(*table.triggers, *(t for t in made.triggers if t.name not in {own.name for own in table.triggers})),
        row_security=table.row_security or made.row_security,
        force_row_security=table.force_row_security or made.force_row_security,
    )


def _in_order_made(declared: UniqueKey | None, made: UniqueKey | None) -> UniqueKey | None:
    """A primary key with its columns in the order in which the migrations made it: a model that has a column from a
    base may gather them in another one, and which column leads decides what the key's index serves."""
    if declared is None or made is None or frozenset(declared.columns) != frozenset(made.columns):
        return declared
    return replace(declared, columns=made.columns)


def _unique_keys(table: Table, made: Table, names: set[str]) -> Iterator[UniqueKey]:
    taken = _unique_over(table)
    for key in made.unique_keys:
        if frozenset(key.columns) not in taken and names.issuperset(columns_of_member(key)):
            yield key


def _indexes(table: Table, made: Table, names: set[str]) -> Iterator[Index]:
    """Those that the table has not: neither the same, nor one of that name, nor a key over the same columns."""
    taken, known = _unique_over(table), {index.name for index in table.indexes if index.name is not None}
    for index in made.indexes:
        repeated = index.is_key and frozenset(index.column_names) in taken
        if index.name in known or repeated or index in table.indexes:
            continue
        if names.issuperset(columns_of_member(index)):
            yield index


def _foreign_keys(table: Table, made: Table, names: set[str], declared: Catalog) -> Iterator[ForeignKey]:
    taken = {key.columns for key in table.foreign_keys}
    for key in made.foreign_keys:
        if key.columns in taken or not names.issuperset(key.columns):
            continue
        target = declared.table(key.referenced)
        if target is not None and all(target.column(name) is not None for name in key.referenced_columns):
            yield key


def _checks(table: Table, made: Table, names: set[str]) -> Iterator[Check]:
    taken = {check.expression for check in table.checks}
    known = {check.name for check in table.checks if check.name is not None}
    for check in made.checks:
        if check.expression in taken or check.name in known:
            continue
        if names.issuperset(columns_of_member(check)):
            yield check


def _unique_over(table: Table) -> set[frozenset[str]]:
    keys = (*table.unique_keys, *((table.primary_key,) if table.primary_key is not None else ()))
    by_index = (index.column_names for index in table.indexes if index.is_key)
    return {frozenset(key.columns) for key in keys} | {frozenset(columns) for columns in by_index}


def _is_mapped(view: View, declared: Catalog) -> bool:
    """Models may be mapped onto a view: it is there already."""
    return any((table.schema, table.name) == (view.schema, view.name) for table in declared.tables)


def _with_others(own: tuple[_Object, ...], others: Iterable[_Object]) -> tuple[_Object, ...]:
    known = {_address(item) for item in own}
    return (*own, *(other for other in others if _address(other) not in known))


def _address(item: View | Enum | Function | Extension) -> Hashable:
    if isinstance(item, Extension):
        return item.name
    return (item.schema, item.name, item.arguments) if isinstance(item, Function) else (item.schema, item.name)
