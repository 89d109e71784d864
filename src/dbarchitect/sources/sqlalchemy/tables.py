"""`Table("users", metadata, Column(…), …)`: tables written out without a class."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.bases import Bases
from dbarchitect.sources.sqlalchemy.columns import ColumnReader
from dbarchitect.sources.sqlalchemy.constraints import ConstraintReader
from dbarchitect.sources.sqlalchemy.drafts import MetadataRead, TableDraft
from dbarchitect.sources.sqlalchemy.located import Invocation, Located
from dbarchitect.sources.sqlalchemy.wrapped import COLUMNS


@dataclass(slots=True)
class Tables:
    """All tables read so far: in order, by the place of their `Table(…)`, and by model."""

    drafts: list[TableDraft] = field(default_factory=list)
    by_place: dict[tuple[str, int], TableDraft | None] = field(default_factory=dict)
    by_model: dict[ClassDef, TableDraft | None] = field(default_factory=dict)

    def named(self, metadata: MetadataRead, name: str, schema: str | None) -> TableDraft | None:
        """The table of this name in a MetaData."""
        for draft in self.drafts:
            if draft.name == name and draft.schema == schema and draft.metadata.key == metadata.key:
                return draft
        return None


class TableReader:
    """Reads tables written out in full."""

    def __init__(self, bases: Bases, columns: ColumnReader, constraints: ConstraintReader, tables: Tables) -> None:
        self.bases = bases
        self.names = bases.names
        self.columns = columns
        self.constraints = constraints
        self.tables = tables

    def read(self, call: Invocation) -> TableDraft | None:
        """The table that a call of `Table` makes; None where its name or MetaData is not told, or it is reflected."""
        place = call.location.frame.key(call.location.span)
        if place not in self.tables.by_place:
            self.tables.by_place[place] = None
            self.tables.by_place[place] = self._read(call)
        return self.tables.by_place[place]

    def _items(self, call: Invocation) -> tuple[Located, ...]:
        """The arguments after the name and the MetaData (which `db.Table` needs not be given)."""
        return call.args[2:] if self.bases.metadata(call.argument(1, "metadata")) is not None else call.args[1:]

    def _read(self, call: Invocation) -> TableDraft | None:
        name = self.names.constant(call.argument(0, "name"))
        metadata, items = self.bases.of_table(call), self._items(call)
        if metadata is None:
            return None
        if not isinstance(name, str):
            self.columns.report(call.location, "the name of this table could not be read")
            return None
        origin = self.columns.origin(call.location)
        draft = TableDraft(name, metadata, origin, metadata.schema)
        self.constraints.options(draft, call.kwargs)
        self.columns.types.enums.schema = metadata.schema
        if not items and any(k in call.kwargs for k in ("autoload_with", "autoload")):
            self.columns.report(call.location, f"table {name} is read from the database when the program runs")
            return None
        for item in items:
            column = self.names.invocation(item.expr, item.frame)
            if column is not None and column.name in COLUMNS:
                draft.add(self.columns.read(column, "", self.columns.origin(column.location)))
        for item in items:
            column = self.names.invocation(item.expr, item.frame)
            if column is not None and column.name in COLUMNS:
                continue
            if not self.constraints.item(draft, item):
                self.columns.report(item, f"an argument of table {name} could not be read")
        known = self.tables.named(metadata, draft.name, draft.schema)
        if known is not None:
            known.columns.update(draft.columns)
            known.attributes.update(draft.attributes)
            return known
        self.tables.drafts.append(draft)
        return draft
