"""What a statement is by its text alone: renaming, dropping, work on rows, locks, settings, transactions.

Each is judged in the state before it. What makes or alters tables and other objects is told by what it does to the
schema instead: see `recording`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.engines.postgresql import locks
from dbarchitect.sources.sqlfiles.postgresql.addresses import (
    constraint_ref,
    index_ref,
    relation,
    table_of,
    type_ref,
)
from dbarchitect.sources.sqlfiles.record import Record
from dbarchitect.sources.sqlfiles.schema import Schema
from dbarchitect.sources.sqlfiles.tree import (
    child,
    collect,
    first,
    has_words,
    name_of,
    names,
    qualified,
    string_or_name,
    text,
    words,
)

_SECRET = re.compile(r"\.")


@dataclass(frozen=True, slots=True)
class Told:
    """One operation that the text alone tells."""

    kind: OperationKind
    object: Ref
    cost: Cost | None
    name: str | None = None
    value: str | None = None
    filtered: bool = False


def told(record: Record, node: Node) -> list[Told] | None:
    """The operations of a statement that its text tells, none for one without effect; None for other statements."""
    teller = TELLERS.get(node.type)
    return None if teller is None else list(teller(record.schema, node))


def _named(node: Node) -> list[Node]:
    return collect(node, "qualified_name")


def _rename(schema: Schema, node: Node) -> Iterator[Told]:
    kinds = words(node)[1:]
    new = [name_of(c) or "" for c in node.children if c.type == "name"]
    target = first(node, "qualified_name", "any_name")
    if target is None or not new:
        yield Told(OperationKind.OTHER, Ref.database(), None, value=new[-1] if new else None)
        return
    head = kinds[:1]
    if head == ("INDEX",):
        yield from _index_renamed(schema, node, target, new[-1])
    elif head in {("TRIGGER",), ("POLICY",)}:
        holder = relation(schema, target)
        if holder is not None:
            kind = Kind.TRIGGER if head == ("TRIGGER",) else Kind.POLICY
            yield Told(OperationKind.OTHER, holder.of(kind, new[0]), locks.exclusive(), new[0], new[-1])
    elif head in {("TYPE",), ("DOMAIN",)}:
        yield Told(OperationKind.ALTER_TYPE, type_ref(schema, target), locks.none("sql-altertype.html"), None, new[-1])
    elif "TABLE" in kinds:
        yield from _table_renamed(schema, node, target, new)
    else:
        yield Told(OperationKind.OTHER, relation(schema, target) or Ref.database(), None, None, new[-1])


def _index_renamed(schema: Schema, node: Node, target: Node, new: str) -> Iterator[Told]:
    holder = index_ref(schema, target)
    if holder is None and has_words(node, "IF", "EXISTS"):
        return
    ref = holder or Ref(Kind.INDEX, name=names(text(target))[-1])
    yield Told(OperationKind.RENAME_INDEX, ref, locks.beside_work("sql-alterindex.html"), ref.name, new)


def _table_renamed(schema: Schema, node: Node, target: Node, new: list[str]) -> Iterator[Told]:
    ref = relation(schema, target)
    table = table_of(schema, target)
    if ref is None or (table is None and has_words(node, "IF", "EXISTS")):
        return
    if table is None and index_ref(schema, target) is not None and len(new) == 1:
        yield from _index_renamed(schema, node, target, new[0])
    elif ref.kind is Kind.VIEW:
        yield Told(OperationKind.OTHER, ref, locks.exclusive("sql-alterview.html"), None, new[-1])
    elif "CONSTRAINT" in words(node):
        constraint = constraint_ref(table, ref, new[0])
        yield Told(OperationKind.RENAME_CONSTRAINT, constraint, locks.exclusive(), new[0], new[-1])
    elif len(new) == 2:
        yield Told(OperationKind.RENAME_COLUMN, ref.column(new[0]), locks.exclusive(), None, new[1])
    else:
        yield Told(OperationKind.RENAME_TABLE, ref, locks.exclusive(), None, new[0])


def _moved(schema: Schema, node: Node) -> Iterator[Told]:
    """SET SCHEMA: a table's address changes as by renaming it."""
    target = first(node, "qualified_name", "any_name")
    to = [name_of(c) or "" for c in node.children if c.type == "name"]
    if target is None or not to or "FUNCTION" in words(node) or "EXTENSION" in words(node):
        yield Told(OperationKind.OTHER, Ref.database(), None)
        return
    table, ref = table_of(schema, target), relation(schema, target)
    if ref is None or (table is None and has_words(node, "IF", "EXISTS")):
        return
    kind = OperationKind.RENAME_TABLE if ref.kind is Kind.TABLE and "TABLE" in words(node) else OperationKind.OTHER
    yield Told(kind, ref, locks.exclusive(), None, f"{to[-1]}.{ref.table or ref.name}")


def _drop(schema: Schema, node: Node) -> Iterator[Told]:
    kinds = words(node)[1:] + words(child(node, "object_type_any_name", "drop_type_name", "object_type_name"))
    if_exists = has_words(node, "IF", "EXISTS")
    hanging = child(node, "object_type_name_on_any_name")
    if hanging is not None:
        yield from _drop_hanging(schema, node, words(hanging), if_exists=if_exists)
        return
    for target in collect(node, "any_name", "Typename", "name"):
        yield from _drop_one(schema, kinds, target, if_exists=if_exists)


def _drop_one(schema: Schema, kinds: tuple[str, ...], target: Node, *, if_exists: bool) -> Iterator[Told]:
    written, name = qualified(target)
    if "TABLE" in kinds:
        ref = relation(schema, target)
        if ref is not None and not (if_exists and schema.find(written, name, schema.tables) is None):
            yield Told(OperationKind.DROP_TABLE, ref.table_ref, locks.exclusive("sql-droptable.html"))
    elif "VIEW" in kinds:
        key = schema.find(written, name, schema.views)
        if key is None and (if_exists or name in schema.temporary):
            return
        key = key or schema.key(written, name)
        page = "sql-dropmaterializedview.html" if "MATERIALIZED" in kinds else "sql-dropview.html"
        yield Told(OperationKind.DROP_VIEW, Ref(Kind.VIEW, key[0], name=key[1]), locks.exclusive(page))
    elif "INDEX" in kinds:
        holder = index_ref(schema, target)
        if holder is None and if_exists:
            return
        cost = locks.exclusive("sql-dropindex.html")
        if "CONCURRENTLY" in kinds:
            cost = locks.beside_work("sql-dropindex.html")
        ref = holder or Ref(Kind.INDEX, schema.key(written, name)[0], name=name)
        yield Told(OperationKind.DROP_INDEX, ref, cost, name)
    elif "TYPE" in kinds or "DOMAIN" in kinds:
        if not (if_exists and schema.find(written, name, schema.enums, schema.domains) is None):
            yield Told(OperationKind.DROP_TYPE, type_ref(schema, target), locks.none("sql-droptype.html"), name)
    elif "SCHEMA" in kinds:
        held = any(key[0] == schema.key(name, "")[0] for key in schema.tables)
        cost = locks.exclusive("sql-dropschema.html") if held else locks.none("sql-dropschema.html")
        if not (if_exists and not held and name not in schema.schemas):
            yield Told(OperationKind.DROP_SCHEMA, Ref(Kind.SCHEMA, name=name), cost, name)
    elif "EXTENSION" in kinds:
        if not (if_exists and name not in schema.extensions):
            yield Told(OperationKind.OTHER, Ref(Kind.EXTENSION, name=name), None, name)
    else:
        yield Told(OperationKind.OTHER, Ref.database(), None, name)


def _drop_hanging(schema: Schema, node: Node, kind: tuple[str, ...], *, if_exists: bool) -> Iterator[Told]:
    target, name = child(node, "any_name"), name_of(child(node, "name")) or ""
    holder = relation(schema, target) if target is not None else None
    if holder is None or target is None:
        return
    table = table_of(schema, target)
    known = () if table is None else (*(t.name for t in table.triggers), *(p.name for p in table.policies))
    if if_exists and name not in known:
        return
    if "TRIGGER" in kind:
        cost = locks.exclusive("sql-droptrigger.html")
        yield Told(OperationKind.DROP_TRIGGER, holder.of(Kind.TRIGGER, name), cost, name)
    elif "POLICY" in kind:
        cost = locks.exclusive("sql-droppolicy.html")
        yield Told(OperationKind.DROP_POLICY, holder.of(Kind.POLICY, name), cost, name)
    else:
        yield Told(OperationKind.OTHER, holder, locks.exclusive("sql-droprule.html"), name)


def _drop_function(schema: Schema, node: Node) -> Iterator[Told]:
    for target in collect(node, "function_with_argtypes"):
        parts = names(text(first(target, "func_name", "ColId") or target))
        space = schema.key(parts[-2] if len(parts) > 1 else None, parts[-1])[0]
        if has_words(node, "IF", "EXISTS") and all(key[0][1] != parts[-1] for key in schema.functions):
            continue
        ref = Ref(Kind.FUNCTION, space, name=parts[-1])
        yield Told(OperationKind.DROP_FUNCTION, ref, locks.none("sql-dropfunction.html"), parts[-1])


def _drop_database(_: Schema, node: Node) -> Iterator[Told]:
    name = name_of(child(node, "name"))
    yield Told(OperationKind.DROP_DATABASE, Ref(Kind.DATABASE, name=name), None, name)


def _change_rows(schema: Schema, node: Node) -> Iterator[Told]:
    target = _named(_without_queries(node))
    ref = relation(schema, target[0]) if target else None
    if ref is None:
        return
    filtered = child(node, "where_or_current_clause", "where_clause") is not None
    update = node.type == "UpdateStmt"
    page = "sql-update.html" if update else "sql-delete.html"
    kind = OperationKind.UPDATE if update else OperationKind.DELETE
    yield Told(kind, ref, locks.of_rows(page, all_rows=not filtered, changes=update), filtered=filtered)


def _without_queries(node: Node) -> Node:
    """The part of an UPDATE or DELETE that names its target: not the queries of WITH before it."""
    return child(node, "relation_expr_opt_alias", "insert_target") or node


def _insert(schema: Schema, node: Node) -> Iterator[Told]:
    target = _named(_without_queries(node))
    ref = relation(schema, target[0]) if target else None
    if ref is not None:
        yield Told(OperationKind.INSERT, ref, locks.of_rows("sql-insert.html"))


def _truncate(schema: Schema, node: Node) -> Iterator[Told]:
    for target in _named(node):
        ref = relation(schema, target)
        if ref is not None:
            yield Told(OperationKind.TRUNCATE, ref, locks.exclusive("sql-truncate.html"))


def _vacuum(schema: Schema, node: Node) -> Iterator[Told]:
    options = {word for o in collect(node, "utility_option_elem") for word in text(o).upper().split()[:1]}
    full = child(node, "opt_full") is not None or "FULL" in options
    cost = locks.exclusive("sql-vacuum.html", rewrites=True) if full else locks.beside_work("sql-vacuum.html")
    kind = OperationKind.VACUUM_FULL if full else OperationKind.OTHER
    yield from _each_or_all(schema, node, kind, cost)


def _cluster(schema: Schema, node: Node) -> Iterator[Told]:
    yield from _each_or_all(schema, node, OperationKind.CLUSTER, locks.exclusive("sql-cluster.html", rewrites=True))


def _analyze(schema: Schema, node: Node) -> Iterator[Told]:
    yield from _each_or_all(schema, node, OperationKind.OTHER, locks.beside_work("sql-analyze.html"))


def _each_or_all(schema: Schema, node: Node, kind: OperationKind, cost: Cost) -> Iterator[Told]:
    targets = _named(node)
    if not targets:
        yield Told(kind, Ref.database(), cost)
    for target in targets:
        ref = relation(schema, target)
        if ref is not None:
            yield Told(kind, ref, cost)


def _lock(schema: Schema, node: Node) -> Iterator[Told]:
    mode = " ".join(words(first(node, "lock_type"))) or locks.ACCESS_EXCLUSIVE
    for target in _named(node):
        ref = relation(schema, target)
        if ref is not None:
            yield Told(OperationKind.LOCK, ref, locks.taken(mode), value=mode)


def _reindex(schema: Schema, node: Node) -> Iterator[Told]:
    concurrent = has_words(first(node, "opt_concurrently"), "CONCURRENTLY") or "CONCURRENTLY" in text(node).upper()
    cost = locks.share("sql-reindex.html")
    if concurrent:
        cost = locks.beside_work("sql-reindex.html", scans=True)
    target = first(node, "qualified_name")
    if target is None:
        yield Told(OperationKind.REINDEX, Ref.database(), cost)
        return
    of_index = "INDEX" in words(first(node, "reindex_target_relation"))
    if of_index and not concurrent:
        cost = locks.exclusive("sql-reindex.html", scans=True)
    ref = index_ref(schema, target) if of_index else relation(schema, target)
    if ref is None and of_index:
        ref = Ref(Kind.INDEX, name=qualified(target)[1])
    if ref is not None:
        yield Told(OperationKind.REINDEX, ref, cost)


def _refresh(schema: Schema, node: Node) -> Iterator[Told]:
    target = first(node, "qualified_name")
    if target is None:
        return
    key = schema.find(*qualified(target), schema.views) or schema.key(*qualified(target))
    cost = locks.exclusive("sql-refreshmaterializedview.html", scans=True)
    if has_words(first(node, "opt_concurrently"), "CONCURRENTLY"):
        cost = locks.refreshed_beside_readers()
    yield Told(OperationKind.REFRESH_VIEW, Ref(Kind.VIEW, key[0], name=key[1]), cost)


def setting(name: str, value: str | None) -> Told:
    """A SET. Settings of the application's own (`app.secret`) may hold anything: their values are not kept."""
    kept = None if _SECRET.search(name) else value
    return Told(OperationKind.SET, Ref(Kind.SETTING, name=name), locks.none("sql-set.html"), name, kept)


def _set(_: Schema, node: Node) -> Iterator[Told]:
    generic = first(node, "generic_set", "generic_reset")
    name = child(generic, "var_name")
    if name is None:
        yield Told(OperationKind.OTHER, Ref.database(), None)
        return
    values = [string_or_name(text(v).strip()) for v in collect(generic, "var_value")]
    yield setting(".".join(names(text(name))), ", ".join(values) or None)


def _comment(schema: Schema, node: Node) -> Iterator[Told]:
    target = child(node, "any_name")
    on_table = words(child(node, "object_type_any_name")) == ("TABLE",)
    ref = relation(schema, target) if target is not None and on_table else None
    yield Told(OperationKind.OTHER, ref or Ref.database(), locks.beside_work("sql-comment.html"))


def _code(_: Schema, __: Node) -> Iterator[Told]:
    yield Told(OperationKind.RUN_CODE, Ref.database(), None)


TELLERS: dict[str, Callable[[Schema, Node], Iterator[Told]]] = {
    "RenameStmt": _rename,
    "AlterObjectSchemaStmt": _moved,
    "DropStmt": _drop,
    "RemoveFuncStmt": _drop_function,
    "DropdbStmt": _drop_database,
    "UpdateStmt": _change_rows,
    "DeleteStmt": _change_rows,
    "InsertStmt": _insert,
    "TruncateStmt": _truncate,
    "VacuumStmt": _vacuum,
    "AnalyzeStmt": _analyze,
    "ClusterStmt": _cluster,
    "LockStmt": _lock,
    "ReindexStmt": _reindex,
    "RefreshMatViewStmt": _refresh,
    "VariableSetStmt": _set,
    "VariableResetStmt": _set,
    "CommentStmt": _comment,
    "CallStmt": _code,
    "ExecuteStmt": _code,
}
"""By the name of the statement's node."""
