"""The database types of Django's fields on each engine, and what else a field of a kind brings.

Source: https://docs.djangoproject.com/en/5.2/ref/models/fields/ (and the types that migrations show).
"""

from __future__ import annotations

from dbarchitect.sources.django.fields import FieldDef, known, read_field
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import UNKNOWN, is_known

_POSTGRESQL = {
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "SmallAutoField": "smallint",
    "BigIntegerField": "bigint",
    "BinaryField": "bytea",
    "BooleanField": "boolean",
    "DateField": "date",
    "DateTimeField": "timestamp with time zone",
    "DurationField": "interval",
    "FloatField": "double precision",
    "GenericIPAddressField": "inet",
    "IPAddressField": "inet",
    "IntegerField": "integer",
    "JSONField": "jsonb",
    "PositiveBigIntegerField": "bigint",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "SmallIntegerField": "smallint",
    "TextField": "text",
    "TimeField": "time",
    "UUIDField": "uuid",
    "CIText": "citext",
    "HStoreField": "hstore",
    "SearchVectorField": "tsvector",
    "IntegerRangeField": "int4range",
    "BigIntegerRangeField": "int8range",
    "DecimalRangeField": "numrange",
    "DateTimeRangeField": "tstzrange",
    "DateRangeField": "daterange",
    "RasterField": "raster",
}
_SQLITE = {
    **_POSTGRESQL,
    "AutoField": "integer",
    "BigAutoField": "integer",
    "SmallAutoField": "integer",
    "BinaryField": "blob",
    "BooleanField": "bool",
    "DateTimeField": "datetime",
    "DurationField": "bigint",
    "FloatField": "real",
    "GenericIPAddressField": "char(39)",
    "IPAddressField": "char(15)",
    "JSONField": "text",
    "PositiveBigIntegerField": "bigint unsigned",
    "PositiveIntegerField": "integer unsigned",
    "PositiveSmallIntegerField": "smallint unsigned",
    "UUIDField": "char(32)",
}
AUTOMATIC = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
"""Kinds of fields that the server numbers."""
_GEOMETRY = {
    "GeometryField": "GEOMETRY",
    "PointField": "POINT",
    "LineStringField": "LINESTRING",
    "PolygonField": "POLYGON",
    "MultiPointField": "MULTIPOINT",
    "MultiLineStringField": "MULTILINESTRING",
    "MultiPolygonField": "MULTIPOLYGON",
    "GeometryCollectionField": "GEOMETRYCOLLECTION",
}
_UNSIGNED = {
    "PositiveBigIntegerField": "BigIntegerField",
    "PositiveIntegerField": "IntegerField",
    "PositiveSmallIntegerField": "SmallIntegerField",
}
_RELATED = {
    **_UNSIGNED,
    "AutoField": "IntegerField",
    "BigAutoField": "BigIntegerField",
    "SmallAutoField": "SmallIntegerField",
}


def type_text(field: FieldDef, engine: str, world: World) -> str | None:
    """The type of a field's column as the engine spells it, None when the kind has no column or nobody knows it."""
    for vendor in (engine, ""):
        if vendor in field.db_type:
            return field.db_type[vendor]
    kind = field.kind
    if kind == "CharField":
        length = field.value(world, "max_length")
        return f"varchar({length})" if isinstance(length, int) else "varchar"
    if kind == "DecimalField":
        return _decimal(field, engine, world)
    if kind == "ArrayField":
        return _array(field, engine, world)
    if kind in _GEOMETRY:
        return _geometry(field, kind, world)
    if kind == "VectorField":
        dimensions = known(field.value(world, "dimensions"))
        return f"vector({dimensions})" if dimensions else "vector"
    if kind == "GeneratedField":
        inner = output_field(field, world)
        return type_text(inner, engine, world) if inner is not None else None
    return (_SQLITE if engine == "sqlite" else _POSTGRESQL).get(kind or "")


def related_type_text(field: FieldDef, engine: str, world: World) -> str | None:
    """The type of a foreign key's column that points at this field."""
    kind = _RELATED.get(field.kind or "")
    if kind is not None and not field.db_type:
        return (_SQLITE if engine == "sqlite" else _POSTGRESQL)[kind]
    return type_text(field, engine, world)


def output_field(field: FieldDef, world: World) -> FieldDef | None:
    """The field that says which type a generated column has."""
    located = field.options.get("output_field")
    if located is None:
        return None
    return read_field(field.name, located.expr, located.module, located.scope, located.expr.span, world)


def check_text(field: FieldDef, column: str, engine: str) -> str | None:
    """The CHECK that Django adds for a kind of field, None when it adds none."""
    quoted = '"' + column.replace('"', '""') + '"'
    if field.db_type:
        return None
    if field.kind in _UNSIGNED and engine in {"postgresql", "sqlite"}:
        return f"{quoted} >= 0"
    if field.kind == "JSONField" and engine == "sqlite":
        return f"JSON_VALID({quoted}) OR {quoted} IS NULL"
    return None


def pattern_class(type_: str | None, engine: str) -> str | None:
    """The operator class of the second index that Django makes on PostgreSQL for LIKE, None when it makes none."""
    if engine != "postgresql" or type_ is None or "[" in type_:
        return None
    if type_.startswith("varchar"):
        return "varchar_pattern_ops"
    return "text_pattern_ops" if type_.startswith("text") else None


def _decimal(field: FieldDef, engine: str, world: World) -> str:
    digits, places = field.value(world, "max_digits"), field.value(world, "decimal_places")
    if engine == "sqlite":
        return "decimal"
    return f"numeric({digits},{places})" if isinstance(digits, int) and isinstance(places, int) else "numeric"


def _array(field: FieldDef, engine: str, world: World) -> str | None:
    located = field.options.get("base_field")
    if located is None:
        return None
    inner = read_field(field.name, located.expr, located.module, located.scope, located.expr.span, world)
    base = type_text(inner, engine, world) if inner is not None else None
    return f"{base}[]" if base is not None else None


def _geometry(field: FieldDef, kind: str, world: World) -> str:
    srid, dimensions = field.value(world, "srid", 4326), field.value(world, "dim", 2)
    name = _GEOMETRY[kind] + ("Z" if dimensions == 3 else "")
    base = "geography" if field.flag(world, "geography") else "geometry"
    return f"{base}({name},{srid})" if srid is not UNKNOWN and is_known(srid) else base
