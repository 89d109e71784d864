"""The JSON report, schema version 1: written, and read again. Fields are added, never changed or removed."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TypeAlias

from dbarchitect.errors import ReportUnreadable
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import SCHEMA_VERSION, Application, Finding, Report

_LARGEST = 10**18  # of a count, a size or a place
_ONE_OF: Mapping[tuple[object, str], frozenset[str]] = {
    (Finding, "level"): frozenset({"error", "warning", "info"}),
    (Finding, "precision"): frozenset({"high", "medium", "low"}),
    (Finding, "phase"): frozenset({"now", "two-weeks", "month", "later"}),
}
_HINT = "Make one with `dba audit --format json:FILE`."
_LONG = (Report, Application)
"""What holds lists of thousands: it is written member by member."""


def render(report: Report, rendering: Rendering) -> str:
    """The whole report as one JSON object, indented by two."""
    return "".join(pieces(report, rendering))


def pieces(report: Report, rendering: Rendering) -> Iterator[str]:  # noqa: ARG001 - the same arguments as every format
    """The same, a piece after the other: the whole text of a large application need never be in memory."""
    yield from _pieces(report, "\n")
    yield "\n"


def _pieces(value: object, newline: str) -> Iterator[str]:
    """What `_write` writes: the members of what is long each by itself."""
    inner = newline + "  "
    if isinstance(value, _LONG):
        before = "{" + inner
        for name, key in _names(type(value)) or ():
            yield before + key
            yield from _pieces(getattr(value, name), inner)
            before = "," + inner
        yield newline + "}"
    elif isinstance(value, tuple) and value:
        before = "[" + inner
        for item in value:
            yield before
            yield from _pieces(item, inner)
            before = "," + inner
        yield newline + "]"
    else:
        parts: list[str] = []
        _write(value, newline, parts.append)
        yield "".join(parts)


def read(text: str, name: str) -> Report:
    """The report that was written as JSON; `name` is the file's, for messages.

    What a newer version has added is passed over. Raises `ReportUnreadable`, with the path to the place.
    """
    try:
        data = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise ReportUnreadable(f"{name} is no JSON: {reason}", hint=_HINT) from None
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise ReportUnreadable(f"{name} is no report of schema version {SCHEMA_VERSION}", hint=_HINT)
    report = _read(data, Report, name, "$")
    assert isinstance(report, Report)  # noqa: S101 - what `_read` was asked for
    return report


def _write(value: object, newline: str, put: Callable[[str], None]) -> None:
    """What `json.dumps(value, indent=2, ensure_ascii=False, default=str)` writes, of dataclasses too, in a third
    of its time: it leaves its fast half unused where it indents, and reports of large databases have millions of lines.
    """
    if isinstance(value, str):
        put(encode_basestring(value))
    elif value is None:
        put("null")
    elif isinstance(value, tuple | list):
        _write_all(value, newline, put)
    elif (names := _names(type(value))) is not None:
        inner = newline + "  "
        before = "{" + inner
        for name, key in names:
            put(before + key)
            _write(getattr(value, name), inner, put)
            before = "," + inner
        put(newline + "}")
    elif isinstance(value, Mapping):
        inner = newline + "  "
        before = "{" + inner
        for key, item in value.items():
            put(f"{before}{encode_basestring(str(key))}: ")
            _write(item, inner, put)
            before = "," + inner
        put(newline + "}" if value else "{}")
    elif type(value) is int:
        put(str(value))
    else:
        put(json.dumps(value, ensure_ascii=False, default=str))


def _write_all(values: Sequence[object], newline: str, put: Callable[[str], None]) -> None:
    if not values:
        put("[]")
        return
    inner = newline + "  "
    before = "[" + inner
    for item in values:
        put(before)
        _write(item, inner, put)
        before = "," + inner
    put(newline + "]")


_Names: TypeAlias = tuple[tuple[str, str], ...]
_NAMES: dict[type, _Names | None] = {}


def _names(class_: type) -> _Names | None:
    """The fields of a class of the document, each with how JSON writes its name; None for anything else."""
    if class_ not in _NAMES:
        known = dataclasses.is_dataclass(class_)
        fields = dataclasses.fields(class_) if known else ()
        written = tuple((item.name, f"{encode_basestring(item.name)}: ") for item in fields)
        _NAMES[class_] = written if known else None
    return _NAMES[class_]


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number")


@lru_cache(maxsize=64)
def _fields(class_: type) -> Mapping[str, tuple[object, bool]]:
    """Each field of a class of the document: its type, and whether it must be there."""
    hints = typing.get_type_hints(class_)
    return {
        item.name: (hints[item.name], item.default is item.default_factory is dataclasses.MISSING)
        for item in dataclasses.fields(class_)
    }


def _read(value: object, hint: object, name: str, where: str) -> object:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in arguments:
            return None
        (hint,) = (argument for argument in arguments if argument is not type(None))
        return _read(value, hint, name, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(item, arguments[0], name, f"{where}[{n}]") for n, item in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        return {key: _read(item, arguments[1], name, f"{where}.{key}") for key, item in value.items()}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(value, dict):
        fields = _fields(hint)
        if missing := [key for key, (_, required) in fields.items() if required and key not in value]:
            raise ReportUnreadable(f"{name} is no report: {where} has no {missing[0]!r}", hint=_HINT)
        known = {key: item for key, item in value.items() if key in fields}
        for key, item in known.items():
            if isinstance(item, str) and item not in _ONE_OF.get((hint, key), (item,)):
                raise ReportUnreadable(f"{name} is no report: {where}.{key} is unknown", hint=_HINT)
        return hint(**{key: _read(item, fields[key][0], name, f"{where}.{key}") for key, item in known.items()})
    if type(value) is int and abs(value) > _LARGEST:
        raise ReportUnreadable(f"{name} is no report: the number at {where} is too large", hint=_HINT)
    if hint is float and type(value) is int:
        return float(value)
    if hint is object or (hint is type(None) and value is None) or (isinstance(hint, type) and type(value) is hint):
        return value
    raise ReportUnreadable(f"{name} is no report: {where} is not what it should be", hint=_HINT)
