"""The tables that an application declares once more, for another database: its program may be written with those.

Where the same tables are declared for several engines, one of the schemas is read, and the program's queries may name
the variables of another (their types are often those of one engine, for all). Such a variable stands for the table of
the same name in the catalog that is read, with the columns that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.mapping import mapped_models
from dbarchitect.sources.drizzle.relations import Relation
from dbarchitect.sources.drizzle.schema import SchemaReader
from dbarchitect.sources.drizzle.schemas import Schema
from dbarchitect.sources.drizzle.values import Called
from dbarchitect.sources.mapping import MappedModel


def models_of_variants(
    variants: Iterable[Schema],
    catalog: Catalog,
    evaluator: Evaluator,
    casing: str | None,
    related: Callable[[Schema, SchemaReader], Iterable[Relation]],
    labels: Mapping[Called, str],
) -> Iterator[MappedModel]:
    """The variables of schemas that are not read, as models of the tables that are."""
    tables: dict[str, list[Table]] = {}
    for table in catalog.tables:
        tables.setdefault(table.name, []).append(table)
    for variant in variants:
        reader = SchemaReader(evaluator, variant.engine, casing)
        own = reader.read(variant.exported)
        relations = tuple(related(variant, reader))
        for model in mapped_models(variant.exported, relations, reader.shapes, own, labels):
            same = tables.get(model.table.table or "", ())
            if len(same) == 1:
                yield _standing_for(model, same[0])


def _standing_for(model: MappedModel, table: Table) -> MappedModel:
    columns = {name: column for name, column in model.columns.items() if table.column(column) is not None}
    key = table.primary_key.columns if table.primary_key is not None else ()
    return replace(model, table=table.ref, columns=columns, primary_key=key)
