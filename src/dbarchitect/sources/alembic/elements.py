"""What the calls of a migration make, read by the readers of SQLAlchemy's models: columns, keys, indexes, whole tables.

Names that a call leaves out are those of the application's naming convention, which Alembic applies to migrations
as well; without one, the server's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.python.constants import EnumMember
from dbarchitect.sources.sqlalchemy.columns import ColumnReader
from dbarchitect.sources.sqlalchemy.constraints import ConstraintReader
from dbarchitect.sources.sqlalchemy.drafts import ColumnDraft, ColumnTarget, ForeignKeyDraft, MetadataRead, TableDraft
from dbarchitect.sources.sqlalchemy.finish import Finisher
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Invocation, Located
from dbarchitect.sources.sqlalchemy.sqltext import SqlText
from dbarchitect.sources.sqlalchemy.type_read import TypeRead
from dbarchitect.sources.sqlalchemy.types import TypeReader
from dbarchitect.sources.sqlalchemy.wrapped import COLUMNS

_ENUM_VALUES = "the values of this enumeration"


"""What a foreign key points at: schema, table, columns."""


@dataclass(frozen=True, slots=True)
class Made:
    """A table as a call makes it, or no more of one than a call adds to it; with the enums that it brings along."""

    table: Table
    catalog: Catalog


class Elements:
    """Reads the arguments of Alembic's operations for one engine; `report` is told what could not be understood."""

    def __init__(
        self,
        names: Names,
        engine: EngineInfo,
        origin: Callable[[Located], Origin],
        report: Callable[[Located, str], None],
    ) -> None:
        self.names = names
        self.engine = engine
        self.origin = origin
        self.report = report
        self.conventions: Mapping[str, str] = {}
        self.partial: set[str] = set()
        """The tables that have been made of more than could be read."""
        self.types = TypeReader(names, engine.name, origin, self._report_type)
        self.text = SqlText(names, self.types, engine.name)
        self.columns = ColumnReader(names, self.types, self.text, engine.name, origin, report)
        self.constraints = ConstraintReader(self.columns)

    def _report_type(self, located: Located, words: str) -> None:
        # `ENUM(name="state", create_type=False)` names a type that an earlier migration has made.
        if not words.startswith(_ENUM_VALUES):
            self.report(located, words)

    def draft(
        self, table: str, schema: str | None, place: Located, conventions: Mapping[str, str] | None = None
    ) -> TableDraft:
        """A table to put elements into."""
        known = self.conventions if conventions is None else conventions
        metadata = MetadataRead(("alembic", ""), place.frame.module.path, None, known)
        return TableDraft(table, metadata, self.origin(place), schema)

    def made(self, draft: TableDraft) -> Made:
        """What has been put into a draft, finished. What it refers to is looked up by whoever applies it."""
        finisher = Finisher(self.engine, (draft,), {}, {}, _ignore)
        catalog = finisher.catalog({})
        return Made(catalog.tables[0], catalog)

    def table(self, draft: TableDraft, items: tuple[Located, ...], options: Mapping[str, Located]) -> Made:
        """The table of `op.create_table`; `options` are its keyword arguments."""
        self.constraints.options(draft, options)
        for item in [item for item in items if not self.column(draft, item)]:
            if not self.constraints.item(draft, item) and self.names.constant(item) is not None:
                self.report(item, f"an argument of table {draft.name} could not be read")
                self.partial.add(draft.name)
        if self.engine.name != "sqlite":
            _leave_out_altered(draft)
        return self.made(draft)

    def column(self, draft: TableDraft, located: Located) -> bool:
        """Put a `Column(…)` into a draft; False for anything else."""
        call = self.names.invocation(located.expr, located.frame)
        if call is None or call.name not in COLUMNS:
            return False
        column = self.columns.read(call, "", self.origin(call.location))
        if column.name:
            draft.add(column)
        return True

    def default(self, draft: TableDraft, name: str, read: TypeRead, given: Located) -> ColumnDraft:
        """A column of no more than a name, a type and a server default, put into a draft."""
        column = ColumnDraft(name, name, name, self.origin(given), read)
        self.columns.server_default(column, given)
        draft.add(column)
        return column

    def strings(self, located: Located | None) -> tuple[str, ...] | None:
        """A list of texts, None where one of them cannot be told."""
        if located is None:
            return None
        items = self.names.items(located.expr, located.frame)
        if items is None:
            value = self.names.constant(located)
            if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
                return tuple(value)
            return (value,) if isinstance(value, str) else None
        values = [self.names.constant(item) for item in items]
        return tuple(values) if all(isinstance(v, str) for v in values) else None

    def word(self, located: Located | None) -> str | None:
        """A text, None where it cannot be told or is none."""
        value = self.names.constant(located)
        if isinstance(value, EnumMember):
            value = value.value
        return value if isinstance(value, str) else None

    def flag(self, call: Invocation, name: str) -> bool | None:
        """A keyword argument that is True or False, None for anything else."""
        value = self.names.constant(call.kwargs.get(name))
        return value if isinstance(value, bool) else None

    def foreign_key(
        self,
        draft: TableDraft,
        columns: tuple[str, ...],
        target: tuple[str | None, str, tuple[str, ...]],
        call: Invocation,
    ) -> None:
        """Put a foreign key to `target` (schema, table, columns) into a draft; what it does stands in the call."""
        schema, table, referenced = target
        head = f"{schema}.{table}" if schema else table
        targets = tuple(ColumnTarget(text=f"{head}.{name}") for name in referenced)
        key = ForeignKeyDraft(columns, targets, self.origin(call.location))
        self.columns.with_options(key, call)
        draft.foreign_keys.append(key)


def _leave_out_altered(draft: TableDraft) -> None:
    """Take out the foreign keys with `use_alter`: CREATE TABLE leaves them to an ALTER that Alembic never runs."""
    draft.foreign_keys = [key for key in draft.foreign_keys if not key.use_alter]
    for column in draft.columns.values():
        column.foreign_keys = [key for key in column.foreign_keys if not key.use_alter]


def _ignore(origin: Origin, text: str) -> None:
    """Targets of foreign keys are in other migrations: that one is not here says nothing."""
