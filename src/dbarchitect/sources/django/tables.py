"""Models → tables: a table for each concrete model, and one for each many-to-many relation without a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from dbarchitect.catalog.members import Column, Declared, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.types import Family, parse_type
from dbarchitect.sources.django.column_types import type_text
from dbarchitect.sources.django.columns import ColumnMaker, Parts, pointer_name
from dbarchitect.sources.django.constraints import MetaObjects, MetaReader
from dbarchitect.sources.django.fields import FieldDef, known
from dbarchitect.sources.django.history import History, history_fields, history_of, registered_histories, table_of
from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.names import index_name, split_schema, table_name
from dbarchitect.sources.django.registry import Outsider, Registry, Target
from dbarchitect.sources.django.sql import SqlWriter, Term
from dbarchitect.sources.python.expressions import Literal


class TableMaker:
    """Makes the tables of one project for one engine."""

    def __init__(self, registry: Registry, engine: str) -> None:
        self.registry = registry
        self.world = registry.world
        self.engine = engine
        self.columns = ColumnMaker(registry, engine)

    def tables(self) -> Iterator[Table]:
        """All tables of the project."""
        made: set[str] = set()
        for model in self.registry.tables():
            for table in (self.table(model), *self.relation_tables(model), *self.history_tables(model)):
                key = f"{table.schema}.{table.name}".lower()
                if key in made:
                    self._report(table.origin, f"table {table.name} is declared more than once; the first counts")
                    continue
                made.add(key)
                yield table

    def table(self, model: Model) -> Table:
        """The table of a concrete model."""
        parts = Parts()
        fields = self.registry.reader.fields(model.cls)
        schema, name = split_schema(model.table)
        composite = next((f for f in fields.values() if f.kind == "CompositePrimaryKey"), None)
        links = self.columns.parent_links(model)
        has_key = composite is not None or any(f.flag(self.world, "primary_key") for f in fields.values())
        writer = SqlWriter(self.world, self.engine, lambda n: self.term(model, n))
        if not has_key and not links:
            self.columns.add(self.columns.automatic(model), model, parts, name, writer)
        for parent, link in links.items():
            if link is None:
                self._add_pointer(model, parent, parts, name, is_key=not has_key and parts.primary_key is None)
        for field_ in fields.values():
            if field_.kind in {"ManyToManyField", "GenericForeignKey", "CompositePrimaryKey"}:
                continue
            self.columns.add(field_, model, parts, name, writer)
            if field_ in links.values() and parts.primary_key is None and not has_key:
                self._promote(parts, self.columns.column_name(field_), name)
        if composite is not None:
            names = self._composite(composite, model)
            parts.primary_key = UniqueKey(names, name=f"{name}_pkey", origin=composite.origin)
        self._add_order(model, parts)
        self._mark_polymorphic(model, parts)
        objects = self.meta_objects(model, writer)
        if model.unknown_bases:
            bases = ", ".join(model.unknown_bases)
            text = f"{model.label} derives from {bases}, which is not known here: only migrations tell its columns"
            self._report(model.cls.module.origin(model.cls.span), text)
        return self._assembled(model, name, schema, parts, objects)

    def meta_objects(self, model: Model, writer: SqlWriter) -> MetaObjects:
        """The indexes and constraints of a model's Meta."""
        return MetaReader(self.registry, writer, self.engine, model, lambda n: self.column_of(model, n)).read()

    def _assembled(self, model: Model, name: str, schema: str | None, parts: Parts, objects: MetaObjects) -> Table:
        comment = known(self.registry.reader.option(model.cls, "db_table_comment"))
        return Table(
            name,
            tuple(parts.columns),
            schema=schema,
            primary_key=parts.primary_key,
            unique_keys=(*parts.unique_keys, *objects.unique_keys),
            foreign_keys=tuple(parts.foreign_keys),
            checks=(*parts.checks, *objects.checks),
            exclusions=tuple(objects.exclusions),
            indexes=(*parts.indexes, *objects.indexes),
            comment=comment if isinstance(comment, str) else None,
            owned_by=model.owned_by,
            model=model.label,
            origin=model.cls.module.origin(model.cls.span) if model.owned_by is None else Origin(),
        )

    def history_tables(self, model: Model) -> Iterator[Table]:
        """The table that keeps the model's history, where it has one."""
        history = history_of(model, self.registry) if model.owned_by is None else None
        history = history or self._registered.get(model)
        if history is None:
            return
        fields = self._all_fields(model)
        schema, name = split_schema(table_name(table_of(history, model, self.registry), self.engine))
        parts = Parts()
        writer = SqlWriter(self.world, self.engine, lambda n: self.term(model, n))
        for field_ in history_fields(history, fields, self.registry):
            self.columns.add(field_, model, parts, name, writer)
        yield Table(
            name,
            tuple(parts.columns),
            schema=schema,
            primary_key=parts.primary_key,
            unique_keys=tuple(parts.unique_keys),
            foreign_keys=tuple(parts.foreign_keys),
            checks=tuple(parts.checks),
            indexes=tuple(parts.indexes),
            model=f"{history.label or model.app.label}.Historical{model.cls.name}",
            origin=history.origin,
        )

    @cached_property
    def _registered(self) -> dict[Model, History]:
        return dict(registered_histories(self.registry))

    def _all_fields(self, model: Model) -> list[FieldDef]:
        """The fields of a model with the automatic key, and those of its concrete parents."""
        own = self.registry.reader.fields(model.cls)
        found: list[FieldDef] = []
        for parent in self.columns.parent_links(model):
            found += self._all_fields(parent)
        has_key = any(f.flag(self.world, "primary_key") for f in own.values())
        if not has_key and not found:
            found.append(self.columns.automatic(model))
        return [*found, *own.values()]

    def column_of(self, model: Model, name: str) -> str | None:
        """The column of a field as Meta names it: a field, its attribute (`owner_id`), or `pk`."""
        term = self.term(model, name)
        return term.column if term is not None else None

    def term(self, model: Model, name: str) -> Term | None:
        """The column of a field's name, with what it holds."""
        fields = self.registry.reader.fields(model.cls)
        if name == "pk" or (name == "id" and "id" not in fields):
            primary = self.columns.primary_fields(model)
            if len(primary) == 1:
                return self._term(primary[0])
            links = self.columns.parent_links(model)
            if not primary and links:
                return Term(self.columns.key(model).name, nullable=False, family=Family.INTEGER)
            return Term("id", nullable=False, family=Family.INTEGER) if not primary else None
        field_ = fields.get(name)
        if field_ is None and name.endswith("_id"):
            field_ = fields.get(name.removesuffix("_id"))
            field_ = field_ if field_ is not None and field_.is_relation() else None
        if field_ is None and name == "_order":
            return Term("_order", nullable=False, family=Family.INTEGER)
        if field_ is None:
            link = next((p for p in self.columns.parent_links(model) if name == f"{p.cls.name.lower()}_ptr"), None)
            return Term(pointer_name(link), nullable=False, family=Family.INTEGER) if link is not None else None
        return self._term(field_) if field_.kind not in {"ManyToManyField", "GenericForeignKey"} else None

    def _term(self, field_: FieldDef) -> Term:
        nullable = field_.flag(self.world, "null") and not field_.flag(self.world, "primary_key")
        text = None if field_.is_relation() else type_text(field_, self.engine, self.world)
        family = parse_type(text).family if text else Family.OTHER
        return Term(self.columns.column_name(field_), nullable, family, field_.kind)

    def _add_pointer(self, model: Model, parent: Model, parts: Parts, table: str, *, is_key: bool) -> None:
        """The column that Django adds for a concrete parent: its key, a foreign key, this table's own key."""
        origin = model.cls.module.origin(model.cls.span)
        key = self.columns.key(parent)
        name = pointer_name(parent)
        text = key.type or "integer"
        parts.columns.append(
            Column(name, parse_type(text), nullable=False, position=len(parts.columns) + 1, origin=origin)
        )
        parts.foreign_keys.append(self.columns.foreign_key(table, name, parent, key, None))
        if is_key:
            parts.primary_key = UniqueKey((name,), name=f"{table}_pkey", origin=origin)
            self.columns.number_by_row(parts, name)
        else:
            parts.unique_keys.append(UniqueKey((name,), name=f"{table}_{name}_key", origin=origin))

    def _promote(self, parts: Parts, column: str, table: str) -> None:
        """A link to the parent that the model declares itself is its primary key."""
        parts.unique_keys = [key for key in parts.unique_keys if key.columns != (column,)]
        parts.primary_key = UniqueKey((column,), name=f"{table}_pkey")
        self.columns.number_by_row(parts, column)

    def _composite(self, field_: FieldDef, model: Model) -> tuple[str, ...]:
        names: list[str] = []
        for position in sorted(field_.options, key=lambda p: (len(p), p)):
            located = field_.options[position]
            if position.isdigit() and isinstance(located.expr, Literal):
                column = self.column_of(model, str(located.expr.value))
                if column is not None:
                    names.append(column)
        return tuple(names)

    def _add_order(self, model: Model, parts: Parts) -> None:
        """`order_with_respect_to` adds a column."""
        if self.registry.reader.option(model.cls, "order_with_respect_to") is not None:
            origin = model.cls.module.origin(model.cls.span)
            order = Column(
                "_order", parse_type("integer"), nullable=False, position=len(parts.columns) + 1, origin=origin
            )
            parts.columns.append(order)

    def _mark_polymorphic(self, model: Model, parts: Parts) -> None:
        """Say of the columns of a GenericForeignKey that they reference anything."""
        for field_ in self.registry.reader.fields(model.cls).values():
            if field_.kind != "GenericForeignKey":
                continue
            type_name = known(field_.value(self.world, "ct_field", "content_type")) or "content_type"
            key_name = known(field_.value(self.world, "fk_field", "object_id")) or "object_id"
            column = self.column_of(model, str(key_name))
            by = self.column_of(model, str(type_name))
            for position, found in enumerate(parts.columns):
                if found.name == column:
                    base = found.declared or Declared()
                    marked = replace(base, references=f"any model, by {by}")
                    parts.columns[position] = replace(found, declared=marked)

    def relation_tables(self, model: Model) -> Iterator[Table]:
        """The tables of the many-to-many relations of a model that have no model of their own."""
        for field_ in self.registry.reader.fields(model.cls).values():
            if field_.kind == "ManyToManyField" and "through" not in field_.options:
                target = self.columns.target(field_, model)
                if target is None:
                    self._report(field_.origin, f"what {model.label}.{field_.name} points at cannot be told")
                    continue
                yield self._relation_table(field_, model, target)

    def _relation_table(self, field_: FieldDef, model: Model, target: Target) -> Table:
        given = known(field_.value(self.world, "db_table"))
        schema, own_table = split_schema(model.table)
        chosen = given if isinstance(given, str) else f"{own_table}_{field_.name}"
        own_schema, name = split_schema(table_name(chosen, self.engine))
        here = model.cls.name.lower()
        there = target.label.rpartition(".")[2].lower()
        if here == there:
            here, there = f"from_{here}", f"to_{there}"
        parts = Parts()
        writer = SqlWriter(self.world, self.engine, lambda _: None)
        # Migrations give these tables the project's default key, whatever the AppConfig of the application says.
        key = self.columns.automatic_field(self.registry.auto_field, field_.origin)
        self.columns.add(key, model, parts, name, writer)
        constrained = field_.flag(self.world, "db_constraint", default=True)
        ends: list[str] = []
        for end, to in ((here, model), (there, target)):
            column = f"{end}_id"
            ends.append(column)
            self._add_end(parts, name, column, to, field_, constrained=constrained)
        unique = index_name(name, tuple(ends), self.engine, "_uniq")
        objects = MetaObjects()
        if self.engine == "sqlite":
            keys = tuple(IndexColumn(end) for end in ends)
            objects.indexes.append(Index(keys, unique=True, name=unique, origin=field_.origin))
        else:
            objects.unique_keys.append(UniqueKey(tuple(ends), name=unique, origin=field_.origin))
        return Table(
            name,
            tuple(parts.columns),
            schema=own_schema or schema,
            primary_key=parts.primary_key,
            unique_keys=tuple(objects.unique_keys),
            foreign_keys=tuple(parts.foreign_keys),
            indexes=(*parts.indexes, *objects.indexes),
            owned_by=model.owned_by,
            model=f"{model.label}.{field_.name}",
            origin=field_.origin if model.owned_by is None else Origin(),
        )

    def _add_end(
        self, parts: Parts, table: str, column: str, to: Target, field_: FieldDef, *, constrained: bool
    ) -> None:
        key = self.columns.key(to)
        text = key.type or "integer"
        if isinstance(to, Outsider):
            self._report(field_.origin, f"{to.label} is not known here; taken as table {to.table}({key.name})")
        logical = None if constrained else Declared(references=to.label)
        parts.columns.append(
            Column(
                column,
                parse_type(text),
                nullable=False,
                collation=key.collation,
                position=len(parts.columns) + 1,
                declared=logical,
                origin=field_.origin,
            )
        )
        if constrained:
            parts.foreign_keys.append(self.columns.foreign_key(table, column, to, key, None))
        name = index_name(table, (column,), self.engine)
        parts.indexes.append(Index((IndexColumn(column),), name=name, origin=field_.origin))
        pattern = self.columns.pattern_of(key)
        if pattern is not None:
            like = index_name(table, (column,), self.engine, "_like")
            parts.indexes.append(Index((IndexColumn(column, operator_class=pattern),), name=like, origin=field_.origin))

    def _report(self, origin: Origin, text: str) -> None:
        self.registry.diagnostics.append(Diagnostic(origin, text))
