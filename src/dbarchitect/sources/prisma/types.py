"""Which column types Prisma's scalar and native types become, on each of its databases.

Source: https://www.prisma.io/docs/orm/reference/prisma-schema-reference#model-field-scalar-types
"""

from __future__ import annotations

from collections.abc import Mapping

from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.sources.prisma.syntax import Call, Number

SCALARS = frozenset({"String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes"})

_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "postgresql": {
        "String": "text",
        "Boolean": "boolean",
        "Int": "integer",
        "BigInt": "bigint",
        "Float": "double precision",
        "Decimal": "numeric(65,30)",
        "DateTime": "timestamp(3)",
        "Json": "jsonb",
        "Bytes": "bytea",
    },
    "sqlite": {
        "String": "TEXT",
        "Boolean": "BOOLEAN",
        "Int": "INTEGER",
        "BigInt": "BIGINT",
        "Float": "REAL",
        "Decimal": "DECIMAL",
        "DateTime": "DATETIME",
        "Json": "JSONB",
        "Bytes": "BLOB",
    },
    "mysql": {
        "String": "varchar(191)",
        "Boolean": "boolean",  # MySQL's own word for tinyint(1)
        "Int": "int",
        "BigInt": "bigint",
        "Float": "double",
        "Decimal": "decimal(65,30)",
        "DateTime": "datetime(3)",
        "Json": "json",
        "Bytes": "longblob",
    },
}
_POSTGRESQL: Mapping[str, str] = {
    "bytea": "bytea",
    "doubleprecision": "double precision",
    "varbit": "bit varying",
    "jsonb": "jsonb",
}
_MYSQL: Mapping[str, str] = {
    "unsignedint": "int unsigned",
    "unsignedbigint": "bigint unsigned",
    "unsignedsmallint": "smallint unsigned",
    "unsignedmediumint": "mediumint unsigned",
    "unsignedtinyint": "tinyint unsigned",
}


def column_type(engine: str, scalar: str, native: Call | None) -> SqlType:
    """The type of a column of a scalar field, `native` being its `@db.…` attribute."""
    if native is None:
        return parse_type(_DEFAULTS[engine][scalar])
    word = native.name.removeprefix("db.").lower()
    name = (_MYSQL if engine == "mysql" else _POSTGRESQL).get(word, word)
    if engine == "mysql" and word == "tinyint" and scalar == "Boolean":
        return parse_type("boolean")
    arguments = ",".join(argument.value for argument in native.positional() if isinstance(argument, Number))
    return parse_type(f"{name}({arguments})" if arguments else name)
