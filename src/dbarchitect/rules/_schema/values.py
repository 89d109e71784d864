"""Columns that hold one of a few values: by what the model declares, by their default, by their name."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.expressions import literal_value
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Precision
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._schema.comments import listed_values
from dbarchitect.rules._schema.shape import is_copy

_STATES = phrases(
    "status, state, tier, role, plan, visibility, severity, priority, platform, direction, kind, type, mode, stage, "
    "phase, frequency, gender, access level, permission, plan type, billing cycle, interval, level, category, method, "
    "provider, channel, privacy, difficulty, audience"
)
_CERTAIN = phrases("status, tier, role, platform, visibility, severity, direction")
_OPEN = phrases(
    "content type, mime type, media type, file type, event type, entity type, object type, message type, token type, "
    "grant type, response type, http status, status code, state code, status text, status message, status line, "
    "error type, exception type, resource type, target type, data type, action type, language, locale, timezone, "
    "time zone, country, currency, mime, oauth state, sub type, subtype, job type, device type"
)
_ADDRESSES = phrases("city, zip, zip code, zipcode, postal code, postcode, country, street, address, county")
_COSMETIC = phrases(
    "theme, color, colour, style, font, layout, skin, icon, alignment, align, sort, sort order, sort by, order by, "
    "display mode, view mode, theme mode, date format, time format, units"
)
_KINDS = {("type",), ("kind",)}
_PLAIN_KINDS = {"standard", "default", "normal", "base", "basic", "generic", "regular", "simple"}
_LONG = 64
_ANY_LENGTH = 255
_MANY = 60


@dataclass(frozen=True, slots=True)
class ValueSet:
    """What is known of a column's values: `values` are all of them, empty where only `example` is known."""

    values: tuple[str, ...]
    example: str | None
    why: str
    precision: Precision


def default_of(column: Column) -> str | None:
    """The constant that a new row gets, from the database or from the application."""
    written = literal_value(column.default) if column.default is not None else None
    return written if written is not None else column.declared.default if column.declared else None


def value_set(catalog: Catalog, table: Table, column: Column) -> ValueSet | None:
    """The set that a column is meant to hold, None where it is free text, a number or a flag."""
    family = catalog.family(column.type)
    declared, default = column.declared, default_of(column)
    if family not in {Family.TEXT, Family.INTEGER} or _OPEN.ends(column.name) or is_copy(table):
        return None
    if declared is not None and declared.choices:
        if not 1 < len(declared.choices) <= _MANY:
            return None
        known = _complete(column, default)
        why = f"the model allows {len(known)} values: {_shown(known)}"
        sure = Precision.LOW if _COSMETIC.ends(column.name) else Precision.MEDIUM
        return ValueSet(known, default, why, sure)
    told = told_values(column) if family is Family.TEXT and not _is_other(table, column) else ()
    if told:
        why = f"the comment beside it lists {len(told)} values: {_shown(told)}"
        return ValueSet(told, default, why, Precision.LOW if _COSMETIC.ends(column.name) else Precision.MEDIUM)
    if family is not Family.TEXT or not _STATES.ends(column.name) or _is_other(table, column):
        return None
    if _COSMETIC.ends(column.name) or _is_class(column, default):
        return None
    if default and (column.type.length or 0) <= _ANY_LENGTH:
        if " " in default.strip() or len(default) > _LONG / 2 or default[:1] in "[{":
            return None
        return ValueSet((), default, f"it starts as {default!r}", Precision.MEDIUM)
    named = column.type.length <= _LONG if column.type.length else _CERTAIN.whole(column.name)
    if _CERTAIN.ends(column.name) and named:
        return ValueSet((), None, "its name is that of a state", Precision.LOW)
    return None


def told_values(column: Column) -> tuple[str, ...]:
    """The values of a column that a comment beside it lists: nothing keeps to them."""
    comment = column.declared.comment if column.declared is not None else None
    return listed_values(comment, default_of(column), of_state=_STATES.ends(column.name)) if comment else ()


def is_open_by_name(table: Table, column: Column) -> bool:
    """True for a column that by its name holds what others define: a type of files, a country, a look."""
    return _OPEN.ends(column.name) or _COSMETIC.ends(column.name) or is_copy(table) or _is_other(table, column)


def _is_class(column: Column, default: str | None) -> bool:
    """True for a `type` that starts as `standard`: by it an object-relational mapper tells the classes of rows apart,
    writes it itself, and whoever adds a class adds a value."""
    return words(column.name)[-1:] in _KINDS and (default or "").casefold() in _PLAIN_KINDS


def _complete(column: Column, default: str | None) -> tuple[str, ...]:
    """The declared values, with those that the model stores besides: its default, and the empty text of an optional
    field that has no NULL."""
    declared = column.declared
    assert declared is not None  # noqa: S101 - the caller has looked
    more = [default] if default is not None else []
    if declared.required is False and not default and not column.nullable and column.type.family is Family.TEXT:
        more.append("")
    return (*declared.choices, *(value for value in dict.fromkeys(more) if value not in declared.choices))


def _shown(values: tuple[str, ...]) -> str:
    few = ", ".join(repr(value) for value in values[:6])
    return few + (", …" if len(values) > 6 else "")


def _is_other(table: Table, column: Column) -> bool:
    """True for what has the name of a state and is none: a state of a country, the kind of a reference's target, a
    protocol's one-time value."""
    own = words(column.name)
    if not own or own[-1] not in {"state", "province", "type", "kind"}:  # no word: a name of signs alone
        return False
    names = [other.name for other in table.columns]
    if own[-1] in {"state", "province"} and any(_ADDRESSES.ends(name) for name in names):
        return True
    if own[-1] == "state" and any(words(name)[-1:] in {("verifier",), ("nonce",), ("challenge",)} for name in names):
        return True
    stem = own[:-1]
    return own[-1] in {"type", "kind"} and any(words(name) == (*stem, "id") for name in names if stem)
