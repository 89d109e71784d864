"""What the names in statements stand for: the addresses of tables, views, types, indexes and constraints."""

from __future__ import annotations

from tree_sitter import Node

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.sources.sqlfiles.schema import Key, Schema
from dbarchitect.sources.sqlfiles.tree import qualified


def relation(schema: Schema, node: Node) -> Ref | None:
    """The table or view that a name means; None for a temporary one."""
    written, name = qualified(node)
    if written is None and name in schema.temporary:
        return None
    key = schema.find(written, name, schema.tables, schema.views)
    if key is None:
        key = schema.key(written, name)
    if key in schema.views and key not in schema.tables:
        return Ref(Kind.VIEW, key[0], name=key[1])
    return Ref.of_table(key[1], key[0])


def table_of(schema: Schema, node: Node) -> Table | None:
    """The table that a name means, where there is one."""
    key = schema.find(*qualified(node), schema.tables)
    return schema.tables[key] if key is not None else None


def type_ref(schema: Schema, node: Node) -> Ref:
    """The address of the enum or domain that a name means."""
    written, name = qualified(node)
    key = schema.find(written, name, schema.enums, schema.domains)
    kind = Kind.DOMAIN if key in schema.domains else Kind.ENUM
    key = key or schema.key(written, name)
    return Ref(kind, key[0], name=key[1])


def index_ref(schema: Schema, node: Node) -> Ref | None:
    """The address of an index, or of the index behind a key, on its table or materialized view."""
    written, name = qualified(node)
    key: Key | None = schema.find(written, name, schema.indexes)
    if key is None:
        for view in schema.views.values():
            for index in view.indexes:
                if index.name == name:
                    return Ref.of_table(view.name, view.schema).over(index.column_names, Kind.INDEX, name)
        return None
    table = schema.tables[schema.indexes[key]]
    found = next((i for i in table.indexes if i.name == name), None)
    if found is None:
        return constraint_ref(table, table.ref, name)
    return table.ref.over(found.column_names, Kind.INDEX, name)


def constraint_ref(table: Table | None, ref: Ref, name: str) -> Ref:
    """The address of a constraint: over its columns where it is known."""
    if table is not None:
        keys = (table.primary_key,) if table.primary_key is not None else ()
        for member in (*keys, *table.unique_keys, *table.foreign_keys):
            if member.name == name:
                return ref.over(member.columns, Kind.CONSTRAINT, name)
    return ref.over((), Kind.CONSTRAINT, name)
