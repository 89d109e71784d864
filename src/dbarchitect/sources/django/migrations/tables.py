"""The tables of a model of the state: its own, and one for each many-to-many relation without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dbarchitect.catalog.members import Check, Exclusion, Index, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.django.constraints import MetaObjects, MetaReader
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.migrations.columns import StateColumns
from dbarchitect.sources.django.migrations.state import Extra, StateModel, StateRegistry
from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.sql import SqlWriter
from dbarchitect.sources.django.tables import TableMaker
from dbarchitect.sources.python import ClassDef, is_known

Slots = Mapping[str, Table]
"""The tables of a model: its own under `""`, that of a relation under the field's name."""

_TOGETHER = frozenset({"unique_together", "index_together"})


class StateTables(TableMaker):
    """Makes the tables of models of the state, and remembers them until the model changes."""

    def __init__(self, registry: StateRegistry, engine: str) -> None:
        super().__init__(registry, engine)
        self.columns = StateColumns(registry, engine)
        self.state = registry
        self._slots: dict[ClassDef, Slots] = {}
        self._diagnostics: dict[ClassDef, tuple[Diagnostic, ...]] = {}

    def slots(self, state: StateModel) -> Slots:
        """The tables of a model as the state has it now."""
        if state.cls not in self._slots:
            before = len(self.registry.diagnostics)
            self._slots[state.cls] = dict(self._made(state))
            self._diagnostics[state.cls] = tuple(self.registry.diagnostics[before:])
            del self.registry.diagnostics[before:]
        return self._slots[state.cls]

    def forget(self, state: StateModel) -> None:
        """The model has changed: its tables have to be made anew."""
        self._slots.pop(state.cls, None)

    def hold(self, state: StateModel, slot: str, table: Table) -> None:
        """Take a table of the database, equal but for names, for the model's own."""
        self._slots[state.cls] = {**self._slots[state.cls], slot: table}

    def keep(self) -> dict[ClassDef, Slots]:
        """The tables as they are, to come back to."""
        return dict(self._slots)

    def restore(self, kept: dict[ClassDef, Slots]) -> None:
        """Come back to tables that were kept."""
        self._slots = kept

    @property
    def diagnostics(self) -> Iterator[Diagnostic]:
        """What could not be told of the models that are there now."""
        for cls, found in self._diagnostics.items():
            if cls in self.state.state.states:
                yield from found

    def _made(self, state: StateModel) -> Iterator[tuple[str, Table]]:
        model = state.model
        if model.proxy or not model.managed or self.registry.is_swapped_out(model):
            return
        yield "", self.table(model)
        for table in self.relation_tables(model):
            yield (table.model or "").rpartition(".")[2], table

    def meta_objects(self, model: Model, writer: SqlWriter) -> MetaObjects:  # noqa: ARG002 - they are written already
        """The indexes and constraints that the state keeps."""
        state = self.state.state.states[model.cls]
        objects = MetaObjects()
        for extra in state.extras:
            match extra.member:
                case UniqueKey():
                    objects.unique_keys.append(extra.member)
                case Check():
                    objects.checks.append(extra.member)
                case Exclusion():
                    objects.exclusions.append(extra.member)
                case Index():
                    objects.indexes.append(extra.member)
                case None:
                    continue
        return objects

    def extras(self, state: StateModel, option: str, entry: Located) -> tuple[Extra, ...]:
        """What an entry of `indexes` or `constraints` is, or the value of `unique_together` or `index_together`."""
        reader = self._reader(state)
        if option in _TOGETHER:
            value = self.world.value(entry.expr, entry.module, entry.scope)
            origin = entry.module.origin(entry.expr.span)
            return tuple(self._together(reader, option, value, origin))
        reader.read_entry(option, entry)
        name = reader.name_of(entry)
        found = self._members(reader)
        return tuple(Extra(option, name or member.name, member) for member in found) or (Extra(option, name, None),)

    def _together(self, reader: MetaReader, option: str, value: object, origin: Origin) -> Iterator[Extra]:
        if isinstance(value, (list, tuple, set, frozenset)) and value and all(isinstance(v, str) for v in value):
            value = [tuple(value)]
        if value is None:
            return
        if not isinstance(value, (list, tuple, set, frozenset)) or not is_known(value):
            self.registry.diagnostics.append(Diagnostic(origin, f"{option} cannot be told"))
            return
        for names in sorted(value, key=str):
            if isinstance(names, (list, tuple)) and names:
                fields = tuple(map(str, names))
                reader.objects = MetaObjects()
                reader.read_together(option, fields, origin)
                for member in self._members(reader):
                    yield Extra(option, member.name, member, fields)

    def _reader(self, state: StateModel) -> MetaReader:
        model = state.model
        writer = SqlWriter(self.world, self.engine, lambda n: self.term(model, n))
        return MetaReader(self.registry, writer, self.engine, model, lambda n: self.column_of(model, n))

    def _members(self, reader: MetaReader) -> Iterator[UniqueKey | Check | Exclusion | Index]:
        objects = reader.objects
        yield from objects.unique_keys
        yield from objects.checks
        yield from objects.exclusions
        yield from objects.indexes
