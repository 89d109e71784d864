"""Decode settings: a mapping (TOML, JSON) into a frozen dataclass, with errors that name the nearest key."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from dbarchitect.errors import SettingsError

T = TypeVar("T")
_NAMES: Mapping[type, str] = {
    str: "a text", int: "a whole number", float: "a number", bool: "true or false", dict: "a table", Mapping: "a table",
    list: "a list", tuple: "a list", frozenset: "a list", date: "a date", datetime: "a date with a time",
}  # fmt: skip


def decode(mapping: Mapping[str, object], into: type[T], where: str) -> T:
    """Make an instance of the dataclass `into` from a mapping; keys may be written with hyphens.

    Raises `SettingsError` for an unknown key (naming the nearest), and for a value of the wrong type; `where`
    names the place for the message.
    """
    if not dataclasses.is_dataclass(into):
        if mapping:
            raise SettingsError(f"{where}: there is nothing to set, found {', '.join(sorted(mapping))}")
        return into()
    hints = typing.get_type_hints(into)
    names = [f.name for f in dataclasses.fields(into) if f.init]
    values: dict[str, Any] = {}
    for written, value in mapping.items():
        key = written.replace("-", "_")
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(names)}."
            raise SettingsError(f"{where}: unknown key {written!r}", hint=hint)
        values[key] = _value(value, hints[key], f"{where}: {written}")
    required = (f.name for f in dataclasses.fields(into) if f.default is f.default_factory is dataclasses.MISSING)
    if missing := [name for name in required if name not in values]:
        raise SettingsError(f"{where}: {missing[0]} is missing")
    return into(**values)


def _value(value: object, hint: object, where: str) -> object:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        options = [argument for argument in arguments if argument is not type(None)]
        return _value(value, options[0], where)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_value(item, arguments[0], where) for item in value)
    if origin is frozenset and isinstance(value, list | tuple | set | frozenset):
        return frozenset(_value(item, arguments[0], where) for item in value)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(value, Mapping):
        return decode(value, hint, where)
    if hint is date and isinstance(value, datetime):
        return value.date()
    if hint is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise SettingsError(f"{where}: {value!r} is no date", hint="Write it as 2027-01-31.") from None
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise SettingsError(f"{where}: the number is too large") from None
    expected = origin or hint
    if not isinstance(expected, type):
        return value
    if isinstance(value, expected) and not (expected is int and isinstance(value, bool)):
        return value
    if expected is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    raise SettingsError(f"{where}: expected {named(expected)}, found {named(type(value))}")


def named(type_: type) -> str:
    """A type as who writes TOML calls it."""
    return _NAMES.get(type_, type_.__name__)
