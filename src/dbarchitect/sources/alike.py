"""Whether two readings are the very same: in all that they hold, places included, and not only in what `==` sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})
_FIELDS: dict[type, tuple[str, ...]] = {}


def alike(first: object, second: object, *, without: str = "") -> bool:
    """Whether two values of plain data and dataclasses hold the same in every field, one that is left out apart."""
    waiting: list[tuple[object, object]] = [(first, second)]
    seen: set[tuple[int, int]] = set()  # of what the two values hold, which lives as long as they do
    while waiting:
        one, other = waiting.pop()
        if one is other:
            continue
        kind = type(one)
        if kind is not type(other):
            return False
        pair = (id(one), id(other))
        if pair in seen:
            continue
        seen.add(pair)
        parts = _parts(one, other, without)
        if parts is None:
            return False
        for mine, theirs in parts:
            if mine is theirs:
                continue
            if type(mine) not in _PLAIN:
                waiting.append((mine, theirs))
            elif mine != theirs or type(mine) is not type(theirs):
                return False
    return True


def _parts(one: object, other: object, without: str) -> Iterable[tuple[object, object]] | None:
    """What two values of one kind hold, in pairs; None where they differ by themselves."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return zip(one, other, strict=True) if len(one) == len(other) else None
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return zip(one.values(), other.values(), strict=True) if list(one) == list(other) else None
    names = fields_of(type(one))
    if names:
        return ((getattr(one, name), getattr(other, name)) for name in names if name != without)
    return () if one == other else None


def fields_of(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass but those in which it only remembers something; empty where it is none."""
    if kind not in _FIELDS:
        of: Any = kind
        every = fields(of) if hasattr(kind, "__dataclass_fields__") else ()
        _FIELDS[kind] = tuple(each.name for each in every if each.init or each.compare)
    return _FIELDS[kind]
