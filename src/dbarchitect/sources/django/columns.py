"""Fields → columns, with the keys, checks and indexes that a field brings by itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import (
    Action,
    Check,
    Column,
    Declared,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    UniqueKey,
)
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.catalog.types import parse_type
from dbarchitect.sources.django.column_types import (
    AUTOMATIC,
    check_text,
    output_field,
    pattern_class,
    related_type_text,
    type_text,
)
from dbarchitect.sources.django.declared import declared
from dbarchitect.sources.django.fields import FieldDef, kind_named, known
from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.names import index_name, split_schema
from dbarchitect.sources.django.registry import Outsider, Registry, Target
from dbarchitect.sources.django.sql import SqlWriter
from dbarchitect.sources.python.expressions import Call

_ON_DELETE = {
    "CASCADE": Action.CASCADE,
    "PROTECT": Action.RESTRICT,
    "RESTRICT": Action.RESTRICT,
    "SET_NULL": Action.SET_NULL,
    "SET_DEFAULT": Action.SET_DEFAULT,
    "SET": Action.SET_DEFAULT,
    "DO_NOTHING": Action.NO_ACTION,
}
_IN_DATABASE = {
    "DB_CASCADE": Action.CASCADE,
    "DB_SET_NULL": Action.SET_NULL,
    "DB_SET_DEFAULT": Action.SET_DEFAULT,
}


@dataclass(slots=True)
class Parts:
    """What a table is made of, while it is being made."""

    columns: list[Column] = field(default_factory=list)
    primary_key: UniqueKey | None = None
    unique_keys: list[UniqueKey] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """The column that a foreign key points at, and the type its own column gets (as the engine spells it)."""

    name: str
    type: str | None
    collation: str | None = None


class ColumnMaker:
    """Makes the columns of one engine; reports what it cannot tell."""

    def __init__(self, registry: Registry, engine: str) -> None:
        self.registry = registry
        self.world = registry.world
        self.engine = engine

    def column_name(self, field_: FieldDef) -> str:
        """The column of a field: `db_column`, or its name, with `_id` for a relation."""
        given = field_.value(self.world, "db_column")
        if isinstance(given, str) and given:
            return given
        return f"{field_.name}_id" if field_.is_relation() else field_.name

    def automatic(self, model: Model) -> FieldDef:
        """The `id` that Django adds to a model without a primary key."""
        return self.automatic_field(model.app.auto_field, model.cls.module.origin(model.cls.span))

    def automatic_field(self, dotted_name: str, origin: Origin) -> FieldDef:
        """The field that DEFAULT_AUTO_FIELD names; a class of the project is followed to Django's."""
        kind = dotted_name.rpartition(".")[2]
        if kind not in AUTOMATIC:
            kind = kind_named(dotted_name, self.world) or "AutoField"
        return FieldDef("id", kind, dotted_name, {}, {"primary_key": True}, {}, {}, origin)

    def primary_fields(self, model: Model) -> tuple[FieldDef, ...]:
        """The fields of a model's own that are its primary key; empty for an automatic id or an inherited one."""
        fields = self.registry.reader.fields(model.cls)
        return tuple(f for f in fields.values() if f.flag(self.world, "primary_key"))

    def parent_links(self, model: Model) -> dict[Model, FieldDef | None]:
        """The concrete parents of a model, each with the OneToOneField that links to it (None: Django makes one)."""
        links: dict[Model, FieldDef | None] = {}
        for cls in self.registry.reader.parents(model.cls):
            parent = self.registry.by_class.get(cls)
            if parent is not None:
                links[parent] = None
        for field_ in self.registry.reader.fields(model.cls).values():
            if field_.kind == "OneToOneField" and field_.flag(self.world, "parent_link"):
                target = self.target(field_, model)
                if isinstance(target, Model) and target in links:
                    links[target] = field_
        return links

    def target(self, field_: FieldDef, model: Model) -> Target | None:
        """The model that a relation points at."""
        located = field_.options.get("to")
        if located is None and isinstance(field_.fixed.get("to", field_.defaults.get("to")), str):
            return self.registry.named(str(field_.fixed.get("to", field_.defaults.get("to"))), model)
        return self.registry.target(located, model) if located is not None else None

    def key(self, target: Target, to_field: str | None = None, depth: int = 0) -> KeyColumn:
        """The column that a foreign key to this model references."""
        if isinstance(target, Outsider) or depth > 20:
            return KeyColumn(to_field or "id", self._automatic_type())
        fields = self.registry.reader.fields(target.cls)
        if to_field is not None and to_field in fields:
            return self._key_of(fields[to_field], target, depth)
        primary = self.primary_fields(target)
        if len(primary) == 1:
            return self._key_of(primary[0], target, depth)
        links = self.parent_links(target)
        if links and not primary:
            parent, link = next(iter(links.items()))
            inner = self.key(parent, None, depth + 1)
            return replace(inner, name=self.column_name(link) if link is not None else pointer_name(parent))
        auto = self.automatic(target)
        return KeyColumn("id", related_type_text(auto, self.engine, self.world))

    def _key_of(self, field_: FieldDef, model: Model, depth: int) -> KeyColumn:
        name = self.column_name(field_)
        if field_.is_relation():
            target = self.target(field_, model)
            inner = self.key(target, self._to_field(field_), depth + 1) if target is not None else KeyColumn("id", None)
            return replace(inner, name=name)
        collation = known(field_.value(self.world, "db_collation"))
        return KeyColumn(name, related_type_text(field_, self.engine, self.world), collation)

    def _automatic_type(self) -> str | None:
        auto = self.automatic_field(self.registry.auto_field, Origin())
        return related_type_text(auto, self.engine, self.world)

    def _to_field(self, field_: FieldDef) -> str | None:
        value = known(field_.value(self.world, "to_field"))
        return value if isinstance(value, str) else None

    def add(self, field_: FieldDef, model: Model, parts: Parts, table: str, writer: SqlWriter) -> None:
        """Add the column of a field, and the constraints and indexes that it brings."""
        if field_.is_relation():
            self.add_relation(field_, model, parts, table)
            return
        text = type_text(field_, self.engine, self.world)
        if text is None and "" in field_.db_type:
            return  # db_type() returns None: no column
        if text is None:
            self._report(field_, f"the type of the field {field_.name} ({field_.class_name}) is not known here")
            text = field_.class_name.rpartition(".")[2].lower() or "unknown"
        name = self.column_name(field_)
        is_key = field_.flag(self.world, "primary_key")
        type_ = parse_type(text)
        column = Column(
            name,
            type_,
            nullable=field_.flag(self.world, "null") and not is_key,
            identity=self._identity(field_),
            collation=known(field_.value(self.world, "db_collation")),
            comment=known(field_.value(self.world, "db_comment")),
            position=len(parts.columns) + 1,
            declared=declared(field_, self.world, None),
            origin=field_.origin,
        )
        parts.columns.append(self._computed(column, field_, writer))
        check = check_text(field_, name, self.engine)
        if check is not None:
            parts.checks.append(Check(expression(check), name=f"{table}_{name}_check", origin=field_.origin))
        self._add_keys(field_, name, text, column.collation, parts, table, is_key=is_key)

    def add_relation(self, field_: FieldDef, model: Model, parts: Parts, table: str) -> None:
        """Add the column of a ForeignKey or OneToOneField, its foreign key and its index."""
        target = self.target(field_, model)
        if target is None:
            self._report(field_, f"what {field_.name} points at cannot be told")
            target = Outsider("?", "")
        if isinstance(target, Outsider) and target.table:
            text = f"{field_.name} points at {target.label}, whose table is not known here"
            self._report(field_, f"{text}; taken as {target.table}({self._to_field(field_) or 'id'})")
        key = self.key(target, self._to_field(field_))
        type_text_ = key.type or self._automatic_type() or "integer"
        constrained = field_.flag(self.world, "db_constraint", default=True) and bool(target.table)
        name = self.column_name(field_)
        is_key = field_.flag(self.world, "primary_key")
        logical = None if constrained else target.label
        parts.columns.append(
            Column(
                name,
                parse_type(type_text_),
                nullable=field_.flag(self.world, "null") and not is_key,
                collation=key.collation,
                comment=known(field_.value(self.world, "db_comment")),
                position=len(parts.columns) + 1,
                declared=declared(field_, self.world, logical) or Declared(references=logical),
                origin=field_.origin,
            )
        )
        if constrained:
            parts.foreign_keys.append(self.foreign_key(table, name, target, key, field_))
        self._add_keys(field_, name, type_text_, key.collation, parts, table, is_key=is_key)

    def number_by_row(self, parts: Parts, column: str) -> None:
        """On SQLite an `integer` primary key is the row's own number, whatever the model meant it for."""
        for position, found in enumerate(parts.columns):
            is_integer = found.name == column and found.type.spelled.lower() == "integer"
            if is_integer and found.identity is None and self.engine == "sqlite":
                parts.columns[position] = replace(found, identity=Identity.ROWID)

    def pattern_of(self, key: KeyColumn) -> str | None:
        """The operator class of the second index that a column with this key's type gets."""
        return pattern_class(key.type, self.engine) if key.collation not in self.registry.loose_collations else None

    def foreign_key(
        self, table: str, column: str, target: Target, key: KeyColumn, field_: FieldDef | None
    ) -> ForeignKey:
        """The constraint of a relation: deferred, and without an action, which Django takes itself."""
        schema, referenced = split_schema(target.table)
        word = self._on_delete(field_) if field_ is not None else "CASCADE"
        suffix = f"_fk_{referenced}_{key.name}"
        return ForeignKey(
            (column,),
            Ref.of_table(referenced, schema),
            (key.name,),
            on_delete=_IN_DATABASE.get(word or "", Action.NO_ACTION),
            deferrable=True,
            initially_deferred=True,
            name=index_name(table, (column,), self.engine, suffix),
            application_on_delete=_ON_DELETE.get(word or ""),
            origin=field_.origin if field_ is not None else Origin(),
        )

    def _on_delete(self, field_: FieldDef) -> str | None:
        located = field_.options.get("on_delete")
        if located is None:
            return str(field_.fixed.get("on_delete", "CASCADE"))
        expr = located.expr.function if isinstance(located.expr, Call) else located.expr
        name = getattr(expr, "id", None)
        return name.rpartition(".")[2] if isinstance(name, str) else None

    def _identity(self, field_: FieldDef) -> Identity | None:
        if field_.kind not in AUTOMATIC or field_.db_type:
            return None
        if self.engine == "sqlite":
            return Identity.AUTOINCREMENT
        version = self.registry.project.version
        return Identity.SERIAL if version is not None and version < (4, 1) else Identity.BY_DEFAULT

    def _computed(self, column: Column, field_: FieldDef, writer: SqlWriter) -> Column:
        """The column with its database default or its generating expression."""
        given = field_.options.get("db_default")
        if given is not None:
            text = writer.constant(given, column.type.family)
            if text is None:
                self._report(field_, f"the database default of {field_.name} cannot be told")
            return replace(column, default=expression(text, column.type)) if text is not None else column
        source = field_.options.get("expression")
        if field_.kind == "GeneratedField" and source is not None:
            text = writer.expression(source) or writer.condition(source)
            if text is None:
                self._report(field_, f"the expression of {field_.name} cannot be told")
                text = "?"
            output = output_field(field_, self.world)
            nullable = True if output is None else column.nullable or True
            stored = field_.flag(self.world, "db_persist", default=True)
            return replace(column, generated=expression(text), generated_stored=stored, nullable=nullable)
        return column

    def _add_keys(
        self,
        field_: FieldDef,
        name: str,
        type_: str,
        collation: str | None,
        parts: Parts,
        table: str,
        *,
        is_key: bool,
    ) -> None:
        unique = field_.flag(self.world, "unique") or field_.kind == "OneToOneField"
        indexed = field_.flag(self.world, "db_index", default=field_.kind == "ForeignKey")
        if is_key:
            if parts.primary_key is None:
                parts.primary_key = UniqueKey((name,), name=f"{table}_pkey", origin=field_.origin)
                self.number_by_row(parts, name)
        elif unique:
            parts.unique_keys.append(UniqueKey((name,), name=f"{table}_{name}_key", origin=field_.origin))
        elif indexed:
            geometry = type_.startswith(("geometry", "geography"))
            method = "gist" if geometry else "btree"
            index = index_name(table, (name,), self.engine)
            parts.indexes.append(Index((IndexColumn(name),), method=method, name=index, origin=field_.origin))
        elif type_.startswith(("geometry", "geography")) and field_.flag(self.world, "spatial_index", default=True):
            key = (IndexColumn(name),)
            parts.indexes.append(Index(key, method="gist", name=f"{table}_{name}_id", origin=field_.origin))
        pattern = pattern_class(type_, self.engine) if indexed or unique or is_key else None
        if pattern is not None and collation not in self.registry.loose_collations:
            key = (IndexColumn(name, operator_class=pattern),)
            like = index_name(table, (name,), self.engine, "_like")
            parts.indexes.append(Index(key, name=like, origin=field_.origin))

    def _report(self, field_: FieldDef, text: str) -> None:
        self.registry.diagnostics.append(Diagnostic(field_.origin, text))


def pointer_name(parent: Model) -> str:
    """The column that links a model to its concrete parent."""
    return f"{parent.cls.name.lower()}_ptr_id"
