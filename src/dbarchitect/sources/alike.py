"""Whether two readings are the very same: in all that they hold, places included, and not only in what `==` sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import MappingProxyType
from typing import Any

_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})


def alike(first: object, second: object) -> bool:
    """Whether two values of plain data and dataclasses hold the same in every field."""
    waiting: list[tuple[Any, Any]] = [(first, second)]
    seen: set[tuple[int, int]] = set()  # of what the two values hold, which lives as long as they do
    while waiting:
        one, other = waiting.pop()
        if one is other:
            continue
        kind = type(one)
        if kind is not type(other):
            return False
        if kind in _PLAIN:
            if one != other:
                return False
            continue
        pair = (id(one), id(other))
        if pair in seen:
            continue
        seen.add(pair)
        if kind in (tuple, list):
            if len(one) != len(other):
                return False
            waiting.extend(zip(one, other, strict=True))
        elif kind in (dict, MappingProxyType):
            if not _keyed_alike(one, other):
                return False
            waiting.extend((value, other[key]) for key, value in one.items())
        elif names := _fields_of(kind):
            waiting.extend((getattr(one, name), getattr(other, name)) for name in names)
        elif one != other:
            return False
    return True


def _keyed_alike(one: Mapping[object, object], other: Mapping[object, object]) -> bool:
    """Whether two mappings have the same keys in the same order."""
    return list(one) == list(other)


@cache
def _fields_of(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass but those in which it only remembers something; empty where it is none."""
    of: Any = kind
    every = fields(of) if hasattr(kind, "__dataclass_fields__") else ()
    return tuple(each.name for each in every if each.init or each.compare)
