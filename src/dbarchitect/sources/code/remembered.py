"""Values that are remembered from one call of a function to the next, whatever the language: which are the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from dataclasses import replace

from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.values import Entries, Items, Library, Member, Opaque, Rows, Sequence, Text, Value

DEEPEST = 4
"""How many values within each other are compared."""
MOST = 12
"""Members of a display, or fields of an object, that are compared."""


class NotTold(Exception):  # noqa: N818 - the fact, not the noun
    """A value of which nothing tells whether it equals another."""


def shared_key(value: Value, depth: int, key_of: Callable[[Value, int], Hashable]) -> Hashable:
    """What makes a value the same as another, of the kinds that languages share; `key_of` tells it of what it holds.

    Raises `NotTold` for what cannot be compared.
    """
    match value:
        case Opaque():
            return type(value).__name__, value.raw
        case Library(name=name):
            return "library", name
        case Member(owner=owner, name=name):
            return "member", key_of(owner, depth + 1), name
        case Rows():
            if value.pending:
                raise NotTold
            record = id(value.record) if value.record is not None else None
            return "rows", value.model.key, value.many, value.new, record, value.loaded, value.computed
        case Items(items=items):
            if len(items) > MOST:
                raise NotTold
            return value.kind, value.open, tuple(key_of(item, depth + 1) for item in items)
        case Sequence(element=element):
            return "sequence", value.rows, key_of(element, depth + 1)
        case Draft() | Entries() | Text():
            raise NotTold
        case _:
            return _own_key(value)


def _own_key(value: Value) -> Hashable:
    """Of a vocabulary's value: itself where it can be hashed by what it holds."""
    try:
        hash(value)
    except TypeError as error:
        raise NotTold from error
    return type(value).__name__, value


def fields_key(fields: dict[str, Value], depth: int, key_of: Callable[[Value, int], Hashable]) -> Hashable:
    """What makes the fields of an object the same as another's. Raises `NotTold` where there are too many."""
    if len(fields) > MOST:
        raise NotTold
    return tuple((name, key_of(value, depth + 1)) for name, value in sorted(fields.items()))


def again(value: Value) -> Value:
    """A remembered result for another caller: what callers may change is theirs alone."""
    match value:
        case Rows():
            return replace(value, pending=list(value.pending))
        case Items():
            own = copy(value)
            own.items = list(value.items)
            return own
        case Entries():
            return Entries(dict(value.entries), value.open, value.branch, dict(value.optional))
        case _:
            return value
