"""What the migrations hold and a Prisma schema cannot say: CHECKs, partial indexes, triggers, policies, views' queries.

People write such things into the SQL of a migration by hand, and the database has them although the schema is silent.
Only that is taken over: where the schema can say a thing and does not, it is the schema that counts, for the next
migration will follow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Column, Identity, Index, UniqueKey
from dbarchitect.catalog.objects import Catalog, Extension, Table, View
from dbarchitect.change.apply import columns_of_member
from dbarchitect.sources.refined import in_order, refined_key

_SPOKEN_METHODS = frozenset({"btree", "hash", "gin", "gist", "spgist", "brin", "fulltext"})


def with_hand_written(declared: Catalog, migrated: Catalog) -> Catalog:
    """The catalog of the schema with what only the catalog of its migrations knows."""
    known = {table.ref.key: table for table in migrated.tables}
    tables = [_table(table, known[table.ref.key]) if table.ref.key in known else table for table in declared.tables]
    partitions = [
        table
        for table in migrated.tables
        if table.partition_of is not None
        and declared.table(table.ref) is None
        and declared.table(table.partition_of) is not None
    ]
    return replace(
        declared,
        tables=(*tables, *partitions),
        views=tuple(_views(declared.views, migrated.views)),
        enums=tuple(in_order(enum, migrated.enums) for enum in declared.enums),
        extensions=(*declared.extensions, *_new_extensions(declared, migrated)),
        domains=migrated.domains,
        sequences=migrated.sequences,
        functions=migrated.functions,
    )


def _table(table: Table, migrated: Table) -> Table:
    table = replace(table, columns=tuple(_column(column, migrated.column(column.name)) for column in table.columns))
    names = {column.name for column in table.columns}
    return replace(
        table,
        unique_keys=tuple(_unsayable_keys(migrated, names)),
        foreign_keys=tuple(refined_key(key, migrated.foreign_keys) for key in table.foreign_keys),
        checks=tuple(check for check in migrated.checks if set(columns_of_member(check)) <= names),
        exclusions=migrated.exclusions,
        indexes=tuple(_indexes(table, migrated, names)),
        policies=migrated.policies,
        triggers=migrated.triggers,
        row_security=migrated.row_security,
        force_row_security=migrated.force_row_security,
        partitioning=migrated.partitioning,
        unlogged=migrated.unlogged,
        options=migrated.options,
        strict=migrated.strict,
        without_rowid=migrated.without_rowid,
        comment=migrated.comment,
    )


def _column(column: Column, migrated: Column | None) -> Column:
    """A list that is NOT NULL, a generated column, a collation, another kind of numbering: all beyond the schema."""
    if migrated is None or migrated.type.dimensions != column.type.dimensions:
        return column
    numbered = column.identity is Identity.SERIAL and migrated.identity in {Identity.ALWAYS, Identity.BY_DEFAULT}
    return replace(
        column,
        nullable=migrated.nullable if column.type.dimensions else column.nullable,
        default=None if migrated.generated is not None else column.default,
        identity=migrated.identity if numbered else column.identity,
        generated=migrated.generated,
        generated_stored=migrated.generated_stored,
        collation=migrated.collation,
        comment=migrated.comment,
    )


def _unsayable_keys(migrated: Table, names: set[str]) -> Iterator[UniqueKey]:
    """Unique constraints that are deferrable or have more to them than a unique index could."""
    for key in migrated.unique_keys:
        if (key.deferrable or key.include or key.nulls_not_distinct) and set(columns_of_member(key)) <= names:
            yield key


def _indexes(table: Table, migrated: Table, names: set[str]) -> Iterator[Index]:
    """The schema's indexes, as the migrations have refined those of the same name, and those beyond its words."""
    theirs = {index.name: index for index in migrated.indexes if _is_unsayable(index)}
    deferrable = {key.columns for key in _unsayable_keys(migrated, names)}
    taken: set[str | None] = set()
    for index in table.indexes:
        refined = theirs.get(index.name)
        if refined is not None and set(columns_of_member(refined)) <= names:
            taken.add(index.name)
            yield replace(refined, origin=index.origin)
        elif not (index.unique and index.column_names in deferrable):
            yield index
    for name, index in theirs.items():
        if name not in taken and index not in table.indexes and set(columns_of_member(index)) <= names:
            yield index


def _is_unsayable(index: Index) -> bool:
    return (
        index.predicate is not None
        or any(column.expression is not None or column.nulls_first is not None for column in index.columns)
        or bool(index.include)
        or index.nulls_not_distinct
        or index.method not in _SPOKEN_METHODS
    )


def _views(declared: Iterable[View], migrated: Iterable[View]) -> Iterator[View]:
    """The schema knows a view's columns, the migrations its query; some views only they know."""
    by_address = {(view.schema, view.name): view for view in migrated}
    for view in declared:
        known = by_address.pop((view.schema, view.name), None)
        yield view if known is None else replace(known, columns=view.columns or known.columns, origin=view.origin)
    yield from by_address.values()


def _new_extensions(declared: Catalog, migrated: Catalog) -> Iterator[Extension]:
    known = {extension.name for extension in declared.extensions}
    yield from (extension for extension in migrated.extensions if extension.name not in known)
