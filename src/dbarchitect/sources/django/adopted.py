"""What models have that cannot be read from them, and their migrations, which list everything, tell.

A base that nobody knows here brings columns; a field of a library's or the project's own class may bring a second one
beside it, or be no column at all; a decorator or a factory makes whole models. Without this such tables would be
missing, and the migrations would seem to make too much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.django.migrations.replay import Replayed
from dbarchitect.sources.django.models import Model, ModelReader

_NAMED = 5


def adopted(
    catalog: Catalog, replayed: Replayed, models: Mapping[tuple[str, str], Model], reader: ModelReader
) -> tuple[Catalog, tuple[Diagnostic, ...]]:
    """The models' catalog, completed by what the migrations make, and what was taken from there."""
    own = {model.label: model for model in models.values() if model.owned_by is None}
    tables = []
    for table in catalog.tables:
        model, made = own.get(table.model or ""), replayed.catalog.table(table.ref)
        tables.append(_completed(table, made, model, reader) if model is not None and made is not None else table)
    modelled = [table for table in replayed.catalog.tables if _is_of_a_model(table, replayed)]
    unread = [table for table in modelled if _is_unread(table, catalog, models)]
    if len(unread) * 2 > len(modelled):  # then the models are somewhere else, and these are not theirs
        unread = []
    return replace(catalog, tables=(*tables, *unread)), tuple(_told(unread))


def believed(replayed: Replayed, declared: Catalog, sources: Iterable[bytes]) -> Catalog:
    """What the migrations make, with what code makes that nobody runs here: the models' columns that the migrations
    enter into Django's state alone, and the models' indexes whose names stand in a migration's text."""
    told = b"\n".join(sources)
    tables = []
    for table in replayed.catalog.tables:
        own = declared.table(table.ref)
        stated = replayed.stated.get(table.ref.key, frozenset())
        tables.append(_believed(table, own, stated, told) if own is not None and own.owned_by is None else table)
    return replace(replayed.catalog, tables=tuple(tables))


def _believed(table: Table, own: Table, stated: frozenset[str], told: bytes) -> Table:
    there, known = {column.name for column in table.columns}, {index.name for index in table.indexes}
    columns = [column for column in own.ordered_columns if column.name in stated and column.name not in there]
    new = {column.name for column in columns}
    named = [i for i in own.indexes if i.name is not None and i.name not in known and i.name.encode() in told]
    indexes = [i for i in own.indexes if i in named or new & set(i.column_names)]
    if not columns and not indexes:
        return table
    return replace(
        table,
        columns=(*table.columns, *columns),
        foreign_keys=(*table.foreign_keys, *(key for key in own.foreign_keys if new & set(key.columns))),
        unique_keys=(*table.unique_keys, *(key for key in own.unique_keys if new & set(key.columns))),
        indexes=(*table.indexes, *indexes),
    )


def _is_of_a_model(table: Table, replayed: Replayed) -> bool:
    """True for the own table of a model that there is by the last migration: a relation's names its field too."""
    return table.owned_by is None and table.ref.key in replayed.stated and (table.model or "").count(".") == 1


def _is_unread(table: Table, catalog: Catalog, models: Mapping[tuple[str, str], Model]) -> bool:
    """True where the model is declared nowhere that we can read."""
    label, _, name = (table.model or "").partition(".")
    return catalog.table(table.ref) is None and (label, name.lower()) not in models


def _told(unread: list[Table]) -> list[Diagnostic]:
    if not unread:
        return []
    names = sorted(table.model or table.name for table in unread)
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    text = f"the models of {len(names)} tables are declared nowhere that is read; taken from the migrations: {shown}"
    return [Diagnostic(unread[0].origin, text)]


def _completed(table: Table, made: Table, model: Model, reader: ModelReader) -> Table:
    names = {column.name for column in table.columns}
    fields = reader.fields(model.cls).values()
    pairs = tuple(f"{field.name}_" for field in fields if not field.class_name.startswith("django."))
    doubtful = {field.name for field in fields if field.kind is None}
    kept = tuple(c for c in table.columns if c.name not in doubtful or made.column(c.name) is not None)
    table = replace(table, columns=kept) if len(kept) < len(table.columns) else table
    missing = [column for column in made.ordered_columns if column.name not in names]
    brought = [column for column in missing if model.unknown_bases or column.name.startswith(pairs)]
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
