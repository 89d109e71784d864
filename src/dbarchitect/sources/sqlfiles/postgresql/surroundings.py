"""Views, extensions, schemas, comments and the search path."""

from __future__ import annotations

import re
from dataclasses import replace

from tree_sitter import Node

from dbarchitect.catalog.objects import Extension, View
from dbarchitect.engines.postgresql.objects import fold
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    column_names,
    unqualified,
)
from dbarchitect.sources.sqlfiles.postgresql.invented import is_relation
from dbarchitect.sources.sqlfiles.postgresql.tables import Context, read_options
from dbarchitect.sources.sqlfiles.schema import Unreplayable
from dbarchitect.sources.sqlfiles.tree import (
    child,
    collect,
    first,
    has_words,
    name_of,
    names,
    qualified,
    string,
    string_or_name,
    text,
    words,
)

_TRUE = frozenset({"true", "on", "1", "yes"})


def create_view(context: Context, node: Node) -> None:
    """CREATE VIEW and CREATE MATERIALIZED VIEW."""
    target = first(node, "qualified_name")
    if target is None:
        raise Unreplayable("the view has no name")
    temporary = {"TEMP", "TEMPORARY"} & set(words(child(node, "OptTemp")))
    key = context.schema.key(*qualified(target))
    if temporary:
        context.schema.temporary.add(key[1])
        return
    replaces = has_words(node, "OR", "REPLACE")
    if is_relation(context.schema, key) and not (replaces and key in context.schema.views):
        if has_words(node, "IF", "NOT", "EXISTS"):
            return
        raise Unreplayable(f"there is a {key[1]} already")
    query = child(node, "SelectStmt")
    options = dict(option.partition("=")[::2] for option in read_options(child(node, "opt_reloptions")))
    columns = column_names(first(node, "opt_column_list")) if first(node, "opt_column_list") is not None else ()
    context.schema.views[key] = View(
        key[1],
        fold(unqualified(text(query))) if query is not None else "",
        key[0],
        materialized=node.type == "CreateMatViewStmt",
        columns=columns or _selected_names(query),
        security_invoker=options.get("security_invoker", "").lower() in _TRUE,
        security_barrier=options.get("security_barrier", "").lower() in _TRUE,
        populated=not has_words(child(node, "opt_with_data"), "NO", "DATA"),
        origin=context.locate(node),
    )


def _selected_names(query: Node | None) -> tuple[str, ...]:
    """The columns that a query gives, by their names; empty where `*` or an expression without a name is among them."""
    found: list[str] = []
    for element in collect(first(query, "target_list"), "target_el"):
        label = child(element, "ColLabel", "BareColLabel")
        name = name_of(label)
        if name is None:
            spelled = text(element).strip()
            if (
                re.fullmatch(r'(?:(?:"(?:[^"]|"")+"|[\w$]+)\s*\.\s*)*(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)', spelled)
                is None
            ):
                return ()
            name = names(spelled)[-1]
        found.append(name)
    return tuple(found)


def create_extension(context: Context, node: Node) -> None:
    """CREATE EXTENSION."""
    name = name_of(child(node, "name")) or ""
    options = collect(node, "create_extension_opt_item")
    schema = next((name_of(child(o, "name")) for o in options if has_words(o, "SCHEMA")), None)
    schema = None if schema == context.schema.default_key else schema
    version = next((string(first(o, "Sconst")) for o in options if has_words(o, "VERSION")), None)
    context.schema.extensions.setdefault(name, Extension(name, version, schema, context.locate(node)))


def create_schema(context: Context, node: Node) -> None:
    """CREATE SCHEMA; objects created inside the statement itself are rare and reported."""
    name = name_of(child(node, "opt_single_name", "ColId", "name")) or name_of(first(node, "RoleSpec"))
    if name is not None and name != context.schema.default_key:
        context.schema.schemas.add(name)
    if first(node, "CreateStmt", "ViewStmt", "IndexStmt") is not None:
        context.report(node, f"what CREATE SCHEMA {name} creates inside itself is not followed")


def comment(context: Context, node: Node) -> None:
    """COMMENT ON TABLE, COLUMN, VIEW; comments of other objects have no place in the model."""
    target, said = child(node, "any_name"), string(first(child(node, "comment_text"), "Sconst"))
    schema = context.schema
    if target is None:
        return
    parts = names(text(target))
    if has_words(node, "ON", "COLUMN") and len(parts) > 1:
        key = schema.find(parts[-3] if len(parts) > 2 else None, parts[-2], schema.tables)
        if key is not None:
            table = schema.tables[key]
            columns = tuple(replace(c, comment=said) if c.name == parts[-1] else c for c in table.columns)
            schema.put(replace(table, columns=columns))
        return
    kind = words(child(node, "object_type_any_name"))
    written = parts[-2] if len(parts) > 1 else None
    if kind in {("TABLE",), ("FOREIGN", "TABLE")}:
        schema.put(replace(schema.table(written, parts[-1]), comment=said))
    elif kind[-1:] == ("VIEW",):
        key = schema.find(written, parts[-1], schema.views)
        if key is not None:
            schema.views[key] = replace(schema.views[key], comment=said)


def set_variable(context: Context, node: Node) -> None:
    """SET search_path; other settings change nothing that we read."""
    generic = first(node, "generic_set")
    if generic is None or names(text(child(generic, "var_name") or generic)) != ("search_path",):
        return
    set_search_path(context, [text(v) for v in collect(generic, "var_value")])


def set_search_path(context: Context, values: list[str]) -> None:
    """The schemas of a search path, as written; `"$user"` and the empty string name none."""
    default = context.schema.default_key
    found: list[str | None] = []
    for value in values:
        for part in (string_or_name(value) or "").split(",") if value.startswith("'") else [string_or_name(value)]:
            name = (part or "").strip().strip('"')
            if name and name not in {"$user", "pg_catalog"}:
                found.append(None if name == default or name.upper() == "DEFAULT" else name)
    context.schema.path = tuple(found) or (None,)
