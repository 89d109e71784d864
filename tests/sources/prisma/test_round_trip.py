"""Whatever catalog a schema can say is read back from it as it was."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Action, Column, ForeignKey, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Enum, Table
from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.sources.prisma.parse import parse
from dbarchitect.sources.prisma.schema import SchemaReader

TYPES = {
    "text": "String",
    "character varying(80)": "String @db.VarChar(80)",
    "uuid": "String @db.Uuid",
    "integer": "Int",
    "smallint": "Int @db.SmallInt",
    "bigint": "BigInt",
    "double precision": "Float",
    "numeric(10,2)": "Decimal @db.Decimal(10, 2)",
    "boolean": "Boolean",
    "timestamp(3) without time zone": "DateTime",
    "timestamp(6) with time zone": "DateTime @db.Timestamptz(6)",
    "date": "DateTime @db.Date",
    "jsonb": "Json",
    "bytea": "Bytes",
    "text[]": "String[]",
}
DEFAULTS = {
    "text": [("'it''s \"x\" // {'", json.dumps('it\'s "x" // {'))],
    "integer": [("0", "0"), ("-7", "-7")],
    "boolean": [("true", "true"), ("false", "false")],
    "timestamp(3) without time zone": [("now()", "now()")],
    "uuid": [("gen_random_uuid()", 'dbgenerated("gen_random_uuid()")')],
    "jsonb": [("'{}'::jsonb", '"{}"')],
}
NAMES = st.sampled_from(
    ["id_", "User", "createdAt", "owner_id", "with space", 'quo"te', "</script>", "😀", "x\ny", "select"]
)
ACTIONS = {
    Action.CASCADE: "Cascade",
    Action.RESTRICT: "Restrict",
    Action.NO_ACTION: "NoAction",
    Action.SET_NULL: "SetNull",
}


@st.composite
def columns(draw: DrawFn, name: str, position: int, enums: list[Enum]) -> Column:
    type_ = parse_type(draw(st.sampled_from(sorted(TYPES))))
    if enums and draw(st.integers(0, 3)) == 0:
        enum = draw(st.sampled_from(enums))
        value = draw(st.sampled_from(enum.values))
        type_ = SqlType(enum.name)
        default = draw(st.sampled_from([None, "'" + value.replace("'", "''") + "'"]))
    else:
        default = draw(st.sampled_from([None, *(sql for sql, _ in DEFAULTS.get(str(type_), []))]))
    nullable = type_.dimensions > 0 or draw(st.booleans())
    return Column(name, type_, nullable, expression(default, type_) if default else None, position=position)


@st.composite
def catalogs(draw: DrawFn) -> Catalog:
    enums = [
        Enum(f"enum {name}", tuple(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))))
        for name in draw(st.lists(NAMES, max_size=2, unique=True))
    ]
    tables: list[Table] = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        made = [
            draw(columns(column, position, enums))
            for position, column in enumerate(draw(st.lists(NAMES, max_size=4, unique=True)), start=2)
        ]
        key = Column("the id", parse_type("integer"), nullable=False, position=1)
        tables.append(Table(name, (key, *made), primary_key=UniqueKey(("the id",))))
    return Catalog(POSTGRESQL, tuple(draw(with_keys(table, tables)) for table in tables), enums=tuple(enums))


@st.composite
def with_keys(draw: DrawFn, table: Table, tables: list[Table]) -> Table:
    plain = [c.name for c in table.columns]
    some = st.lists(st.sampled_from(plain), min_size=1, max_size=2, unique=True)
    indexes = [
        Index(
            tuple(IndexColumn(name, descending=draw(st.booleans())) for name in draw(some)), unique=draw(st.booleans())
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    keys = [
        ForeignKey(
            (column.name,), draw(st.sampled_from(tables)).ref, ("the id",),
            draw(st.sampled_from(sorted(ACTIONS))), draw(st.sampled_from(sorted(ACTIONS))),
        )
        for column in table.columns
        if str(column.type) == "integer" and column.name != "the id" and draw(st.booleans())
    ]  # fmt: skip
    return replace(table, indexes=tuple(indexes), foreign_keys=tuple(keys))


def render(catalog: Catalog) -> str:
    """The catalog as a schema: models M0, M1, …, fields f1, f2, …, all names by @map."""
    models = {table.name: f"M{number}" for number, table in enumerate(catalog.tables)}
    enums = {enum.name: f"E{number}" for number, enum in enumerate(catalog.enums)}
    lines: list[str] = []
    for enum in catalog.enums:
        values = [f"  V{number} @map({json.dumps(value)})" for number, value in enumerate(enum.values)]
        lines += [f"enum {enums[enum.name]} {{", *values, f"  @@map({json.dumps(enum.name)})", "}"]
    for table in catalog.tables:
        lines += [f"model {models[table.name]} {{", *_fields(catalog, table, models, enums)]
        for index in table.indexes:
            keys = [f"{_field(table, k.name or '')}{'(sort: Desc)' if k.descending else ''}" for k in index.columns]
            lines.append(f"  @@{'unique' if index.unique else 'index'}([{', '.join(keys)}])")
        lines += [f"  @@map({json.dumps(table.name)})", "}"]
    return "\n".join(lines)


def _field(table: Table, name: str) -> str:
    return "f" + str(next(c.position for c in table.columns if c.name == name))


def _fields(catalog: Catalog, table: Table, models: dict[str, str], enums: dict[str, str]) -> list[str]:
    lines: list[str] = []
    for column in table.ordered_columns:
        enum = catalog.enum_of(column.type)
        scalar, _, native = TYPES[str(column.type)].partition(" ") if enum is None else (enums[enum.name], "", "")
        optional = "?" if column.nullable and not column.type.dimensions else ""
        key = "@id" if column.name == "the id" else ""
        default = f"@default({_default(column, enum)})" if column.default is not None else ""
        name = f"@map({json.dumps(column.name)})"
        lines.append(f"  {_field(table, column.name)} {scalar}{optional} {key} {native} {default} {name} // note")
    for number, k in enumerate(table.foreign_keys):
        target = models[k.referenced.table or ""]
        actions = f"onDelete: {ACTIONS[k.on_delete]}, onUpdate: {ACTIONS[k.on_update]}"
        here = _field(table, k.columns[0])
        lines.append(f"  r{number} {target}? @relation(fields: [{here}],\n    references: [f1], {actions})")
    return lines


def _default(column: Column, enum: Enum | None) -> str:
    assert column.default is not None
    if enum is not None:
        return next(
            f"V{n}" for n, v in enumerate(enum.values) if column.default == expression("'" + v.replace("'", "''") + "'")
        )
    return next(said for sql, said in DEFAULTS[str(column.type)] if column.default == expression(sql, column.type))


@settings(max_examples=60, deadline=None)
@given(catalogs())
def test_what_a_schema_says_is_read(catalog: Catalog) -> None:
    file = parse(render(catalog).encode(), "schema.prisma")
    reader = SchemaReader(file.blocks, POSTGRESQL)
    assert reader.read() == catalog
    assert file.diagnostics == ()
    assert reader.diagnostics == []
