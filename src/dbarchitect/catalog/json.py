"""Catalogs, facts, surveys and changes as JSON values, and back.

A frozen dataclass becomes an object with its fields; fields that hold their default are left out. Where a field may
hold one of several classes, and at the top, `"is"` names the class. Mappings with keys other than text become lists of
pairs. Reading checks everything: an unknown key is an error that names the nearest one.
"""

from __future__ import annotations

import dataclasses
import difflib
import types
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import TypeVar, Union, get_args, get_origin, get_type_hints, overload

from dbarchitect.errors import SettingsError

_T = TypeVar("_T")
_TAG = "is"
_SCALARS = (str, int, float, bool, types.NoneType)


def to_json(value: object) -> object:
    """The value as what `json.dumps` takes. Raises `TypeError` for an object that is not of the model."""
    return _encode(value, tagged=True)


@overload
def from_json(data: object, type_: type[_T]) -> _T: ...
@overload
def from_json(data: object, type_: object) -> object: ...
def from_json(data: object, type_: object) -> object:
    """The value of this type (a class, or a union such as `Change`) that `to_json` wrote.

    Raises `SettingsError` where the data does not fit, with the path to the place.
    """
    return _decode(data, type_, "$")


def _encode(value: object, *, tagged: bool = False) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, frozenset):
        return sorted((_encode(item) for item in value), key=str)
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {key: _encode(item) for key, item in value.items()}
        return [[_encode(key), _encode(item)] for key, item in value.items()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_object(value, tagged=tagged)
    raise TypeError(f"{type(value).__name__} is not part of the model")


def _encode_object(value: object, *, tagged: bool) -> dict[str, object]:
    class_: type = type(value)
    encoded: dict[str, object] = {_TAG: type(value).__name__} if tagged else {}
    for name, (hint, default) in _fields(class_).items():
        item = _encode(getattr(value, name), tagged=len(_classes(hint)) > 1)
        if default is dataclasses.MISSING or item != _encode(default, tagged=len(_classes(hint)) > 1):
            encoded[name] = item
    return encoded


@lru_cache(maxsize=256)
def _fields(class_: type) -> Mapping[str, tuple[object, object]]:
    """Each field that the constructor takes: its type and its default."""
    hints = get_type_hints(class_)
    found: dict[str, tuple[object, object]] = {}
    for item in dataclasses.fields(class_):
        if item.init:
            factory = item.default_factory
            found[item.name] = (hints[item.name], item.default if factory is dataclasses.MISSING else factory())
    return found


@lru_cache(maxsize=1024)
def _options(hint: object) -> tuple[object, ...]:
    """The members of a union, unions in it opened up; the hint itself where it is none."""
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(option for member in get_args(hint) for option in _options(member))
    return (hint,)


@lru_cache(maxsize=1024)
def _classes(hint: object) -> Mapping[str, type]:
    """The dataclasses among the members of a hint (of the items, for a tuple), by name."""
    items = get_args(hint)[:1] if get_origin(hint) is tuple else (hint,)
    options = (option for item in items for option in _options(item))
    return {option.__name__: option for option in options if isinstance(option, type) and _is_model(option)}


def _is_model(class_: type) -> bool:
    return dataclasses.is_dataclass(class_)


def _decode(data: object, hint: object, path: str) -> object:
    if isinstance(data, dict) and (classes := _classes(hint)):
        return _decode_object(data, classes, path)
    for option in _options(hint):
        found, value = _decode_one(data, option, path)
        if found:
            return value
    expected = " or ".join(getattr(option, "__name__", str(option)) for option in _options(hint))
    raise SettingsError(f"{path}: expected {expected}, found {type(data).__name__}")


def _decode_one(data: object, hint: object, path: str) -> tuple[bool, object]:
    """Whether the data is of this type, and then its value."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(data, list) and origin in (tuple, frozenset):
        return True, _decode_items(data, origin, arguments, path)
    if origin is not None and issubclass(origin, Mapping) and isinstance(data, list | dict):
        pairs = data.items() if isinstance(data, dict) else _pairs(data, path)
        decoded = {
            _decode(key, arguments[0], path): _decode(item, arguments[1], f"{path}[{key!r}]") for key, item in pairs
        }
        return True, types.MappingProxyType(decoded)
    if isinstance(hint, type) and issubclass(hint, Enum) and isinstance(data, str):
        known = {str(member.value): member for member in hint}
        if data not in known:
            raise SettingsError(f"{path}: {data!r} is not one of its values", hint=_nearest(data, known))
        return True, known[data]
    if hint is datetime and isinstance(data, str):
        return _decode_time(data, path)
    if hint is float and type(data) is int:
        try:
            return True, float(data)
        except OverflowError:
            return False, data
    return isinstance(hint, type) and type(data) is hint and isinstance(data, _SCALARS), data


def _decode_items(data: list[object], origin: type, arguments: tuple[object, ...], path: str) -> object:
    if origin is frozenset:
        return frozenset(_decode(item, arguments[0], path) for item in data)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_decode(item, arguments[0], f"{path}[{index}]") for index, item in enumerate(data))
    if len(arguments) != len(data):
        raise SettingsError(f"{path}: expected {len(arguments)} items, found {len(data)}")
    pairs = zip(data, arguments, strict=True)
    return tuple(_decode(item, hint, f"{path}[{index}]") for index, (item, hint) in enumerate(pairs))


def _decode_time(data: str, path: str) -> tuple[bool, object]:
    try:
        return True, datetime.fromisoformat(data)
    except ValueError:
        raise SettingsError(f"{path}: {data!r} is no date and time") from None


def _decode_object(data: Mapping[object, object], classes: Mapping[str, type], path: str) -> object:
    name = data.get(_TAG, next(iter(classes)) if len(classes) == 1 else None)
    if not isinstance(name, str) or name not in classes:
        raise SettingsError(f"{path}: {name!r} is not one of {', '.join(classes)}", hint=_nearest(str(name), classes))
    fields = _fields(classes[name])
    for key in data:
        if key not in fields and key != _TAG:
            raise SettingsError(f"{path}: {name} has no {key!r}", hint=_nearest(str(key), fields))
    for key, (_, default) in fields.items():
        if key not in data and default is dataclasses.MISSING:
            raise SettingsError(f"{path}: {name} needs {key!r}")
    values = {key: _decode(data[key], hint, f"{path}.{key}") for key, (hint, _) in fields.items() if key in data}
    return classes[name](**values)


def _pairs(data: list[object], path: str) -> Iterable[tuple[object, object]]:
    for pair in data:
        if not isinstance(pair, list) or len(pair) != 2:
            raise SettingsError(f"{path}: expected pairs of a key and a value")
        key, value = pair
        yield key, value


def _nearest(word: str, known: Iterable[str]) -> str:
    match = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {match[0]!r}?" if match else ""
