"""CREATE TABLE in all its forms, and how columns and constraints join a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tree_sitter import Node

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Check, Column, Exclusion, ForeignKey, Identity, Partitioning, UniqueKey
from dbarchitect.catalog.objects import Sequence, Table
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.types import SqlType
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    ColumnParts,
    Constraint,
    KeyOverIndex,
    NotNull,
    PrimaryKey,
    read_column,
    read_column_constraints,
    read_table_constraint,
    unqualified,
)
from dbarchitect.sources.sqlfiles.postgresql.invented import constraint_names, distinct, free_name, is_relation, joined
from dbarchitect.sources.sqlfiles.schema import DraftTable, Key, Schema, Unreplayable, nextval, no_column
from dbarchitect.sources.sqlfiles.text import SqlText
from dbarchitect.sources.sqlfiles.tree import child, collect, first, has_words, name_of, names, qualified, text, words

_NUMBERED = frozenset({"smallint", "integer", "bigint"})
STRATEGIES = {"range": "range", "list": "list", "hash": "hash"}


@dataclass
class Context:
    """One statement being replayed: into which schema, from which place of which file.

    `done` is told of every command of an ALTER TABLE when it has been replayed.
    """

    schema: Schema
    file: SqlText
    base: int
    problems: list[tuple[Origin, str]]
    done: Callable[[Node], None] | None = None

    def locate(self, node: Node) -> Origin:
        """Where a node of the statement stands in the file."""
        return self.file.origin(self.base + node.start_byte, self.base + node.end_byte)

    def report(self, node: Node, text_: str) -> None:
        """Note something that was not understood."""
        self.problems.append((self.locate(node), text_))


def create_table(context: Context, node: Node) -> None:
    """CREATE TABLE, CREATE FOREIGN TABLE, PARTITION OF. Raises `Unreplayable`."""
    schema = context.schema
    target = child(node, "qualified_name")
    if target is None:
        raise Unreplayable("the table has no name")
    written, name = qualified(target)
    kind = words(child(node, "OptTemp"))
    if "TEMP" in kind or "TEMPORARY" in kind:
        schema.temporary.add(name)
        return
    key = schema.key(written, name)
    if is_relation(schema, key):
        if has_words(node, "IF", "NOT", "EXISTS"):
            return
        raise Unreplayable(f"there is a {name} already")
    table: Table = DraftTable(name, (), key[0], unlogged="UNLOGGED" in kind, origin=context.locate(node))
    if node.type == "CreateForeignTableStmt":
        table = replace(table, owned_by=name_of(child(node, "name")))
    table = replace(table, options=read_options(child(node, "OptWith")))
    table = _with_parents(context, node, table)
    schema.put(table)
    try:
        table = _with_elements(context, node, table)
    except Unreplayable:
        schema.put(table)
        raise
    schema.put(replace(table, partitioning=read_partitioning(child(node, "OptPartitionSpec"))))


def _with_parents(context: Context, node: Node, table: Table) -> Table:
    """The columns that come from a partitioned table or from parents."""
    bound = child(node, "PartitionBoundSpec")
    if bound is not None:
        names = [c for c in node.children if c.type == "qualified_name"]
        parent = context.schema.table(*qualified(names[-1]))
        columns = inherited(context.schema, parent)
        return replace(table, columns=columns, partition_of=parent.ref, bound=bound_text(bound))
    parents = [context.schema.table(*qualified(n)) for n in collect(child(node, "OptInherit"), "qualified_name")]
    merged: dict[str, Column] = {}
    for parent in parents:
        for column in inherited(context.schema, parent):
            merged.setdefault(column.name, replace(column, identity=None, position=len(merged) + 1))
    return replace(table, columns=tuple(merged.values()), inherits=tuple(p.ref for p in parents))


def inherited(schema: Schema, parent: Table) -> tuple[Column, ...]:
    """A parent's columns as a child has them: it takes its numbers from the parent's sequence."""
    owned = {owner[1]: s for s, owner in schema.sequence_owners.items() if owner[0] == (parent.schema, parent.name)}
    columns = []
    for column in parent.ordered_columns:
        if column.identity is Identity.SERIAL and column.name in owned:
            column = replace(column, identity=None, default=nextval(owned[column.name]))  # noqa: PLW2901
        columns.append(column)
    return tuple(columns)


def bound_text(node: Node) -> str:
    """A partition's bound as the server prints it, as far as the text tells."""
    return unqualified(" ".join(text(node).split()))


def read_options(node: Node | None) -> tuple[str, ...]:
    """Storage parameters as `name=value`."""
    found = []
    for element in collect(node, "reloption_elem"):
        name, _, value = text(element).partition("=")
        spelled = ".".join(names(name))
        found.append(f"{spelled}={value.strip().strip(chr(39)) or 'true'}")
    return tuple(found)


def read_partitioning(node: Node | None) -> Partitioning | None:
    """PARTITION BY."""
    specification = first(node, "PartitionSpec")
    if specification is None:
        return None
    strategy = text(child(specification, "ColId") or specification).lower()
    keys = []
    for element in collect(specification, "part_elem"):
        column = child(element, "ColId")
        inner = child(element, "func_expr_windowless", "a_expr")
        keys.append((name_of(column) or "") if column is not None else unqualified(text(inner or element)))
    return Partitioning(STRATEGIES.get(strategy, strategy), tuple(keys))


def _with_elements(context: Context, node: Node, table: Table) -> Table:
    constraints: list[Constraint] = []
    given: list[str | None] = []
    for element in collect(node, "TableElement", "TypedTableElement"):
        column = child(element, "columnDef")
        if column is not None:
            parts = read_column(column, context.locate)
            given += [key.name for key in (parts.primary_key, *parts.unique_keys) if key is not None]
            table = add_column(context.schema, table, parts)
            continue
        like, options = child(element, "TableLikeClause"), child(element, "columnOptions")
        if like is not None:
            table = _like(context.schema, table, like)
        elif options is not None:
            table = _adjusted(context, table, options)
        else:
            constraint = child(element, "TableConstraint")
            read = read_table_constraint(constraint, context.locate) if constraint is not None else None
            if read is not None:
                constraints.append(read)
    given += [c.key.name if isinstance(c, PrimaryKey) else getattr(c, "name", None) for c in constraints]
    for found in sorted(constraints, key=lambda c: isinstance(c, ForeignKey)):
        # A new table has no rows that could break a constraint: the server takes NOT VALID for valid here.
        valid = replace(found, validated=True) if isinstance(found, Check | ForeignKey) else found
        table = add_constraint(context.schema, table, valid)
    keys = tuple(k if k.referenced_columns else resolve_reference(context.schema, k, table) for k in table.foreign_keys)
    return replace(_with_keys_once(table, given), foreign_keys=keys)


def _with_keys_once(table: Table, given: list[str | None]) -> Table:
    """Of keys that say the same of a new table the server makes one: with the first name that is written, as the
    primary key if one of them is that."""
    kept: list[UniqueKey] = [table.primary_key] if table.primary_key is not None else []
    for key in table.unique_keys:
        at = next((at for at, known in enumerate(kept) if known == key), None)
        if at is None:
            kept.append(key)
        elif kept[at].name not in given and key.name in given:
            kept[at] = replace(kept[at], name=key.name)
    if table.primary_key is None:
        return replace(table, unique_keys=tuple(kept))
    return replace(table, primary_key=kept[0], unique_keys=tuple(kept[1:]))


def _adjusted(context: Context, table: Table, node: Node) -> Table:
    """What a partition says of a column that it has from its parent."""
    name = name_of(child(node, "ColId")) or ""
    column = table.column(name)
    if column is None:
        raise no_column(table, name)
    rest = replace(table, columns=tuple(c for c in table.columns if c.name != name))
    parts = read_column_constraints(ColumnParts(column), child(node, "ColQualList"), context.locate)
    return _with_column(context.schema, rest, parts, parts.column)


def _like(schema: Schema, table: Table, node: Node) -> Table:
    """LIKE: columns with NOT NULL always, the rest as asked for."""
    target = child(node, "qualified_name")
    source = schema.table(*qualified(target)) if target is not None else table
    tokens = text(child(node, "TableLikeOptionList") or node).upper().split()
    wanted = {tokens[i + 1] for i, word in enumerate(tokens[:-1]) if word == "INCLUDING"}
    excluded = {tokens[i + 1] for i, word in enumerate(tokens[:-1]) if word == "EXCLUDING"}

    def includes(what: str) -> bool:
        return what not in excluded and (what in wanted or "ALL" in wanted)

    for column in inherited(schema, source):
        table = _append(
            table,
            replace(
                column,
                type=replace(column.type, dimensions=min(1, column.type.dimensions)),  # the server forgets how many
                default=column.default if includes("DEFAULTS") else None,
                identity=column.identity if includes("IDENTITY") else None,
                generated=column.generated if includes("GENERATED") else None,
                origin=table.origin,
            ),
        )
    if includes("CONSTRAINTS"):
        for check in source.checks:
            table = add_constraint(schema, table, check)
    if includes("INDEXES"):
        if source.primary_key is not None:
            table = add_constraint(schema, table, PrimaryKey(replace(source.primary_key, name=None)))
        for key in source.unique_keys:
            table = add_constraint(schema, table, replace(key, name=None))
        table = replace(table, indexes=tuple(replace(index, name=None) for index in source.indexes))
    return table


def _append(table: Table, column: Column) -> Table:
    known = table.column(column.name)
    if known is not None:
        if not table.inherits and table.partition_of is None:
            raise Unreplayable(f"{table.name} has a column {column.name} already")
        merged = replace(
            column,
            position=known.position,
            nullable=column.nullable and known.nullable,
            default=column.default or known.default,
        )
        return replace(table, columns=(*(c for c in table.columns if c.name != column.name), merged))
    position = max((c.position for c in table.columns), default=0) + 1
    return replace(table, columns=(*table.columns, replace(column, position=position)))


def add_column(schema: Schema, table: Table, parts: ColumnParts) -> Table:
    """The table with a column, its sequence and its constraints. Raises `Unreplayable`."""
    column = replace(parts.column, type=schema.resolve_type(parts.column.type))
    key = (table.schema, table.name)
    if parts.serial or column.identity is not None:
        name = parts.sequence or (table.schema, free_name(schema, key, column.name, "seq"))
        sequence = schema.key(*name) if parts.sequence else (table.schema, name[1])
        own_sequence(schema, sequence, column.type, (key, column.name))
        if parts.serial:
            column = replace(column, default=nextval(sequence), nullable=False)
    return _with_column(schema, _append(table, column), parts, None)


def own_sequence(schema: Schema, sequence: Key, type_: SqlType, owner: tuple[Key, str]) -> None:
    """Make the sequence that numbers a column."""
    base = type_ if type_.name in _NUMBERED else SqlType("bigint")
    schema.sequences[sequence] = Sequence(sequence[1], sequence[0], replace(base, spelled=""))
    schema.sequence_owners[sequence] = owner


def _with_column(schema: Schema, table: Table, parts: ColumnParts, column: Column | None) -> Table:
    if column is not None:
        table = replace(table, columns=(*table.columns, column))
    constraints: list[Constraint] = [PrimaryKey(parts.primary_key)] if parts.primary_key is not None else []
    constraints += [*parts.unique_keys, *parts.checks, *parts.foreign_keys]
    for constraint in constraints:
        table = add_constraint(schema, table, constraint)
    return table


def add_constraint(schema: Schema, table: Table, constraint: Constraint) -> Table:
    """The table with one more constraint, named as the server would. Raises `Unreplayable`."""
    key, taken = (table.schema, table.name), constraint_names(table)
    name = getattr(constraint, "name", None)
    if name is not None and name in taken and not isinstance(constraint, KeyOverIndex):
        raise Unreplayable(f"{table.name} has a constraint {name} already")
    match constraint:
        case PrimaryKey(primary):
            if table.primary_key is not None:
                raise Unreplayable(f"{table.name} has a primary key already")
            named = primary.name or free_name(schema, key, None, "pkey", taken)
            columns = tuple(replace(c, nullable=False) if c.name in primary.columns else c for c in table.columns)
            return replace(table, columns=columns, primary_key=replace(primary, name=named))
        case UniqueKey():
            parts = joined((*constraint.columns, *constraint.include))
            named = constraint.name or free_name(schema, key, parts, "key", taken)
            return replace(table, unique_keys=(*table.unique_keys, replace(constraint, name=named)))
        case ForeignKey():
            resolved = resolve_reference(schema, constraint, table)
            named = resolved.name or free_name(schema, key, joined(resolved.columns), "fkey", taken)
            return replace(table, foreign_keys=(*table.foreign_keys, replace(resolved, name=named)))
        case Check():
            used = columns_of(constraint.expression)
            named = constraint.name or free_name(schema, key, used[0] if len(used) == 1 else None, "check", taken)
            return replace(table, checks=(*table.checks, replace(constraint, name=named)))
        case Exclusion():
            columns_text = joined(distinct(_element_name(element) for element, _ in constraint.elements))
            named = constraint.name or free_name(schema, key, columns_text, "excl", taken)
            return replace(table, exclusions=(*table.exclusions, replace(constraint, name=named)))
        case NotNull(column):
            columns = tuple(replace(c, nullable=False) if c.name == column else c for c in table.columns)
            return replace(table, columns=columns)
        case KeyOverIndex():
            return _over_index(schema, table, constraint)


def _element_name(element: str) -> str:
    """What stands for an element in the constraint's name: the column, or the function of an expression."""
    head = element.partition("(")[0].strip().rpartition(".")[2].strip('"')
    return head if head.isidentifier() and (head == element or element.endswith(")")) else "expr"


def _over_index(schema: Schema, table: Table, constraint: KeyOverIndex) -> Table:
    index = next((i for i in table.indexes if i.name == constraint.index), None)
    if index is None:
        raise Unreplayable(f"{table.name} has no index {constraint.index}")
    rest = replace(table, indexes=tuple(i for i in table.indexes if i is not index))
    key = UniqueKey(
        index.column_names,
        constraint.name or constraint.index,
        index.include,
        constraint.deferrable,
        constraint.initially_deferred,
        index.nulls_not_distinct,
        constraint.origin,
    )
    return add_constraint(schema, rest, PrimaryKey(key) if constraint.primary else key)


def resolve_reference(schema: Schema, key: ForeignKey, own: Table) -> ForeignKey:
    """The foreign key with its table's full address, and the referenced primary key where it names no columns."""
    written, name = key.referenced.schema, key.referenced.table or ""
    found = schema.find(written, name, schema.tables)
    address = found if found is not None else schema.key(written, name)
    target = own if address == (own.schema, own.name) else schema.tables.get(address)
    columns = key.referenced_columns
    if not columns and target is not None and target.primary_key is not None:
        columns = target.primary_key.columns
    return replace(key, referenced=Ref.of_table(address[1], address[0]), referenced_columns=columns)


def create_table_as(context: Context, node: Node) -> None:
    """CREATE TABLE … AS: the columns are known where the query takes plain columns of one known table."""
    target = first(child(node, "create_as_target"), "qualified_name")
    if target is None:
        raise Unreplayable("the table has no name")
    written, name = qualified(target)
    kind = words(child(node, "OptTemp"))
    if "TEMP" in kind or "TEMPORARY" in kind:
        context.schema.temporary.add(name)
        return
    key = context.schema.key(written, name)
    if is_relation(context.schema, key):
        if has_words(node, "IF", "NOT", "EXISTS"):
            return
        raise Unreplayable(f"there is a {name} already")
    columns = _selected(context.schema, child(node, "SelectStmt"))
    if columns is None:
        context.report(node, f"the columns of {name} come from a query that is not followed")
    context.schema.put(DraftTable(name, columns or (), key[0], origin=context.locate(node)))


def _selected(schema: Schema, query: Node | None) -> tuple[Column, ...] | None:
    sources = collect(first(query, "from_clause"), "table_ref")
    if len(sources) != 1 or len(collect(sources[0], "qualified_name")) != 1:
        return None
    key = schema.find(*qualified(collect(sources[0], "qualified_name")[0]), schema.tables)
    if key is None:
        return None
    source = schema.tables[key]
    columns: list[Column] = []
    for element in collect(first(query, "target_list"), "target_el"):
        if text(element) == "*":
            columns += [
                Column(c.name, c.type, position=len(columns) + n) for n, c in enumerate(source.ordered_columns, 1)
            ]
            continue
        label = name_of(child(element, "ColLabel", "BareColLabel"))
        column = source.column(names(text(element.children[0]))[-1])
        if column is None:
            return None
        columns.append(Column(label or column.name, column.type, position=len(columns) + 1))
    return tuple(columns) or None
