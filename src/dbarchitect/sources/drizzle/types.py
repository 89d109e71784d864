"""The types of columns as drizzle-kit writes them, for each engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.sources.drizzle.library import Builder
from dbarchitect.sources.drizzle.values import Obj

Spelled = Callable[[str, Obj], str]


def _number(config: Obj, name: str) -> int | None:
    value = config.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _plain(spelled: str, name: str, config: Obj) -> str:
    del name, config
    return spelled


def _sized(setting: str, name: str, config: Obj) -> str:
    size = _number(config, setting)
    return name if size is None else f"{name}({size})"


def _precise(spelled: str, name: str, config: Obj) -> str:
    """`numeric(10, 2)`, of MySQL `unsigned` too."""
    del name
    precision, scale = _number(config, "precision"), _number(config, "scale")
    inner = "" if precision is None else f"({precision})" if scale is None else f"({precision}, {scale})"
    return f"{spelled}{inner}{' unsigned' if config.get('unsigned') is True else ''}"


def _integer(spelled: str, name: str, config: Obj) -> str:
    del name
    return f"{spelled} unsigned" if config.get("unsigned") is True else spelled


def _moment(name: str, config: Obj) -> str:
    precision = _number(config, "precision")
    inner = "" if precision is None else f"({precision})"
    return f"{name}{inner}{' with time zone' if config.get('withTimezone') is True else ''}"


def _interval(name: str, config: Obj) -> str:
    fields, precision = config.get("fields"), _number(config, "precision")
    said = f" {fields}" if isinstance(fields, str) else ""
    return f"{name}{said}" + (f"({precision})" if precision else "")


def _same(*names: str) -> dict[str, Spelled]:
    return {name: partial(_plain, name) for name in names}


_POSTGRESQL: Mapping[str, Spelled] = {
    **_same("bigint", "boolean", "bytea", "cidr", "date", "inet", "integer", "json", "jsonb", "line", "macaddr",
            "macaddr8", "point", "real", "smallint", "text", "uuid", "serial", "bigserial", "smallserial"),
    "doublePrecision": partial(_plain, "double precision"),
    "geometry": partial(_plain, "geometry(point)"),
    "numeric": partial(_precise, "numeric"),
    "decimal": partial(_precise, "numeric"),
    "char": partial(_sized, "length"),
    "varchar": partial(_sized, "length"),
    "time": _moment,
    "timestamp": _moment,
    "interval": _interval,
    **dict.fromkeys(("bit", "halfvec", "sparsevec", "vector"), partial(_sized, "dimensions")),
}  # fmt: skip
_SQLITE: Mapping[str, Spelled] = {
    **_same("integer", "real", "numeric", "blob"),
    "int": partial(_plain, "integer"),
    "text": partial(_sized, "length"),
}
_MYSQL: Mapping[str, Spelled] = {
    **_same("boolean", "date", "json", "text", "tinytext", "mediumtext", "longtext", "blob", "tinyblob", "mediumblob",
            "longblob", "year"),
    "serial": partial(_plain, "bigint unsigned"),
    **{name: partial(_integer, name) for name in ("bigint", "int", "mediumint", "smallint", "tinyint")},
    **{name: partial(_precise, name) for name in ("decimal", "double", "float", "real")},
    **dict.fromkeys(("char", "varchar", "binary", "varbinary"), partial(_sized, "length")),
    **dict.fromkeys(("datetime", "time", "timestamp"), partial(_sized, "fsp")),
}  # fmt: skip
_SPELLED = {"postgresql": _POSTGRESQL, "sqlite": _SQLITE, "mysql": _MYSQL}
SERIALS = frozenset({"serial", "bigserial", "smallserial"})


def column_type(engine: str, built: Builder) -> SqlType | None:
    """The type that one of Drizzle's own builders gives; None for a builder that is none of them."""
    spelled = _SPELLED[engine].get(built.kind)
    return parse_type(spelled(built.kind, built.config)) if spelled is not None else None


def mysql_enum(values: tuple[str, ...]) -> SqlType:
    """MySQL's ENUM."""
    return SqlType("enum", modifiers=",".join("'" + value.replace("'", "''") + "'" for value in values))
