"""Statements that rename, move and drop."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace
from typing import TypeVar

from tree_sitter import Node

from dbarchitect.catalog.objects import Domain, Enum, View
from dbarchitect.sources.sqlfiles.postgresql.alter import rename_member, without_index
from dbarchitect.sources.sqlfiles.postgresql.tables import Context
from dbarchitect.sources.sqlfiles.schema import Key, Passed, Schema, Unreplayable
from dbarchitect.sources.sqlfiles.tree import child, collect, first, has_words, name_of, names, qualified, text, words

_T = TypeVar("_T", Enum, Domain, View)


def rename(context: Context, node: Node) -> None:
    """ALTER … RENAME. Raises `Unreplayable`."""
    schema, kinds = context.schema, words(node)[1:]
    new = [name_of(c) or "" for c in node.children if c.type == "name"]
    target = first(node, "qualified_name", "any_name")
    if target is None:
        if kinds[:1] == ("SCHEMA",) and len(new) == 2:
            _rename_schema(schema, new[0], new[1])
        return
    written, name = qualified(target)
    if_exists = has_words(node, "IF", "EXISTS")
    if kinds[:1] in {("TRIGGER",), ("POLICY",)}:
        _rename_hanging(context, node, new)
    elif kinds[:1] in {("TYPE",), ("DOMAIN",)}:
        if "ATTRIBUTE" not in kinds:
            _rename_type(context, written, name, new, constraint="CONSTRAINT" in kinds)
    elif kinds[:1] == ("SEQUENCE",):
        key = _found(schema, written, name, schema.sequences, if_exists=if_exists)
        schema.rename_sequence(key, (key[0], new[-1]))
    elif kinds[:1] == ("INDEX",):
        _rename_index(schema, written, name, new[-1], if_exists=if_exists)
    elif "VIEW" in kinds:
        _rename_view(schema, written, name, new, if_exists=if_exists)
    elif "TABLE" in kinds:
        _rename_of_table(context, node, (written, name), new, if_exists=if_exists)


def _found(schema: Schema, written: str | None, name: str, *kinds: Container[Key], if_exists: bool) -> Key:
    key = schema.find(written, name, *kinds)
    if key is None:
        if if_exists:
            raise Passed
        raise Unreplayable(f"there is no {name} in the statements before")
    return key


def _rename_of_table(
    context: Context, node: Node, target: tuple[str | None, str], new: list[str], *, if_exists: bool
) -> None:
    schema = context.schema
    view = schema.find(*target, schema.views)
    if view is not None and schema.find(*target, schema.tables) is None:
        _rename_view(schema, *target, new, if_exists=if_exists)
        return
    if schema.find(*target, schema.tables) is None:
        if schema.find(*target, schema.indexes) is not None and len(new) == 1:
            _rename_index(schema, *target, new[0], if_exists=if_exists)
            return
        sequence = schema.find(*target, schema.sequences)
        if sequence is not None and len(new) == 1:
            schema.rename_sequence(sequence, (sequence[0], new[0]))
            return
        if if_exists:
            return
    table = schema.table(*target)
    if "CONSTRAINT" in words(node):
        if table == rename_member(table, new[0], new[1]) and not _has_member(context, target, new[0]):
            raise Unreplayable(f"{table.name} has no constraint {new[0]}")
        schema.put(rename_member(table, new[0], new[1]))
    elif len(new) == 2:
        schema.rename_column(table, new[0], new[1])
    else:
        schema.move_table(table, (table.schema, new[0]))


def _has_member(context: Context, target: tuple[str | None, str], name: str) -> bool:
    table = context.schema.table(*target)
    keys = (table.primary_key,) if table.primary_key is not None else ()
    members = (*keys, *table.unique_keys, *table.foreign_keys, *table.checks, *table.exclusions)
    return any(member.name == name for member in members)


def _rename_index(schema: Schema, written: str | None, name: str, new: str, *, if_exists: bool) -> None:
    key = schema.find(written, name, schema.indexes)
    if key is not None:
        schema.put(rename_member(schema.tables[schema.indexes[key]], name, new))
        return
    for view_key, view in schema.views.items():
        if any(index.name == name for index in view.indexes):
            indexes = tuple(replace(i, name=new) if i.name == name else i for i in view.indexes)
            schema.views[view_key] = replace(view, indexes=indexes)
            return
    if not if_exists:
        raise Unreplayable(f"there is no index {name} in the statements before")


def _rename_view(schema: Schema, written: str | None, name: str, new: list[str], *, if_exists: bool) -> None:
    key = _found(schema, written, name, schema.views, if_exists=if_exists)
    view = schema.views[key]
    if len(new) == 2:
        schema.views[key] = replace(view, columns=tuple(new[1] if c == new[0] else c for c in view.columns))
        return
    del schema.views[key]
    schema.views[key[0], new[0]] = replace(view, name=new[0])


def _rename_type(context: Context, written: str | None, name: str, new: list[str], *, constraint: bool) -> None:
    schema = context.schema
    key = schema.find(written, name, schema.enums, schema.domains)
    if key is None:
        return  # a composite or range type, or one of an extension
    if constraint:
        domain = schema.domains[key]
        checks = tuple(replace(c, name=new[1]) if c.name == new[0] else c for c in domain.checks)
        schema.domains[key] = replace(domain, checks=checks)
        return
    _move_type(schema, key, (key[0], new[-1]))


def _move_type(schema: Schema, old: Key, new: Key) -> None:
    _move(schema.enums, old, new)
    _move(schema.domains, old, new)
    schema.rename_type(old, new)


def _move(collection: dict[Key, _T], old: Key, new: Key) -> None:
    if old in collection:
        collection[new] = replace(collection.pop(old), schema=new[0], name=new[1])


def _rename_hanging(context: Context, node: Node, new: list[str]) -> None:
    """A trigger or policy of a table."""
    target = child(node, "qualified_name")
    table = context.schema.table(*qualified(target or node))
    context.schema.put(
        replace(
            table,
            triggers=tuple(replace(t, name=new[1]) if t.name == new[0] else t for t in table.triggers)
            if "TRIGGER" in words(node)
            else table.triggers,
            policies=tuple(replace(p, name=new[1]) if p.name == new[0] else p for p in table.policies)
            if "POLICY" in words(node)
            else table.policies,
        )
    )


def _rename_schema(schema: Schema, old: str, new: str) -> None:
    for table in [t for t in schema.tables.values() if t.schema == old]:
        schema.move_table(table, (new, table.name))
    for key in [k for k in (*schema.enums, *schema.domains) if k[0] == old]:
        _move_type(schema, key, (new, key[1]))
    for key in [k for k in schema.views if k[0] == old]:
        _move(schema.views, key, (new, key[1]))
    if old in schema.schemas:
        schema.schemas.remove(old)
        schema.schemas.add(new)


def set_schema(context: Context, node: Node) -> None:
    """ALTER … SET SCHEMA. Raises `Unreplayable`."""
    schema, kinds = context.schema, words(node)[1:]
    target, to = first(node, "qualified_name", "any_name"), name_of(_last_name(node))
    if target is None or to is None or kinds[:1] in {("FUNCTION",), ("EXTENSION",)}:
        return
    written, name = qualified(target)
    new_schema = schema.key(to, "")[0]
    if_exists = has_words(node, "IF", "EXISTS")
    if kinds[:1] in {("TYPE",), ("DOMAIN",)}:
        key = schema.find(written, name, schema.enums, schema.domains)
        if key is not None:
            _move_type(schema, key, (new_schema, name))
    elif kinds[:1] == ("SEQUENCE",):
        key = _found(schema, written, name, schema.sequences, if_exists=if_exists)
        schema.rename_sequence(key, (new_schema, name))
    elif schema.find(written, name, schema.views) is not None:
        key = _found(schema, written, name, schema.views, if_exists=if_exists)
        _move(schema.views, key, (new_schema, name))
    else:
        key = _found(schema, written, name, schema.tables, if_exists=if_exists)
        schema.move_table(schema.tables[key], (new_schema, name))


def _last_name(node: Node) -> Node | None:
    found = [c for c in node.children if c.type == "name"]
    return found[-1] if found else None


def drop(context: Context, node: Node) -> None:
    """DROP of anything. Raises `Unreplayable` for what is not there, unless IF EXISTS says that it may be so."""
    kinds = words(node)[1:] + words(child(node, "object_type_any_name", "drop_type_name", "object_type_name"))
    hanging = child(node, "object_type_name_on_any_name")
    if_exists = has_words(node, "IF", "EXISTS")
    cascades = has_words(child(node, "opt_drop_behavior"), "CASCADE")
    if hanging is not None:
        _drop_hanging(context, node, words(hanging), if_exists=if_exists)
        return
    for target in collect(node, "any_name", "Typename", "name"):
        try:
            _drop_one(context.schema, kinds, target, cascades=cascades, if_exists=if_exists)
        except Passed:
            continue


def _drop_one(schema: Schema, kinds: tuple[str, ...], target: Node, *, cascades: bool, if_exists: bool) -> None:
    written, name = qualified(target)
    if "TABLE" in kinds:
        if written is None and name in schema.temporary:
            schema.temporary.discard(name)
            return
        key = _found(schema, written, name, schema.tables, if_exists=if_exists)
        schema.drop_table(key, references_too=cascades)
        if cascades:
            _drop_views(schema, name)
    elif "VIEW" in kinds:
        if written is None and name in schema.temporary:
            schema.temporary.discard(name)
            return
        del schema.views[_found(schema, written, name, schema.views, if_exists=if_exists)]
        if cascades:
            _drop_views(schema, name)
    elif "INDEX" in kinds:
        _drop_index(schema, written, name, if_exists=if_exists)
    elif "SEQUENCE" in kinds:
        key = _found(schema, written, name, schema.sequences, if_exists=if_exists)
        del schema.sequences[key]
        schema.sequence_owners.pop(key, None)
    elif "TYPE" in kinds or "DOMAIN" in kinds:
        type_key = schema.find(written, name, schema.enums, schema.domains)
        if type_key is not None:
            _drop_type(schema, type_key, cascades=cascades)
    elif "SCHEMA" in kinds:
        _drop_schema(schema, name, cascades=cascades)
    elif "EXTENSION" in kinds:
        schema.extensions.pop(name, None)


def _drop_views(schema: Schema, name: str) -> None:
    """With CASCADE go the views that name the table or view, and those on them."""
    used = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    for key, view in list(schema.views.items()):
        if key in schema.views and used.search(view.definition):
            del schema.views[key]
            _drop_views(schema, key[1])


def _drop_index(schema: Schema, written: str | None, name: str, *, if_exists: bool) -> None:
    for key, view in schema.views.items():
        if any(index.name == name for index in view.indexes):
            schema.views[key] = replace(view, indexes=tuple(i for i in view.indexes if i.name != name))
            return
    found = _found(schema, written, name, schema.indexes, if_exists=if_exists)
    schema.put(without_index(schema.tables[schema.indexes[found]], name))


def _drop_type(schema: Schema, key: Key, *, cascades: bool) -> None:
    schema.enums.pop(key, None)
    schema.domains.pop(key, None)
    if cascades:
        for table in list(schema.tables.values()):
            for column in table.columns:
                if (column.type.schema, column.type.name) == key:
                    schema.drop_column(schema.tables[table.schema, table.name], column.name)


def _drop_schema(schema: Schema, name: str, *, cascades: bool) -> None:
    schema.schemas.discard(name)
    space = schema.key(name, "")[0]
    if not cascades:
        return
    for key in [k for k in schema.tables if k[0] == space]:
        if key in schema.tables:
            schema.drop_table(key, references_too=True)
    for collection in (schema.views, schema.enums, schema.domains, schema.sequences):
        for key in [k for k in collection if k[0] == space]:
            del collection[key]
    for function in [f for f in schema.functions if f[0][0] == space]:
        del schema.functions[function]


def _drop_hanging(context: Context, node: Node, kind: tuple[str, ...], *, if_exists: bool) -> None:
    """DROP TRIGGER and DROP POLICY."""
    target, name = child(node, "any_name"), name_of(child(node, "name"))
    if target is None:
        return
    schema = context.schema
    key = schema.find(*qualified(target), schema.tables)
    if key is None:
        if if_exists or schema.find(*qualified(target), schema.views) is not None:
            return
        schema.table(*qualified(target))
        return
    table = schema.tables[key]
    triggers, policies = table.triggers, table.policies
    if "TRIGGER" in kind:
        triggers = tuple(t for t in triggers if t.name != name)
    else:
        policies = tuple(p for p in policies if p.name != name)
    if (triggers, policies) == (table.triggers, table.policies) and not if_exists and "RULE" not in kind:
        raise Unreplayable(f"{table.name} has no {kind[0].lower() if kind else 'trigger'} {name}")
    schema.put(replace(table, triggers=triggers, policies=policies))


def drop_function(context: Context, node: Node) -> None:
    """DROP FUNCTION and PROCEDURE: the one of those arguments, or of that name where only one is there."""
    for target in collect(node, "function_with_argtypes"):
        parts = names(text(first(target, "func_name", "ColId") or target))
        schema_name = parts[-2] if len(parts) > 1 else None
        candidates = [key for key in context.schema.functions if _is(context.schema, key[0], schema_name, parts[-1])]
        types = [" ".join(text(a).lower().split()) for a in collect(target, "func_arg")]
        exact = [key for key in candidates if len(candidates) > 1 and _same_count(key[1], types)]
        for key in exact or candidates:
            del context.schema.functions[key]
        if has_words(child(node, "opt_drop_behavior"), "CASCADE"):
            _drop_triggers(context.schema, parts[-1])


def _is(schema: Schema, key: Key, written: str | None, name: str) -> bool:
    return key[1] == name and (written is None or key[0] == schema.key(written, name)[0])


def _same_count(arguments: str, types: list[str]) -> bool:
    return (len(arguments.split(", ")) if arguments else 0) == len(types)


def _drop_triggers(schema: Schema, function: str) -> None:
    for table in list(schema.tables.values()):
        kept = tuple(t for t in table.triggers if (t.function or "").rpartition(".")[2] != function)
        if kept != table.triggers:
            schema.put(replace(table, triggers=kept))
