"""CREATE INDEX."""

from __future__ import annotations

import re
from dataclasses import replace

from tree_sitter import Node

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Index, IndexColumn
from dbarchitect.catalog.objects import Table
from dbarchitect.sources.sqlfiles.postgresql.clauses import column_names, to_expression, unqualified
from dbarchitect.sources.sqlfiles.postgresql.invented import index_name, is_relation
from dbarchitect.sources.sqlfiles.postgresql.tables import Context
from dbarchitect.sources.sqlfiles.schema import Unreplayable
from dbarchitect.sources.sqlfiles.tree import child, collect, first, has_words, name_of, names, qualified, text, words

_PLAIN = re.compile(r'\s*(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\U0010ffff][\w$]*)\s*\Z')

# Operator classes that are the default for a type: naming one says nothing. By B-tree, hash, GIN, GiST and BRIN.
_DEFAULTS = {
    "text_ops": {"text", "character varying"},
    "varchar_ops": {"character varying"},
    "bpchar_ops": {"character"},
    "int2_ops": {"smallint"},
    "int4_ops": {"integer"},
    "int8_ops": {"bigint"},
    "numeric_ops": {"numeric"},
    "float4_ops": {"real"},
    "float8_ops": {"double precision"},
    "bool_ops": {"boolean"},
    "uuid_ops": {"uuid"},
    "date_ops": {"date"},
    "time_ops": {"time without time zone"},
    "timetz_ops": {"time with time zone"},
    "timestamp_ops": {"timestamp without time zone"},
    "timestamptz_ops": {"timestamp with time zone"},
    "interval_ops": {"interval"},
    "bytea_ops": {"bytea"},
    "jsonb_ops": {"jsonb"},
    "inet_ops": {"inet", "cidr"},
    "tsvector_ops": {"tsvector"},
    "oid_ops": {"oid"},
    "array_ops": {"array"},
}


def create_index(context: Context, node: Node) -> None:
    """CREATE INDEX on a table or materialized view. Raises `Unreplayable`."""
    schema = context.schema
    target = first(child(node, "relation_expr"), "qualified_name")
    if target is None:
        raise Unreplayable("the index is on nothing")
    written, on = qualified(target)
    name = name_of(child(node, "opt_single_name", "name"))
    view_key = schema.find(written, on, schema.views)
    table = Table(on, ()) if view_key is not None else schema.table(written, on)
    key = view_key if view_key is not None else (table.schema, table.name)
    if name is not None and is_relation(schema, (key[0], name)):
        if has_words(node, "IF", "NOT", "EXISTS"):
            return
        raise Unreplayable(f"there is a {name} already")
    method = name_of(child(child(node, "access_method_clause"), "name")) or "btree"
    elements = collect(child(node, "index_params"), "index_elem")
    index = Index(
        tuple(_key(element, table, method) for element in elements),
        unique=child(node, "opt_unique") is not None,
        method=method,
        predicate=to_expression(child(child(node, "where_clause"), "a_expr")),
        include=_included(child(node, "opt_include")),
        nulls_not_distinct=has_words(child(node, "opt_unique_null_treatment"), "NOT", "DISTINCT"),
        name=name,
        origin=context.locate(node),
    )
    if name is None:
        index = replace(index, name=index_name(schema, key, index))
    if view_key is not None:
        view = schema.views[view_key]
        schema.views[view_key] = replace(view, indexes=(*view.indexes, index))
    else:
        schema.put(replace(table, indexes=(*table.indexes, index)))


def _included(node: Node | None) -> tuple[str, ...]:
    found = column_names(node)
    return found or tuple(name_of(element) or "" for element in collect(node, "index_elem"))


def _key(node: Node, table: Table, method: str) -> IndexColumn:
    column, inner = child(node, "ColId"), child(node, "func_expr_windowless", "a_expr")
    name = name_of(column)
    if name is None and inner is not None and _PLAIN.match(text(inner)):
        parts = names(text(inner))
        name = parts[0] if table.column(parts[0]) is not None else None  # a column in parentheses is a column
    options = child(node, "index_elem_options")
    order = words(child(options, "opt_asc_desc"))
    descending = order == ("DESC",)
    nulls = words(child(options, "opt_nulls_order"))
    nulls_first = ("FIRST" in nulls) if nulls else None
    collation = name_of(first(child(options, "opt_collate"), "any_name"))
    own = table.column(name) if name is not None else None
    type_name = own.type.name if own is not None else None
    if own is not None and own.type.dimensions:
        type_name = "array"
    return IndexColumn(
        name,
        expression(unqualified(text(inner))) if name is None and inner is not None else None,
        operator_class(name_of(child(options, "opt_qualified_name", "any_name")), type_name, method),
        None if collation in {None, "default", own.collation if own else None} else collation,
        descending,
        None if nulls_first == descending else nulls_first,
    )


def operator_class(name: str | None, type_name: str | None, method: str) -> str | None:
    """The operator class, None where it is the type's default."""
    if name is None or type_name is None or (method == "gist" and name == "inet_ops"):
        return name
    if type_name in _DEFAULTS.get(name, ()):
        return None
    return None if name == "enum_ops" else name  # only enums take it
