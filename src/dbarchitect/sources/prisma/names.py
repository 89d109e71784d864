"""The names that Prisma gives to what a schema does not name: keys, indexes, tables of many-to-many relations.

Source: https://www.prisma.io/docs/orm/prisma-schema/data-model/database-mapping#prisma-orms-default-naming-conventions
"""

from __future__ import annotations

from collections.abc import Mapping

from dbarchitect.sources.prisma.syntax import Attribute, Block, Call, Field, text_of

_LIMITS = {"postgresql": 63, "mysql": 64, "sqlite": 10_000}


def mapped(attribute: Attribute | None, name: str) -> str:
    """The name in the database: what `@map` or `@@map` says, else the name in the schema."""
    if attribute is None:
        return name
    given = next(iter(attribute.call.positional()), None) or attribute.call.get("name")
    return text_of(given) or name


def table_name(model: Block) -> str:
    """The table of a model, the view of a view, the type of an enum."""
    return mapped(model.attribute("map"), model.name)


def column_name(field: Field) -> str:
    """The column of a scalar field."""
    return mapped(field.attribute("map"), field.name)


def stored_values(enum: Block) -> Mapping[str, str]:
    """What is stored for each value of an enum, by its name in the schema."""
    found = {value.name: value for value in enum.values}
    return {
        name: mapped(next((a for a in value.attributes if a.name == "map"), None), name)
        for name, value in found.items()
    }


def schema_of(block: Block) -> str | None:
    """The schema that `@@schema` names; None for PostgreSQL's own default."""
    attribute = block.attribute("schema")
    named = text_of(next(iter(attribute.call.positional()), None)) if attribute is not None else None
    return None if named == "public" else named


def given_name(call: Call) -> str | None:
    """The name of a key or index in the database that an attribute states."""
    return text_of(call.get("map"))


def constraint_name(engine: str, table: str, columns: tuple[str, ...], suffix: str) -> str:
    """`User_email_key`, `User_pkey`: cut so that the suffix still fits the server's longest name."""
    stem = "_".join((table, *columns)).encode()[: _LIMITS[engine] - len(suffix) - 1].decode(errors="ignore")
    return f"{stem}_{suffix}"
