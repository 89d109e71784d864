"""Records what SQLite's statements do: by their text, and by what they do to the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.change.operations import AddColumn, AlterColumn, Change, CreateTable, DropColumn
from dbarchitect.engines.sqlite import locks
from dbarchitect.engines.sqlite.cursor import Cursor, UnexpectedToken
from dbarchitect.sources.sqlfiles.masking import masked, without_rows
from dbarchitect.sources.sqlfiles.record import Record, Said, changes_between
from dbarchitect.sources.sqlfiles.schema import Key
from dbarchitect.sources.sqlfiles.text import SqlText

_K = OperationKind
_NAME = r"""(?:(?:"(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\]|[\w$]+)\s*\.\s*)?("(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\]|[\w$]+)"""
_ROWS = re.compile(
    rf"(?P<verb>INSERT|REPLACE|UPDATE|DELETE)\s+(?:OR\s+\w+\s+)?(?:INTO\s+|FROM\s+)?(?P<table>{_NAME})", re.IGNORECASE
)
_WHERE = re.compile(r"\bWHERE\b", re.IGNORECASE)
_PRAGMA = re.compile(r"PRAGMA\s+(?:\w+\s*\.\s*)?(\w+)\s*(?:=\s*|\(\s*)['\"]?(-?\w+)", re.IGNORECASE)
_BEGIN = re.compile(r"BEGIN\b", re.IGNORECASE)
_END = re.compile(r"(?:COMMIT|END|ROLLBACK)\b(?!\s+(?:TRANSACTION\s+)?TO\b)", re.IGNORECASE)
_DROP = re.compile(rf"DROP\s+(TABLE|INDEX|VIEW|TRIGGER)\s+(IF\s+EXISTS\s+)?{_NAME}", re.IGNORECASE)
_SCHEMA = re.compile(r"(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
_WHOLE = re.compile(r"(?:VACUUM|REINDEX)\b", re.IGNORECASE)
_EXISTS = re.compile(r"\A\w+(?:\s+\w+){0,3}?\s+IF\s+(?:NOT\s+)?EXISTS\b", re.IGNORECASE)
_LONGEST_HEAD = 20_000


@dataclass
class Recorder:
    """One statement, from byte `first` to `last` of its file, and the record that its operations go to."""

    record: Record
    file: SqlText
    first: int
    last: int
    _sql: str = field(init=False)
    _told: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        """Record what the text alone tells; watch for the rest."""
        self._sql = self.file.data[self.first : min(self.last, self.first + _LONGEST_HEAD)].decode("utf-8", "replace")
        self.record.watch()
        sql = self._sql
        if (rows := _ROWS.match(sql)) is not None:
            self._rows(rows)
        elif _BEGIN.match(sql):
            self._add(_K.BEGIN, Ref.database(), locks.none())
            self.record.in_transaction = True
        elif _END.match(sql):
            self._add(_K.COMMIT, Ref.database(), locks.none())
            self.record.in_transaction = False
        elif (pragma := _PRAGMA.match(sql)) is not None:
            name = pragma[1].lower()
            self._add(_K.SET, Ref(Kind.SETTING, name=name), locks.none(), name=name, value=pragma[2])
        elif (drop := _DROP.match(sql)) is not None:
            self._drop(drop[1].upper(), _unquoted(drop[3]), if_exists=drop[2] is not None)
        elif re.match(r"ALTER\b", sql, re.IGNORECASE):
            self._told = self._renamed()
        elif _WHOLE.match(sql):
            kind = _K.REINDEX if sql[:1] in "rR" else _K.VACUUM_FULL
            page = kind.value.partition(" ")[0]
            self._add(kind, Ref.database(), locks.written(page, rewrites=True))
        else:
            self._told = not _SCHEMA.match(sql)

    def _said(self) -> Said:
        spelled = self._sql if _SCHEMA.match(self._sql) else masked(self._sql[:2000])
        if re.match(r"INSERT|REPLACE", self._sql, re.IGNORECASE):
            spelled = without_rows(self._sql)
        origin = self.file.origin(self.first, self.last)
        return Said(spelled, origin, conditional=_EXISTS.match(self._sql) is not None)

    def _add(self, kind: OperationKind, object_: Ref, cost: Cost | None, **more: object) -> None:
        self.record.add(kind, object_, self._said(), cost, **more)

    def _rows(self, rows: re.Match[str]) -> None:
        name = _unquoted(rows["table"])
        if name.casefold() in self.record.schema.temporary:
            return
        verb = rows["verb"].upper()
        ref = Ref.of_table(self._spelled(name))
        last = self.record.operations[-1] if self.record.operations else None
        if verb in {"INSERT", "REPLACE"}:
            if last is None or last.kind is not _K.INSERT or last.object != ref:
                self._add(_K.INSERT, ref, locks.written("insert"))
            return
        filtered = _WHERE.search(masked(self._sql)) is not None
        cost = locks.written(verb.lower(), rewrites=not filtered and verb == "UPDATE", scans=not filtered)
        self._add(_K.UPDATE if verb == "UPDATE" else _K.DELETE, ref, cost, filtered=filtered)

    def _key(self, name: str) -> Key | None:
        folded = name.casefold()
        return next((key for key in self.record.schema.tables if key[1].casefold() == folded), None)

    def _spelled(self, name: str) -> str:
        key = self._key(name)
        return key[1] if key is not None else name

    def _drop(self, kind: str, name: str, *, if_exists: bool) -> None:
        schema = self.record.schema
        if name.casefold() in schema.temporary:
            return
        cost = locks.written(f"drop{kind.lower()}")
        if kind == "TABLE":
            if self._key(name) is not None or not if_exists:
                self._add(_K.DROP_TABLE, Ref.of_table(self._spelled(name)), cost)
        elif kind == "VIEW":
            if (None, name) in schema.views or not if_exists:
                self._add(_K.DROP_VIEW, Ref(Kind.VIEW, name=name), cost)
        elif kind == "INDEX":
            self._drop_index(name, cost, if_exists=if_exists)
        else:
            holder = next((t for t in schema.tables.values() if any(g.name == name for g in t.triggers)), None)
            ref = holder.ref.of(Kind.TRIGGER, name) if holder is not None else Ref(Kind.TRIGGER, name=name)
            if holder is not None or not if_exists:
                self._add(_K.DROP_TRIGGER, ref, cost, name=name)

    def _drop_index(self, name: str, cost: Cost, *, if_exists: bool) -> None:
        for table in self.record.schema.tables.values():
            for index in table.indexes:
                if (index.name or "").casefold() == name.casefold():
                    ref = table.ref.over(index.column_names, Kind.INDEX, index.name)
                    self._add(_K.DROP_INDEX, ref, cost, name=index.name)
                    return
        if not if_exists:
            self._add(_K.DROP_INDEX, Ref(Kind.INDEX, name=name), cost, name=name)

    def _renamed(self) -> bool:
        """Record a renaming; False for other forms of ALTER TABLE."""
        cursor = Cursor(self._sql)
        try:
            if not cursor.accept("ALTER", "TABLE"):
                return False
            ref = Ref.of_table(self._spelled(cursor.qualified_name()[1]))
            cost = locks.written("altertable")
            if not cursor.accept("RENAME"):
                return False
            if cursor.accept("TO"):
                self._add(_K.RENAME_TABLE, ref, cost, value=cursor.name())
                return True
            cursor.accept("COLUMN")
            old = cursor.name()
            cursor.expect("TO")
            self._add(_K.RENAME_COLUMN, ref.column(old), cost, value=cursor.name())
        except UnexpectedToken:
            return False
        return True

    def finish(self, *, failed: bool) -> None:
        """The statement has been replayed; a failed one did not fit the statements before it."""
        traces = self.record.schema.traces
        if not self._told and traces is not None:
            said = self._said()
            found = len(self.record.operations)
            for old, new in self.record.changed_tables(traces):
                changes = list(_own(changes_between(old, new)))
                self.record.add_changes(changes, said, [old] if old is not None else [])
                self._in_place(found, changes)
            self.record.add_changes(self.record.changed_things(), said)
            if failed and len(self.record.operations) == found:
                self._add(_K.OTHER, Ref.database(), None)
        self.record.settle()

    def _in_place(self, start: int, changes: list[Change]) -> None:
        """What comes with an added column costs no more than it: SQLite copies no table for it."""
        if not any(isinstance(change, AddColumn) for change in changes):
            return
        operations = self.record.operations
        cost = operations[start].cost
        operations[start:] = [replace(operation, cost=cost) for operation in operations[start:]]


def _own(changes: Iterator[Change]) -> Iterator[Change]:
    """The changes that a statement says itself; of a dropped column not what it takes along."""
    found = list(changes)
    dropped = any(isinstance(change, DropColumn) for change in found)
    for change in found:
        if isinstance(change, CreateTable | DropColumn) or not (dropped or isinstance(change, AlterColumn)):
            yield change


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name[:1] in {'"', "`", "["} else name
