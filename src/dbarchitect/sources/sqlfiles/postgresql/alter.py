"""ALTER TABLE and its kin: one command after the other, each on the table as the one before left it."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Column, Identity
from dbarchitect.catalog.objects import Table
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    read_column,
    read_table_constraint,
    required,
    type_of,
)
from dbarchitect.sources.sqlfiles.postgresql.invented import free_name
from dbarchitect.sources.sqlfiles.postgresql.tables import (
    Context,
    add_column,
    add_constraint,
    bound_text,
    own_sequence,
    read_options,
)
from dbarchitect.sources.sqlfiles.schema import Key, Unreplayable, no_column
from dbarchitect.sources.sqlfiles.tree import child, collect, first, has_words, name_of, qualified, text, words

# What concerns storage, statistics, replication and privileges, none of which the model holds.
_UNMODELLED = frozenset(
    {
        "OWNER",
        "CLUSTER",
        "REPLICA",
        "STATISTICS",
        "STORAGE",
        "COMPRESSION",
        "TABLESPACE",
        "OPTIONS",
        "WITHOUT",
        "ACCESS",
    }
)


def alter_table(context: Context, node: Node) -> None:
    """ALTER TABLE, INDEX, SEQUENCE, VIEW … with commands. Raises `Unreplayable`."""
    kinds = words(node)
    target = first(node, "qualified_name")
    if target is None:
        raise Unreplayable("nothing is named")
    written, name = qualified(target)
    if "INDEX" in kinds:
        _alter_index(context, node)
        return
    if not {"TABLE", "FOREIGN"} & set(kinds):
        _alter_view(context, node, written, name)
        return
    missing = context.schema.find(written, name, context.schema.tables, context.schema.views) is None
    if has_words(node, "IF", "EXISTS") and missing:
        return
    partition = child(node, "partition_cmd")
    if partition is not None:
        _alter_partition(context, context.schema.table(written, name), partition)
        return
    for command in collect(node, "alter_table_cmd"):
        view = context.schema.find(written, name, context.schema.views)
        if view is not None:
            continue
        _command(context, context.schema.table(written, name), command)
        if context.done is not None:
            context.done(command)


def _command(context: Context, table: Table, node: Node) -> None:
    head = words(node)
    verb, rest = (head[0] if head else ""), head[1:]
    if verb == "ADD":
        _add(context, table, node)
    elif verb == "DROP" and rest[:1] == ("CONSTRAINT",):
        _drop_constraint(context, table, name_of(child(node, "name")) or "", node)
    elif verb == "DROP":
        name = name_of(child(node, "ColId")) or ""
        if table.column(name) is not None or not has_words(node, "IF", "EXISTS"):
            context.schema.drop_column(table, name)
    elif verb == "ALTER" and rest[:1] == ("CONSTRAINT",):
        _alter_constraint(context, table, node)
    elif verb == "ALTER":
        _alter_column(context, table, node)
    elif verb == "VALIDATE":
        _validate(context, table, name_of(child(node, "name")))
    elif head[-3:] == ("ROW", "LEVEL", "SECURITY"):
        switch = "force_row_security" if "FORCE" in head else "row_security"
        _put(context, table, **{switch: not {"DISABLE", "NO"} & set(head)})
    elif "TRIGGER" in head:
        _switch_triggers(context, table, node)
    elif verb == "SET" and rest in {("LOGGED",), ("UNLOGGED",)}:
        _put(context, table, unlogged=rest == ("UNLOGGED",))
    elif verb in {"SET", "RESET"} and child(node, "reloptions") is not None:
        _set_options(context, table, node, keep=verb == "SET")
    elif "INHERIT" in head:
        parent = context.schema.table(*qualified(child(node, "qualified_name") or node))
        kept = tuple(ref for ref in table.inherits if ref != parent.ref)
        _put(context, table, inherits=kept if verb == "NO" else (*kept, parent.ref))
    elif not _UNMODELLED & set(head):
        context.report(node, f"ALTER TABLE {table.name}: not followed: {' '.join(text(node).split())[:80]}")


def _validate(context: Context, table: Table, name: str | None) -> None:
    _put(
        context,
        table,
        foreign_keys=tuple(replace(k, validated=True) if k.name == name else k for k in table.foreign_keys),
        checks=tuple(replace(c, validated=True) if c.name == name else c for c in table.checks),
    )


def _put(context: Context, table: Table, **changes: object) -> None:
    context.schema.put(replace(table, **changes))  # type: ignore[arg-type]  # fields of the table by name


def _add(context: Context, table: Table, node: Node) -> None:
    column = child(node, "columnDef")
    if column is not None:
        parts = read_column(column, context.locate)
        if table.column(parts.column.name) is not None and has_words(node, "IF", "NOT", "EXISTS"):
            return
        context.schema.put(add_column(context.schema, table, parts))
        for child_table in context.schema.children(table):
            bare = replace(parts, unique_keys=[], foreign_keys=[], checks=[], primary_key=None, serial=False)
            context.schema.put(add_column(context.schema, child_table, bare))
        return
    constraint = child(node, "TableConstraint")
    read = read_table_constraint(constraint, context.locate) if constraint is not None else None
    if read is None:
        raise Unreplayable(f"ALTER TABLE {table.name} ADD is not understood")
    context.schema.put(add_constraint(context.schema, table, read))


def _drop_constraint(context: Context, table: Table, name: str, node: Node) -> None:
    key = table.primary_key
    changed = replace(
        table,
        primary_key=None if key is not None and key.name == name else key,
        unique_keys=tuple(k for k in table.unique_keys if k.name != name),
        foreign_keys=tuple(k for k in table.foreign_keys if k.name != name),
        checks=tuple(c for c in table.checks if c.name != name),
        exclusions=tuple(e for e in table.exclusions if e.name != name),
    )
    if changed == table and not has_words(node, "IF", "EXISTS"):
        not_null = f"{table.name}_"
        if name.startswith(not_null) and name.endswith("_not_null"):  # PostgreSQL 18 names these as well
            column = name.removeprefix(not_null).removesuffix("_not_null")
            columns = tuple(replace(c, nullable=True) if c.name == column else c for c in table.columns)
            _put(context, table, columns=columns)
            return
        raise Unreplayable(f"{table.name} has no constraint {name}")
    context.schema.put(changed)
    gone = {k.columns for k in (table.primary_key, *table.unique_keys) if k is not None and k.name == name}
    if has_words(child(node, "opt_drop_behavior"), "CASCADE") and gone:
        for other in list(context.schema.tables.values()):
            kept = tuple(k for k in other.foreign_keys if k.referenced != table.ref or k.referenced_columns not in gone)
            if kept != other.foreign_keys:
                _put(context, other, foreign_keys=kept)


def _alter_constraint(context: Context, table: Table, node: Node) -> None:
    name = name_of(child(node, "name"))
    attributes = [words(a) for a in collect(node, "ConstraintAttributeElem")]
    deferred = ("INITIALLY", "DEFERRED") in attributes
    deferrable = deferred or ("DEFERRABLE",) in attributes
    keys = tuple(
        replace(k, deferrable=deferrable, initially_deferred=deferred) if k.name == name else k
        for k in table.foreign_keys
    )
    _put(context, table, foreign_keys=keys)


def _alter_column(context: Context, table: Table, node: Node) -> None:  # noqa: C901 - one arm for each command
    name = name_of(child(node, "ColId")) or ""
    column = table.column(name)
    if column is None:
        raise no_column(table, name)
    head = words(node)[1:]
    default, typename = child(node, "alter_column_default"), child(node, "Typename")
    if default is not None:
        value = child(default, "a_expr")
        read = required(value, column.type) if value is not None else None
        column = replace(column, default=None if read is None or read.canonical.upper() == "NULL" else read)
    elif typename is not None:
        type_ = context.schema.resolve_type(type_of(typename))
        collation = name_of(child(child(node, "opt_collate_clause"), "any_name"))
        kept = expression(column.default.text, type_) if column.default is not None else None
        column = replace(column, type=type_, default=kept, collation=None if collation == "default" else collation)
    elif head == ("SET", "NOT", "NULL"):
        column = replace(column, nullable=False)
    elif head == ("DROP", "NOT", "NULL"):
        column = replace(column, nullable=True)
    elif head[:2] == ("ADD", "GENERATED"):
        column = _numbered(context, table, column, node)
    elif head[:2] == ("DROP", "IDENTITY"):
        column = replace(column, identity=None)
        _forget_sequences(context, ((table.schema, table.name), name))
    elif head[:2] == ("DROP", "EXPRESSION"):
        column = replace(column, generated=None)
    elif head[:2] == ("SET", "EXPRESSION"):
        column = replace(column, generated=required(child(node, "a_expr")))
    elif child(node, "alter_identity_column_option_list") is not None:
        kind = first(node, "generated_when")
        if kind is not None:
            column = replace(column, identity=Identity.ALWAYS if has_words(kind, "ALWAYS") else Identity.BY_DEFAULT)
    elif not _UNMODELLED & set(head) and child(node, "reloptions", "column_storage", "column_compression") is None:
        context.report(node, f"ALTER TABLE {table.name}: not followed: {' '.join(text(node).split())[:80]}")
    for holder in (table, *context.schema.children(table)):
        own = holder.column(name)
        if own is None:
            continue
        changed = column if holder is table else replace(own, type=column.type, nullable=column.nullable)
        _put(context, holder, columns=(*(c for c in holder.columns if c.name != name), changed))


def _numbered(context: Context, table: Table, column: Column, node: Node) -> Column:
    """The column as an identity column, its sequence made."""
    always = has_words(child(node, "generated_when"), "ALWAYS")
    key = (table.schema, table.name)
    named = next((e for e in collect(node, "SeqOptElem") if has_words(e, "SEQUENCE", "NAME")), None)
    target = child(named, "any_name")
    sequence = (table.schema, free_name(context.schema, key, column.name, "seq"))
    if target is not None:
        sequence = context.schema.key(*qualified(target))
    own_sequence(context.schema, sequence, column.type, (key, column.name))
    identity = Identity.ALWAYS if always else Identity.BY_DEFAULT
    return replace(column, identity=identity, nullable=False, default=None)


def _forget_sequences(context: Context, owner: tuple[Key, str]) -> None:
    for sequence, held_by in list(context.schema.sequence_owners.items()):
        if held_by == owner:
            del context.schema.sequence_owners[sequence]
            context.schema.sequences.pop(sequence, None)


def _switch_triggers(context: Context, table: Table, node: Node) -> None:
    name, enabled = name_of(child(node, "name")), words(node)[0] == "ENABLE"
    every = name is None
    triggers = tuple(replace(t, enabled=enabled) if every or t.name == name else t for t in table.triggers)
    _put(context, table, triggers=triggers)


def _set_options(context: Context, table: Table, node: Node, *, keep: bool) -> None:
    options = dict(option.partition("=")[::2] for option in table.options)
    for option in read_options(node):
        name, _, value = option.partition("=")
        if keep:
            options[name] = value
        else:
            options.pop(name, None)
    _put(context, table, options=tuple(f"{name}={value}" for name, value in options.items()))


def _alter_partition(context: Context, parent: Table, node: Node) -> None:
    target = child(node, "qualified_name")
    partition = context.schema.table(*qualified(target)) if target is not None else parent
    if has_words(node, "DETACH"):
        _put(context, partition, partition_of=None, bound=None)
        return
    bound = child(node, "PartitionBoundSpec")
    context.schema.put(
        replace(
            partition,
            columns=tuple(_numbered_as_in(parent, c) for c in partition.columns),
            partition_of=parent.ref,
            bound=bound_text(bound) if bound is not None else None,
            primary_key=None if partition.primary_key == parent.primary_key else partition.primary_key,
            unique_keys=tuple(k for k in partition.unique_keys if k not in parent.unique_keys),
            foreign_keys=tuple(k for k in partition.foreign_keys if k not in parent.foreign_keys),
            checks=tuple(c for c in partition.checks if c not in parent.checks),
            indexes=tuple(i for i in partition.indexes if i not in parent.indexes),
        )
    )


def _numbered_as_in(parent: Table, column: Column) -> Column:
    """A partition's column, with the parent's identity (as PostgreSQL 17 and later have it)."""
    above = parent.column(column.name)
    return replace(column, identity=above.identity) if above is not None and above.identity is not None else column


def _alter_index(context: Context, node: Node) -> None:
    """ATTACH PARTITION makes a partition's index or key a part of its parent's; nothing else counts."""
    attached = child(child(node, "index_partition_cmd"), "qualified_name")
    if attached is None:
        return
    written, name = qualified(attached)
    key = context.schema.find(written, name, context.schema.indexes)
    if key is None:
        raise Unreplayable(f"there is no index {name} in the statements before")
    context.schema.put(without_index(context.schema.tables[context.schema.indexes[key]], key[1]))


def without_index(table: Table, name: str) -> Table:
    """The table without the index or key of that name."""
    key = table.primary_key
    return replace(
        table,
        primary_key=None if key is not None and key.name == name else key,
        unique_keys=tuple(k for k in table.unique_keys if k.name != name),
        exclusions=tuple(e for e in table.exclusions if e.name != name),
        indexes=tuple(i for i in table.indexes if i.name != name),
    )


def _alter_view(context: Context, node: Node, written: str | None, name: str) -> None:
    key = context.schema.find(written, name, context.schema.views)
    if key is None:
        return
    options = dict(option.partition("=")[::2] for option in read_options(first(node, "reloptions")))
    if options:
        on = not has_words(first(node, "alter_table_cmd"), "RESET")
        view = context.schema.views[key]
        for option, attribute in (("security_invoker", "security_invoker"), ("security_barrier", "security_barrier")):
            if option in options:
                value = on and options[option].lower() in {"true", "on", "1", "yes"}
                view = replace(view, **{attribute: value})  # type: ignore[arg-type]  # both are booleans
        context.schema.views[key] = view


def rename_member(table: Table, old: str, new: str) -> Table:
    """The table with a constraint or index renamed."""
    key = table.primary_key
    return replace(
        table,
        primary_key=replace(key, name=new) if key is not None and key.name == old else key,
        unique_keys=tuple(replace(k, name=new) if k.name == old else k for k in table.unique_keys),
        foreign_keys=tuple(replace(k, name=new) if k.name == old else k for k in table.foreign_keys),
        checks=tuple(replace(c, name=new) if c.name == old else c for c in table.checks),
        exclusions=tuple(replace(e, name=new) if e.name == old else e for e in table.exclusions),
        indexes=tuple(replace(i, name=new) if i.name == old else i for i in table.indexes),
    )


def set_schema(context: Context, table: Table, schema: str) -> None:
    """ALTER TABLE … SET SCHEMA."""
    context.schema.move_table(table, context.schema.key(schema, table.name))
