"""What `@default(…)` means for the database: a default, numbering by the server, or nothing at all.

Prisma's client fills in uuid(), cuid(), ulid(), nanoid() and auto() itself: the database has no default there.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Identity
from dbarchitect.catalog.types import Family, SqlType
from dbarchitect.sources.prisma.syntax import Attribute, Call, Many, Number, Text, Value, Word, text_of

_NUMBERED: Mapping[str, Identity] = {
    "postgresql": Identity.SERIAL,
    "sqlite": Identity.AUTOINCREMENT,
    "mysql": Identity.AUTOINCREMENT,
}
_MADE = frozenset({"uuid", "cuid", "ulid", "nanoid", "auto"})


def numbering(attribute: Attribute | None, engine: str) -> Identity | None:
    """How the server numbers the column, if it does."""
    value = _value(attribute)
    if isinstance(value, Call) and value.name == "autoincrement":
        return _NUMBERED[engine]
    return Identity.BY_DEFAULT if isinstance(value, Call) and value.name == "sequence" else None


def generator(attribute: Attribute | None) -> str | None:
    """The kind of key that the client makes for each row: `uuid`, `cuid`, `nanoid`; None where it makes none."""
    value = _value(attribute)
    return value.name if isinstance(value, Call) and value.name in _MADE else None


def default(attribute: Attribute | None, scalar: str, type_: SqlType, enum: Mapping[str, str]) -> Expression | None:
    """The column's default in the database. `enum` maps the names of an enum's values to what is stored."""
    value = _value(attribute)
    if isinstance(value, Many):
        items = [_constant(item, scalar, type_, enum) for item in value.items]
        return expression(f"ARRAY[{', '.join(item for item in items if item is not None)}]::{type_}")
    if isinstance(value, Call):
        if value.name == "now":
            return expression("CURRENT_TIMESTAMP")
        if value.name == "dbgenerated":
            text = text_of(next(iter(value.positional()), None) or value.get("expression"))
            return expression(text, type_) if text else None
        return None
    text = _constant(value, scalar, type_, enum) if value is not None else None
    return expression(text, type_) if text is not None else None


def _value(attribute: Attribute | None) -> Value | None:
    if attribute is None:
        return None
    return next(iter(attribute.call.positional()), None) or attribute.call.get("value")


def _constant(value: Value, scalar: str, type_: SqlType, enum: Mapping[str, str]) -> str | None:
    """A constant as SQL."""
    if isinstance(value, Number):
        return value.value
    if isinstance(value, Word):
        return value.value if value.value in {"true", "false"} else _quoted(enum.get(value.value, value.value))
    if not isinstance(value, Text):
        return None
    if scalar == "Bytes":
        return _bytes(value.value)
    if scalar == "DateTime":
        return _quoted(_moment(value.value, type_))
    return _quoted(value.value)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _bytes(text: str) -> str:
    try:
        return f"'\\x{base64.b64decode(text, validate=True).hex()}'"
    except (binascii.Error, ValueError):
        return _quoted(text)


def _moment(text: str, type_: SqlType) -> str:
    """A point in time as PostgreSQL prints it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if type_.family is not Family.TIMESTAMP:
        return text
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    fraction = f"{moment:.%f}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}" + ("+00" if type_.name.endswith("with time zone") else "")
