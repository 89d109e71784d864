"""What a value is after two ways through the program that meet."""

from __future__ import annotations

from dbarchitect.sources.code.alternatives import is_fragment
from dbarchitect.sources.code.draft import Draft, either
from dbarchitect.sources.code.meeting import Meeting
from dbarchitect.sources.code.typescript.speaking import Speaking
from dbarchitect.sources.code.typescript.texts import one_text
from dbarchitect.sources.code.typescript.values import UNDEFINED, Choice, Const, Undefined
from dbarchitect.sources.code.values import (
    OPAQUE,
    SOMEWHERE,
    Entries,
    Items,
    Member,
    Opaque,
    Sealed,
    Text,
    Value,
    columns_read,
    is_raw,
)

_MOST_CONSTANTS = 12
_DEEPEST = 3
"""Lists within each other whose members are there on some ways only."""
_TEXTS = frozenset({Const, Text})


class Merging(Meeting):
    """Makes one value of two, with the vocabularies' help."""

    def __init__(self, speaking: Speaking) -> None:
        self.speaking = speaking

    def merged(self, first: Value, second: Value) -> Value:
        """A value that is the one or the other, as the program decides."""
        if first is second:
            return first
        if type(first) in _TEXTS and type(second) in _TEXTS and (text := one_text(first, second)) is not None:
            return text
        return self._merged(first, second)

    def _merged(self, first: Value, second: Value) -> Value:
        nothing = (_is_nothing(first), _is_nothing(second))
        if any(nothing):
            if all(nothing):
                return first if first == second else UNDEFINED
            return self.sometimes(second if nothing[0] else first)
        if isinstance(first, Const | Choice) or isinstance(second, Const | Choice):
            return self._with_constant(first, second)
        if second is OPAQUE:
            return self.sometimes(first)
        if first is OPAQUE:
            return self.sometimes(second)
        if isinstance(first, Draft) and isinstance(second, Draft) and first.origin == second.origin:
            return either(first, second)
        for merge in self.speaking.merge[type(first)]:
            found = merge(first, second)
            if found is not None:
                return found
        if isinstance(first, Draft) and isinstance(second, Draft):
            return either(first, second)
        if isinstance(first, Items) and isinstance(second, Items):
            items, _ = self.united(first.items, second.items)
            one_of = first.either or second.either or not len(items) == len(first.items) == len(second.items)
            return Items(items, first.kind, first.open or second.open, either=one_of)
        if isinstance(first, Entries) and isinstance(second, Entries):
            return self.entries(first, second)
        return _of_unknown(first, second)

    def _with_constant(self, first: Value, second: Value) -> Value:
        """A constant, or on another way another one, or what is then no constant any more."""
        if isinstance(first, Const | Choice) and isinstance(second, Const | Choice):
            known = dict.fromkeys((*_each(first), *_each(second)))
            if len(known) == 1:
                return next(iter(known))
            return Choice(tuple(known)) if len(known) <= _MOST_CONSTANTS else OPAQUE
        constant, other = (first, second) if isinstance(first, Const | Choice) else (second, first)
        if isinstance(constant, Const) and isinstance(constant.value, str) and is_fragment(constant.value):
            return constant  # SQL is read though another way through the code brings other
        if not isinstance(other, Opaque | Member):
            return self.sometimes(other)
        return other if isinstance(other, Opaque) else Opaque(is_raw(other), columns_read(other))

    def sometimes(self, value: Value, depth: int = 0) -> Value:
        """A value that is there on some ways through the code only."""
        if isinstance(value, Entries):
            return Entries(value.entries, value.open, value.branch, dict.fromkeys(value.entries, SOMEWHERE))
        if isinstance(value, Items) and depth < _DEEPEST:
            return Items(
                [self.sometimes(item, depth + 1) for item in value.items], value.kind, value.open, value.branch
            )
        for sometimes in self.speaking.sometimes[type(value)]:
            found: Value | None = sometimes(value)
            if found is not None:
                return found
        return value


def _of_unknown(first: Value, second: Value) -> Value:
    """Two values of which hardly anything is known: what is sealed on one way is so, beside what was there before."""
    if not isinstance(first, Opaque | Member):
        return first
    if not isinstance(second, Opaque | Member):
        return second
    if isinstance(second, Sealed):
        return Sealed(is_raw(first) or is_raw(second), columns_read(first) | columns_read(second))
    return first


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Undefined) or (isinstance(value, Const) and value.value is None)


def _each(value: Const | Choice) -> tuple[Const, ...]:
    return value.values if isinstance(value, Choice) else (value,)
