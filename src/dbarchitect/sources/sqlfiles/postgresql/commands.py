"""The commands of ALTER TABLE by their text: which operation each is, on what, and its cost where nothing is known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tree_sitter import Node

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.members import Check, Exclusion, ForeignKey, UniqueKey
from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.change.operations import Add, AddColumn, AlterColumn, Change, SetPrimaryKey
from dbarchitect.engines.postgresql import locks
from dbarchitect.sources.sqlfiles.postgresql.addresses import constraint_ref
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    Constraint,
    KeyOverIndex,
    NotNull,
    PrimaryKey,
    read_column,
    read_table_constraint,
)
from dbarchitect.sources.sqlfiles.postgresql.tables import Context
from dbarchitect.sources.sqlfiles.tree import child, name_of, text, words

_K = OperationKind
_ADDITIONS = frozenset({_K.ADD_COLUMN, _K.ADD_PRIMARY_KEY, _K.ADD_UNIQUE, _K.ADD_CHECK, _K.ADD_FOREIGN_KEY})
_PLAIN_CAST = re.compile(
    r"""(?:cast\s*\(\s*)?("(?:[^"]|"")+"|[A-Za-z_][\w$]*)\s*(?:::|\sas\s|\Z)(.*)""", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the operation that it is, those that it brings along, and the cost where the table is not known.

    `changes` is what it would do to a table that no statement has made. `using` is the expression of a change of type
    that is more than the plain cast.
    """

    kind: OperationKind
    object: Ref
    cost: Cost | None
    name: str | None = None
    kinds: frozenset[OperationKind] = frozenset()
    changes: tuple[Change, ...] = ()
    not_valid: bool = False
    using_index: bool = False
    using: str | None = None
    with_default: bool = False

    @property
    def makes_or_drops(self) -> bool:
        """Whether IF [NOT] EXISTS can make it do nothing at all."""
        return self.kind in {_K.ADD_COLUMN, _K.DROP_COLUMN, _K.DROP_CONSTRAINT}

    def wanted(self, changes: Iterable[Change]) -> list[Change]:
        """The changes with what the text adds to them."""
        return [replace(c, using=self.using) if isinstance(c, AlterColumn) else c for c in changes]


def read(node: Node, table: Ref, old: Table | None, context: Context) -> Command | None:
    """The command that a node is; None for one that is broken."""
    head = words(node)
    verb, rest = (head[0] if head else ""), head[1:]
    if verb == "ADD":
        return _add(node, table, context)
    name = name_of(child(node, "name"))
    if "CONSTRAINT" in rest[:1] or verb == "VALIDATE":
        return _constraint(verb, constraint_ref(old, table, name or ""), name, old)
    column = name_of(child(node, "ColId"))
    if verb == "DROP" and column is not None:
        return _command(_K.DROP_COLUMN, table.column(column), locks.exclusive())
    if verb == "ALTER" and column is not None:
        return _alter_column(node, head[1:], table.column(column))
    return _of_table(node, head, table, name)


def _command(kind: OperationKind, object_: Ref, cost: Cost | None, name: str | None = None) -> Command:
    return Command(kind, object_, cost, name, frozenset({kind}))


def _constraint(verb: str, ref: Ref, name: str | None, old: Table | None) -> Command:
    if verb == "DROP":
        return _command(_K.DROP_CONSTRAINT, ref, locks.exclusive(), name)
    if verb == "VALIDATE":
        known: tuple[ForeignKey | Check, ...] = (*old.foreign_keys, *old.checks) if old is not None else ()
        valid = any(member.name == name and member.validated for member in known)
        return _command(_K.VALIDATE_CONSTRAINT, ref, locks.beside_work(scans=not valid), name)
    return _command(_K.OTHER, ref, locks.exclusive(), name)


def _add(node: Node, table: Ref, context: Context) -> Command | None:
    definition = child(node, "columnDef")
    if definition is not None:
        parts = read_column(definition, context.locate)
        column = parts.column
        changes: list[Change] = [AddColumn(table, column)]
        changes += [SetPrimaryKey(table, None, parts.primary_key)] if parts.primary_key is not None else []
        members: tuple[UniqueKey | Check | ForeignKey, ...] = (*parts.unique_keys, *parts.checks, *parts.foreign_keys)
        changes += [Add(table, member) for member in members]
        return Command(
            _K.ADD_COLUMN,
            table.column(column.name),
            locks.exclusive(),
            None,
            _ADDITIONS,
            tuple(changes),
            with_default=column.default is not None,
        )
    constraint = child(node, "TableConstraint")
    read_ = read_table_constraint(constraint, context.locate) if constraint is not None else None
    return _added(read_, table) if read_ is not None else None


def _added(constraint: Constraint, table: Ref) -> Command:
    match constraint:
        case PrimaryKey(key):
            ref = table.over(key.columns, Kind.CONSTRAINT, key.name)
            kind, change = _K.ADD_PRIMARY_KEY, SetPrimaryKey(table, None, key)
            return Command(kind, ref, locks.exclusive(scans=True), key.name, frozenset({kind}), (change,))
        case KeyOverIndex():
            kind = _K.ADD_PRIMARY_KEY if constraint.primary else _K.ADD_UNIQUE
            ref = table.over((), Kind.CONSTRAINT, constraint.name or constraint.index)
            return Command(kind, ref, locks.exclusive(), ref.name, frozenset({kind}), using_index=True)
        case NotNull(column):
            return _command(_K.SET_NOT_NULL, table.column(column), locks.exclusive(scans=True))
        case UniqueKey():
            return _member(_K.ADD_UNIQUE, constraint, table)
        case ForeignKey():
            return _member(_K.ADD_FOREIGN_KEY, constraint, table)
        case Check():
            return _member(_K.ADD_CHECK, constraint, table)
        case Exclusion():
            return _member(_K.ADD_EXCLUSION, constraint, table)


def _member(kind: OperationKind, member: UniqueKey | ForeignKey | Check | Exclusion, table: Ref) -> Command:
    columns = member.columns if isinstance(member, UniqueKey | ForeignKey) else ()
    ref = table.over(columns, Kind.CONSTRAINT, member.name)
    not_valid = isinstance(member, Check | ForeignKey) and not member.validated
    return Command(kind, ref, locks.exclusive(), member.name, frozenset({kind}), (Add(table, member),), not_valid)


def _alter_column(node: Node, head: tuple[str, ...], column: Ref) -> Command:
    default, typename = child(node, "alter_column_default"), child(node, "Typename")
    if default is not None:
        kind = _K.SET_DEFAULT if child(default, "a_expr") is not None else _K.DROP_DEFAULT
        return replace(_command(kind, column, locks.exclusive()), kinds=frozenset({_K.SET_DEFAULT, _K.DROP_DEFAULT}))
    if typename is not None:
        written = text(child(child(node, "alter_using"), "a_expr") or node) if child(node, "alter_using") else None
        using = None if written is None or _is_plain_cast(written, column, typename) else written
        cost = locks.exclusive(rewrites=True) if using is not None else locks.exclusive()
        return replace(_command(_K.CHANGE_TYPE, column, cost), using=using)
    if head == ("SET", "NOT", "NULL"):
        return _command(_K.SET_NOT_NULL, column, locks.exclusive())
    if head == ("DROP", "NOT", "NULL"):
        return _command(_K.DROP_NOT_NULL, column, locks.exclusive())
    quiet = "STATISTICS" in head or child(node, "reloptions") is not None
    return _command(_K.ALTER_COLUMN, column, locks.beside_work() if quiet else locks.exclusive())


def _is_plain_cast(using: str, column: Ref, typename: Node) -> bool:
    """Whether USING says what the server does without it: the column, cast to the new type."""
    match = _PLAIN_CAST.fullmatch(using.strip())
    if match is None:
        return False
    name = match[1][1:-1].replace('""', '"') if match[1].startswith('"') else match[1].lower()
    rest = match[2].strip()
    if using.strip().lower().startswith("cast") and "(" in using.partition(match[1])[0]:
        rest = rest.removesuffix(")").strip()
    spelled = " ".join(rest.lower().split())
    return name == column.columns[0] and (not spelled or spelled == " ".join(text(typename).lower().split()))


def _of_table(node: Node, head: tuple[str, ...], table: Ref, name: str | None) -> Command:
    verb = head[0] if head else ""
    if head[-3:] == ("ROW", "LEVEL", "SECURITY"):
        return _command(_K.SET_TABLE_OPTIONS, table, locks.exclusive())
    if "TRIGGER" in head:
        ref = table.of(Kind.TRIGGER, name) if name is not None else table
        return _command(_K.OTHER, ref, locks.share_row_exclusive(), name)
    if "TABLESPACE" in head:
        return _command(_K.SET_TABLE_OPTIONS, table, locks.exclusive(rewrites=True))
    if verb in {"SET", "RESET"} and child(node, "reloptions") is not None:
        return _command(_K.SET_TABLE_OPTIONS, table, locks.beside_work())
    if verb == "SET" and head[1:] in {("LOGGED",), ("UNLOGGED",)}:
        return _command(_K.SET_TABLE_OPTIONS, table, locks.exclusive())
    if "CLUSTER" in head:
        return _command(_K.OTHER, table, locks.beside_work())
    return _command(_K.OTHER, table, locks.exclusive())
