"""Columns that a model has from a base which nobody knows here: the migrations, which list every column, tell them.

Without this a table would lack what its library gives it, and its migrations would seem to make too much.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.sources.django.models import Model


def with_columns_of_unknown_bases(catalog: Catalog, migrated: Catalog, models: Collection[Model]) -> Catalog:
    """The models' catalog, the tables of models with unknown bases completed by what the migrations make."""
    unknown = {model.label for model in models if model.unknown_bases and model.owned_by is None}
    if not unknown:
        return catalog
    tables = (_completed(t, migrated.table(t.ref)) if t.model in unknown else t for t in catalog.tables)
    return replace(catalog, tables=tuple(tables))


def _completed(table: Table, made: Table | None) -> Table:
    if made is None:
        return table
    names = {column.name for column in table.columns}
    brought = [column for column in made.ordered_columns if column.name not in names]
    if not brought:
        return table
    last = max((column.position for column in table.columns), default=0)
    placed = (replace(c, position=last + n, origin=table.origin) for n, c in enumerate(brought, 1))
    new = {column.name for column in brought}
    return replace(
        table,
        columns=(*table.columns, *placed),
        foreign_keys=(*table.foreign_keys, *(key for key in made.foreign_keys if new & set(key.columns))),
        unique_keys=(*table.unique_keys, *(key for key in made.unique_keys if new & set(key.columns))),
        indexes=(*table.indexes, *(index for index in made.indexes if new & set(index.column_names))),
    )
