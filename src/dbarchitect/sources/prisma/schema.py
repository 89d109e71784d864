"""From the blocks of one schema to the catalog that `prisma migrate` makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.frameworks import framework_of
from dbarchitect.catalog.members import Column, Declared, ForeignKey, Identity
from dbarchitect.catalog.objects import Catalog, Enum, Extension, Table, View
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.sources.prisma.defaults import default, generator, numbering
from dbarchitect.sources.prisma.indexes import Keys
from dbarchitect.sources.prisma.names import column_name, schema_of, stored_values, table_name
from dbarchitect.sources.prisma.relations import Relations
from dbarchitect.sources.prisma.syntax import Block, Call, Field, items_of, text_of, word_of
from dbarchitect.sources.prisma.types import SCALARS, column_type


@dataclass(slots=True)
class SchemaReader:
    """Builds the catalog of one schema; problems gather in `diagnostics`.

    `constrained` is False with `relationMode = "prisma"`: the database then has no foreign keys and the client looks
    after the relations. `major` is Prisma's version where the project tells.
    """

    blocks: tuple[Block, ...]
    engine: EngineInfo
    constrained: bool = True
    major: int | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _models: dict[str, Block] = field(default_factory=dict)
    _views: dict[str, Block] = field(default_factory=dict)
    _enums: dict[str, Block] = field(default_factory=dict)

    def read(self) -> Catalog:
        """The catalog."""
        self._models = self._named("model")
        self._views = self._named("view")
        self._enums = self._named("enum")
        columns = {model.name: self._columns(model) for model in self._models.values()}
        relations = Relations(self._models, self.engine.name, self.diagnostics, self.major)
        tables = [self._table(model, columns[model.name], relations) for model in self._models.values()]
        joins = list(relations.join_tables(columns, constrained=self.constrained))
        return Catalog(
            self.engine,
            tuple(table for table in (*tables, *joins) if table.columns),
            views=tuple(self._view(view) for view in self._views.values()),
            enums=tuple(map(self._enum, self._enums.values())) if self.engine.name == "postgresql" else (),
            extensions=tuple(self._extensions()),
            schemas=tuple(sorted({s for s in map(schema_of, self._blocks("model", "enum", "view")) if s is not None})),
        )

    def _blocks(self, *kinds: str) -> Iterable[Block]:
        return (block for block in self.blocks if block.kind in kinds)

    def _named(self, kind: str) -> dict[str, Block]:
        found: dict[str, Block] = {}
        for block in self._blocks(kind):
            if block.name in found:
                self.diagnostics.append(Diagnostic(block.origin, f"{kind} {block.name} is declared twice"))
            else:
                found[block.name] = block
        return found

    def _columns(self, model: Block) -> dict[str, Column]:
        """The columns of a model or view, by field."""
        columns: dict[str, Column] = {}
        for item in model.fields:
            type_ = self._type(model, item)
            if type_ is not None:
                columns[item.name] = self._column(model, item, type_, len(columns) + 1)
        return columns

    def _type(self, model: Block, item: Field) -> SqlType | None:
        """The type of a scalar field's column; None for a relation, and for what has no type that we know."""
        if item.unsupported is not None:
            type_ = parse_type(item.unsupported)
        elif item.type in SCALARS:
            native = next((a.call for a in item.attributes if a.name.startswith("db.")), None)
            type_ = column_type(self.engine.name, item.type, native)
        elif item.type in self._enums:
            type_ = self._enum_type(self._enums[item.type])
        elif item.type in self._models or item.type in self._views:
            return None
        else:
            what = "a composite type, which only MongoDB has" if self._is_composite(item.type) else "not declared"
            text = f"the type {item.type} of {model.name}.{item.name} is {what}"
            self.diagnostics.append(Diagnostic(item.origin, text))
            return None
        return replace(type_, dimensions=1) if item.is_list else type_

    def _is_composite(self, name: str) -> bool:
        return any(block.name == name for block in self._blocks("type"))

    def _enum_type(self, enum: Block) -> SqlType:
        if self.engine.name == "postgresql":
            return SqlType(table_name(enum), schema=schema_of(enum), spelled=enum.name)
        if self.engine.name == "mysql":
            listed = ",".join("'" + value.replace("'", "''") + "'" for value in stored_values(enum).values())
            return SqlType("enum", spelled=enum.name, modifiers=listed)
        return parse_type("TEXT")

    def _column(self, model: Block, item: Field, type_: SqlType, position: int) -> Column:
        attribute = item.attribute("default")
        stored = stored_values(self._enums[item.type]) if item.type in self._enums else {}
        return Column(
            column_name(item),
            type_,
            nullable=item.optional or item.is_list,  # Prisma's lists are never NOT NULL in the database
            default=default(attribute, item.type, type_, stored),
            identity=numbering(attribute, self.engine.name) or self._rowid(model, item),
            position=position,
            declared=self._declared(item, tuple(stored.values())),
            origin=item.origin,
        )

    def _rowid(self, model: Block, item: Field) -> Identity | None:
        """SQLite numbers a column that is INTEGER PRIMARY KEY by itself, asked or not."""
        alone = item.attribute("id") is not None and model.attribute("id") is None
        return Identity.ROWID if self.engine.name == "sqlite" and alone and item.type == "Int" else None

    def _declared(self, item: Field, values: tuple[str, ...]) -> Declared | None:
        updated = item.attribute("updatedAt") is not None
        declared = Declared(
            choices=() if self.engine.name == "postgresql" or item.is_list else values,
            sets_on_create=updated,
            sets_on_update=updated,
            generator=generator(item.attribute("default")),
            comment=item.comment,
        )
        return None if declared == Declared() else declared

    def _table(self, model: Block, columns: Mapping[str, Column], relations: Relations) -> Table:
        keys = Keys(model, self.engine.name, self.diagnostics)
        foreign_keys = tuple(relations.foreign_keys(model))
        if not columns:
            self.diagnostics.append(Diagnostic(model.origin, f"model {model.name} has no field that is a column"))
        table = Table(
            table_name(model),
            tuple(columns.values()),
            schema_of(model),
            primary_key=keys.primary_key(),
            indexes=tuple(keys.indexes()),
            foreign_keys=foreign_keys,
            owned_by=framework_of(table_name(model), (column.name for column in columns.values())),
            model=model.name,
            origin=model.origin,
        )
        return table if self.constrained else _without_constraints(table)

    def _view(self, view: Block) -> View:
        columns = tuple(column.name for column in self._columns(view).values())
        return View(table_name(view), "", schema_of(view), columns=columns, origin=view.origin)

    def _enum(self, enum: Block) -> Enum:
        return Enum(table_name(enum), tuple(stored_values(enum).values()), schema_of(enum), origin=enum.origin)

    def _extensions(self) -> Iterable[Extension]:
        for block in self._blocks("datasource"):
            setting = block.setting("extensions")
            for item in items_of(setting.value if setting is not None else None):
                call = item if isinstance(item, Call) else Call(word_of(item) or "")
                name = text_of(call.get("map")) or call.name
                if name and setting is not None:
                    yield Extension(name, schema=text_of(call.get("schema")), origin=setting.origin)


def _without_constraints(table: Table) -> Table:
    """The table as it is with `relationMode = "prisma"`: its references are known to the client alone."""
    references: dict[str, ForeignKey] = {key.columns[0]: key for key in table.foreign_keys if len(key.columns) == 1}
    columns: list[Column] = []
    for column in table.columns:
        key = references.get(column.name)
        if key is None:
            columns.append(column)
            continue
        said = f"{key.referenced.table}.{key.referenced_columns[0]}"
        columns.append(replace(column, declared=replace(column.declared or Declared(), references=said)))
    return replace(table, columns=tuple(columns), foreign_keys=())
