"""Records what PostgreSQL's statements do: by their text, and by what they do to the schema."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.migrations import Operation, OperationKind
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.change.operations import AddColumn, AlterColumn
from dbarchitect.engines.postgresql import locks
from dbarchitect.sources.sqlfiles.masking import masked, without_comments, without_rows
from dbarchitect.sources.sqlfiles.postgresql import commands
from dbarchitect.sources.sqlfiles.postgresql.addresses import relation
from dbarchitect.sources.sqlfiles.postgresql.tables import Context
from dbarchitect.sources.sqlfiles.postgresql.told import TELLERS, Told, setting, told
from dbarchitect.sources.sqlfiles.record import Record, Said, changes_between
from dbarchitect.sources.sqlfiles.schema import Passed, Unreplayable
from dbarchitect.sources.sqlfiles.text import SqlText
from dbarchitect.sources.sqlfiles.tree import child, collect, first, has_words, parse, qualified, text, words

_BEGIN = re.compile(rb"(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
_END = re.compile(rb"(?:COMMIT|END|ROLLBACK|ABORT)\b(?!\s+(?:WORK\s+|TRANSACTION\s+)?(?:TO|PREPARED)\b)", re.IGNORECASE)
_SAVEPOINT = re.compile(rb"(?:SAVEPOINT|RELEASE|ROLLBACK|PREPARE|SHOW|EXPLAIN|NOTIFY|LISTEN|UNLISTEN)\b", re.IGNORECASE)
_SET_CONFIG = re.compile(r"set_config\s*\(\s*'([\w.]+)'\s*,\s*'((?:[^']|'')*)'", re.IGNORECASE)
_SCHEMA_STATEMENTS = re.compile(r"(?:Create|Alter|Index|Define|View|Drop|Rename|Remove|Comment|Refresh|Truncate)")
_MAKERS = {
    "ViewStmt": OperationKind.CREATE_VIEW,
    "CreateMatViewStmt": OperationKind.CREATE_VIEW,
    "DefineStmt": OperationKind.CREATE_TYPE,
    "AlterEnumStmt": OperationKind.ALTER_TYPE,
    "CreateDomainStmt": OperationKind.CREATE_TYPE,
    "AlterDomainStmt": OperationKind.ALTER_TYPE,
    "AlterTypeStmt": OperationKind.ALTER_TYPE,
    "AlterCompositeTypeStmt": OperationKind.ALTER_TYPE,
    "CreateFunctionStmt": OperationKind.CREATE_FUNCTION,
    "AlterFunctionStmt": OperationKind.OTHER,
    "CreateTrigStmt": OperationKind.CREATE_TRIGGER,
    "CreatePolicyStmt": OperationKind.CREATE_POLICY,
    "AlterPolicyStmt": OperationKind.OTHER,
    "CreateExtensionStmt": OperationKind.CREATE_EXTENSION,
}
_BROKEN = (IndexError, ValueError, Unreplayable, Passed)  # any part of a broken statement may be missing from its tree
_SILENT = frozenset({"SelectStmt", "DoStmt"})


@dataclass
class Recorder:
    """One statement that is being replayed, and the record that its operations go to."""

    record: Record
    context: Context
    node: Node
    guarded: bool
    _told: bool = field(init=False, default=False)
    _done: set[int] = field(init=False, default_factory=set)
    _before: dict[object, Table] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Record what the text alone tells; watch for the rest."""
        self.record.watch()
        try:
            operations = told(self.record, self.node)
        except _BROKEN:
            operations = [Told(OperationKind.OTHER, Ref.database(), None)]
        if operations is not None:
            self._told = True
            said = self._said(self.node)
            for one in operations:
                more: dict[str, object] = {"name": one.name, "value": one.value, "filtered": one.filtered}
                self.record.add(one.kind, one.object, said, one.cost, **more)
        elif self.node.type == "AlterTableStmt":
            self.context.done = self.command

    def _said(self, node: Node) -> Said:
        conditional = has_words(self.node, "IF", "EXISTS") or has_words(self.node, "IF", "NOT", "EXISTS")
        conditional = conditional or child(self.node, "opt_if_not_exists") is not None
        behaviour = child(self.node, "opt_drop_behavior") or child(node, "opt_drop_behavior")
        return Said(
            self._shown(node),
            self.context.locate(node),
            concurrently="CONCURRENTLY" in words(self.node) or first_concurrently(self.node),
            cascade=has_words(behaviour, "CASCADE"),
            conditional=self.guarded
            or conditional
            or has_words(node, "IF", "EXISTS")
            or has_words(node, "IF", "NOT", "EXISTS"),
        )

    def _shown(self, node: Node) -> str:
        spelled = text(self.node)
        if node is not self.node:  # one command of several
            target = first(self.node, "relation_expr", "qualified_name")
            spelled = f"ALTER TABLE {text(target) if target is not None else ''} {text(node)}"
        if self.node.type == "InsertStmt":
            return without_rows(spelled)
        if self.node.type == "VariableSetStmt" and "." not in spelled.partition("=")[0]:
            return without_comments(spelled[:2000])
        if self.node.type in {"CreateFunctionStmt", "CreateAsStmt"}:
            return masked(spelled[:2000])
        plain = _SCHEMA_STATEMENTS.match(self.node.type) and "PASSWORD" not in spelled.upper()
        plain = plain and not _keeps_secrets(self.node.type)
        return without_comments(spelled[:2000]) if plain else masked(spelled[:2000])

    def command(self, node: Node) -> None:
        """A command of an ALTER TABLE has been replayed."""
        self._done.add(node.id)
        with suppress(*_BROKEN):
            self._alter(node, failed=False)
        self.record.settle()
        self.record.watch()

    def finish(self, *, failed: bool) -> None:
        """The statement has been replayed; a failed one did not fit the statements before it."""
        self.context.done = None
        if not (failed and self.guarded):
            with suppress(*_BROKEN):
                self._finish(failed=failed)
        self.record.settle()

    def _finish(self, *, failed: bool) -> None:
        kind = self.node.type
        if self._told or kind in _SILENT:
            return
        if kind == "AlterTableStmt":
            self._finish_alter(failed=failed)
            return
        traces = self.record.schema.traces
        created = kind in {"CreateStmt", "CreateForeignTableStmt", "CreateAsStmt"}
        said = self._said(self.node)
        found = len(self.record.operations)
        if traces is not None:
            for old, new in self.record.changed_tables(traces):
                changes = changes_between(old, new)
                kept = [c for c in changes if created or not isinstance(c, AlterColumn | AddColumn)]
                self.record.add_changes(kept, said, [t for t in (old,) if t is not None])
        self.record.add_changes(self.record.changed_things(), said)
        self._name_right(found)
        if len(self.record.operations) == found and not created:
            self._without_effect(said, failed=failed)

    def _name_right(self, start: int) -> None:
        """What alters a type or a policy makes it anew in the model: it is called by what the statement says."""
        wanted = _MAKERS.get(self.node.type)
        if wanted not in {OperationKind.ALTER_TYPE, OperationKind.OTHER}:
            return
        operations = self.record.operations
        rest = [o for o in operations[start:] if not o.kind.value.startswith("drop")]
        operations[start:] = [
            o if o.kind is OperationKind.ADD_ENUM_VALUE else replace(o, kind=wanted) for o in rest[-1:] or rest
        ]

    def _without_effect(self, said: Said, *, failed: bool) -> None:
        """A statement that changed nothing we know: on what is not there, or beyond the model."""
        kind = self.node.type
        if said.conditional and not failed:
            return
        if kind == "IndexStmt":
            self._unknown_index(said)
            return
        target = first(self.node, "qualified_name", "any_name")
        on_table = kind in {"CreateTrigStmt", "CreatePolicyStmt", "AlterPolicyStmt"}
        ref = relation(self.record.schema, target) if target is not None and on_table else Ref.database()
        if ref is None or (failed and kind not in _MAKERS):
            return
        cost = None
        if kind == "CreateTrigStmt":
            cost = locks.share_row_exclusive("sql-createtrigger.html")
        elif on_table:
            cost = locks.exclusive("sql-createpolicy.html")
        self.record.add(_MAKERS.get(kind, OperationKind.OTHER), ref, said, cost)

    def _unknown_index(self, said: Said) -> None:
        target = first(child(self.node, "relation_expr"), "qualified_name")
        ref = relation(self.record.schema, target) if target is not None else None
        if ref is None or ref.table is None:
            return
        elements = collect(child(self.node, "index_params"), "index_elem")
        columns = [child(e, "ColId") for e in elements]
        named = tuple(qualified(c)[1] for c in columns if c is not None)
        name = child(self.node, "opt_single_name", "name")
        written = qualified(name)[1] if name is not None else None
        cost = locks.beside_work("sql-createindex.html", scans=True) if said.concurrently else locks.share()
        self.record.add(OperationKind.CREATE_INDEX, ref.over(named, Kind.INDEX, written), said, cost, name=written)

    def _finish_alter(self, *, failed: bool) -> None:
        if not {"TABLE", "FOREIGN"} & set(words(self.node)):  # an index, a view, a sequence
            self.record.add(OperationKind.OTHER, Ref.database(), self._said(self.node), None)
            return
        for node in collect(self.node, "alter_table_cmd"):
            if node.id not in self._done:
                self._alter(node, failed=failed)
        partition = child(self.node, "partition_cmd")
        if partition is not None:
            self._partition(partition)

    def _partition(self, node: Node) -> None:
        schema, said = self.record.schema, self._said(self.node)
        target, part = first(self.node, "qualified_name"), child(node, "qualified_name")
        parent = relation(schema, target) if target is not None else None
        own = relation(schema, part) if part is not None else None
        if parent is None or own is None:
            return
        said = replace(said, concurrently=first_concurrently(node))
        kind = OperationKind.DETACH_PARTITION if has_words(node, "DETACH") else OperationKind.ATTACH_PARTITION
        cost = locks.exclusive()
        if kind is OperationKind.DETACH_PARTITION and said.concurrently:
            cost = locks.beside_work()
        elif kind is OperationKind.ATTACH_PARTITION:
            cost = locks.beside_work() if self.record.is_new(own) else locks.exclusive(scans=True)
        self.record.add(kind, parent, said, cost, name=own.table)

    def _alter(self, node: Node, *, failed: bool) -> None:
        """One command: what it did to its table, else what its text says."""
        schema = self.record.schema
        target = first(self.node, "qualified_name")
        ref = relation(schema, target) if target is not None else None
        if ref is None or ref.kind is Kind.VIEW or not {"TABLE", "FOREIGN"} & set(words(self.node)):
            return
        key = (ref.schema, ref.table or "")
        traces = schema.traces
        old = traces.tables.get(key) if traces is not None and key in traces.tables else schema.tables.get(key)
        command = commands.read(node, ref, old, self.context)
        if command is None:
            return
        said = replace(self._said(node), using_index=command.using_index)
        if old is None and said.conditional and not failed:
            return
        changes = list(changes_between(old, schema.tables.get(key))) if not failed and old is not None else []
        changes = command.wanted(changes)
        found = len(self.record.operations)
        if failed or old is None:
            changes = list(command.changes)
        self.record.add_changes(changes, said, [old] if old is not None else [])
        recorded = [o for o in self.record.operations[found:] if o.kind in command.kinds]
        if recorded:
            self.record.operations[found:] = [_cheaper(o, command, old) for o in recorded]
        else:
            del self.record.operations[found:]
            if not (said.conditional and not failed and command.makes_or_drops):
                more: dict[str, object] = {"name": command.name, "not_valid": command.not_valid}
                self.record.add(command.kind, command.object, said, command.cost, **more)


def _cheaper(operation: Operation, command: commands.Command, old: Table | None) -> Operation:
    """The operation at the cost that only the whole command tells."""
    cost = operation.cost
    if cost is None or cost.lock is None:
        return operation
    if command.using_index:
        key = operation.kind is OperationKind.ADD_PRIMARY_KEY
        nullable = {c.name for c in old.columns if c.nullable} if old is not None else set()
        cost = replace(cost, scans=key and not nullable.isdisjoint(operation.object.columns))
    if operation.kind is OperationKind.ADD_FOREIGN_KEY and command.kind is OperationKind.ADD_COLUMN:
        cost = replace(cost, scans=cost.scans and command.with_default)
    return replace(operation, cost=cost)


def first_concurrently(node: Node) -> bool:
    """Whether CONCURRENTLY is written, as a clause or as an option."""
    return child(node, "opt_concurrently") is not None or (
        node.type == "ReindexStmt" and "CONCURRENTLY" in text(node).upper()
    )


def _keeps_secrets(kind: str) -> bool:
    return any(word in kind for word in ("Role", "User", "Group", "Server", "Subscription", "Database", "System"))


def record_query(record: Record, source: bytes, origin: Origin) -> None:
    """A SELECT: settings that it sets; what else it calls is not known."""
    spelled = source.decode("utf-8", "replace")
    said = Said(masked(spelled[:2000]), origin)
    found = _SET_CONFIG.findall(spelled)
    for name, value in found:
        one = setting(name.lower(), value.replace("''", "'"))
        record.add(one.kind, one.object, said, one.cost, name=one.name, value=one.value)
    if not found:
        record.add(OperationKind.OTHER, Ref.database(), said, None)


def record_code(record: Record, origin: Origin) -> None:
    """A block whose statements on rows, or that it puts together, are not followed."""
    record.add(OperationKind.RUN_CODE, Ref.database(), Said("DO …", origin), None)


def record_data(record: Record, file: SqlText, start: int, source: bytes) -> None:
    """A statement on rows, the session or the server, which no replay follows."""
    origin = file.origin(start, start + len(source))
    if _BEGIN.match(source):
        _transaction(record, OperationKind.BEGIN, source, origin)
        record.in_transaction = True
    elif _END.match(source):
        _transaction(record, OperationKind.COMMIT, source, origin)
        record.in_transaction = record.sent_at_once
    elif not _SAVEPOINT.match(source):
        _record_rows(record, file, start, source, origin)


def _transaction(record: Record, kind: OperationKind, source: bytes, origin: Origin) -> None:
    said = Said(source[:200].decode("utf-8", "replace"), origin)
    record.add(kind, Ref.database(), said, locks.none("explicit-locking.html"))


_COPY_OUT = re.compile(rb"COPY\s[^(]*?(?:\([^)]*\)\s*)?\bTO\b", re.IGNORECASE)
_TARGET = re.compile(
    rb"""(?:INSERT\s+INTO|MERGE\s+INTO|COPY)\s+(?:ONLY\s+)?((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))*)""",
    re.IGNORECASE,
)


def _record_rows(record: Record, file: SqlText, start: int, source: bytes, origin: Origin) -> None:
    quick = _TARGET.match(source)
    if quick is not None and not _COPY_OUT.match(source):
        _record_insert(record, quick[1], source, origin)
        return
    context = Context(record.schema, file, start, [])
    root = parse(source)
    for statement in collect(root, "stmt"):
        node = statement.children[0] if statement.children else statement
        if node.type in TELLERS:
            Recorder(record, context, node, guarded=False)
        elif node.type != "SelectStmt":
            record.add(OperationKind.OTHER, Ref.database(), Said(masked(text(node)[:2000]), origin), None)


def _record_insert(record: Record, target: bytes, source: bytes, origin: Origin) -> None:
    """INSERT, MERGE and COPY by their first words alone: their rows may be many. One operation for those in a row."""
    spelled = target.decode("utf-8", "replace")
    nodes = collect(parse(b"TABLE " + target), "qualified_name")
    ref = relation(record.schema, nodes[0]) if nodes else Ref.of_table(spelled)
    if ref is None:
        return
    last = record.operations[-1] if record.operations else None
    if last is not None and last.kind is OperationKind.INSERT and last.object == ref:
        return
    cost: Cost = locks.of_rows("sql-insert.html")
    record.add(OperationKind.INSERT, ref, Said(without_rows(source[:2000].decode("utf-8", "replace")), origin), cost)
