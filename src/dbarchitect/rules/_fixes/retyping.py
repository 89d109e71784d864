"""Changing a column's type together with every column that refers to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import SqlType
from dbarchitect.change.operations import AlterColumn


def referring_columns(catalog: Catalog, column: Ref) -> tuple[tuple[Table, Column], ...]:
    """The columns that refer to this one, directly or through others, by foreign key."""
    found: dict[tuple[str, ...], tuple[Table, Column]] = {}
    waiting = [column]
    while waiting:
        for table, other in _direct(catalog, waiting.pop()):
            ref = table.ref.column(other.name)
            if ref.key not in found and ref.key != column.key:
                found[ref.key] = (table, other)
                waiting.append(ref)
    return tuple(found[key] for key in sorted(found))


def _direct(catalog: Catalog, column: Ref) -> Iterator[tuple[Table, Column]]:
    for table, key in catalog.references_to(column):
        for own, referenced in zip(key.columns, key.referenced_columns, strict=False):
            found = table.column(own)
            if referenced.casefold() == column.columns[0].casefold() and found is not None:
                yield table, found


def retyped(catalog: Catalog, table: Table, column: Column, type_: SqlType) -> tuple[AlterColumn, ...]:
    """Give a column, and all that refer to it, this type; those that have it already are left alone."""
    own = (table, column)
    all_of_them = (own, *referring_columns(catalog, table.ref.column(column.name)))
    return tuple(
        AlterColumn(holder.ref, each, replace(each, type=type_)) for holder, each in all_of_them if each.type != type_
    )
