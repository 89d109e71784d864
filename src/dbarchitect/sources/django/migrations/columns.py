"""Columns of the state, each made once: an operation touches one field of a model, the others stay as they were."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.django.columns import ColumnMaker, Parts
from dbarchitect.sources.django.fields import FieldDef
from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.registry import Registry
from dbarchitect.sources.django.sql import SqlWriter


@dataclass(frozen=True, slots=True)
class _Made:
    """What a field brought to a table; the field is held so that no other one takes its identity."""

    field: FieldDef
    parts: Parts
    diagnostics: tuple[Diagnostic, ...]


class StateColumns(ColumnMaker):
    """Makes columns, and remembers those that depend on nothing but their field."""

    def __init__(self, registry: Registry, engine: str) -> None:
        super().__init__(registry, engine)
        self._made: dict[tuple[int, str], _Made] = {}

    def add(self, field_: FieldDef, model: Model, parts: Parts, table: str, writer: SqlWriter) -> None:
        """Add the column of a field, and the constraints and indexes that it brings."""
        if field_.is_relation() or field_.kind == "GeneratedField" or "db_default" in field_.options:
            super().add(field_, model, parts, table, writer)
            return
        made = self._made.get((id(field_), table))
        if made is None:
            made = self._make(field_, model, table, writer)
        self.registry.diagnostics += made.diagnostics
        for place, column in enumerate(made.parts.columns):
            position = len(parts.columns) + 1
            if column.position != position:
                made.parts.columns[place] = replace(column, position=position)
            parts.columns.append(made.parts.columns[place])
        if parts.primary_key is None:
            parts.primary_key = made.parts.primary_key
        parts.unique_keys += made.parts.unique_keys
        parts.checks += made.parts.checks
        parts.indexes += made.parts.indexes

    def _make(self, field_: FieldDef, model: Model, table: str, writer: SqlWriter) -> _Made:
        parts, before = Parts(), len(self.registry.diagnostics)
        super().add(field_, model, parts, table, writer)
        made = _Made(field_, parts, tuple(self.registry.diagnostics[before:]))
        del self.registry.diagnostics[before:]
        self._made[id(field_), table] = made
        return made
