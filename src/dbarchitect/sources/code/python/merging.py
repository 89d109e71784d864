"""What a value is after two ways through the program that meet."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.sources.code.draft import Draft, either
from dbarchitect.sources.code.meeting import Meeting
from dbarchitect.sources.code.python.texts import one_text
from dbarchitect.sources.code.python.values import Const, Function
from dbarchitect.sources.code.python.vocabulary import Vocabulary, speaking
from dbarchitect.sources.code.speaking import Speakers
from dbarchitect.sources.code.values import (
    OPAQUE,
    OWN,
    Entries,
    Items,
    Member,
    Opaque,
    Text,
    Value,
    columns_read,
    is_raw,
)
from dbarchitect.sources.python.constants import EnumMember

_TEXTS = frozenset({Const, Text})


class Merging(Meeting):
    """Makes one value of two, with the vocabularies' help."""

    def __init__(self, vocabularies: Sequence[Vocabulary]) -> None:
        self._merges = speaking(vocabularies, "merge")
        self._uncertain = Speakers(vocabularies, "sometimes")

    def merged(self, first: Value, second: Value) -> Value:
        """A value that is the one or the other, as the program decides."""
        if first is second:
            return first
        if type(first) in _TEXTS and type(second) in _TEXTS and (text := one_text(first, second)) is not None:
            return text
        return self._merged(first, second)

    def _merged(self, first: Value, second: Value) -> Value:
        if type(first) is type(second) and _is_own(first) and _is_own(second):
            return first if first == second else OWN
        if isinstance(first, Const) or isinstance(second, Const):
            found = self._or_constant(first, second)
            if found is not None:
                return found
        if _stands_for(first, second) or _stands_for(second, first):
            return Entries(open=True)
        if second is OPAQUE or _is_own(second):
            return second if _is_own(first) else self.sometimes(first)
        if first is OPAQUE or _is_own(first):
            return self.sometimes(second)
        if isinstance(first, Draft) and isinstance(second, Draft):
            return either(first, second)
        for said in self._merges:
            found = said(first, second)
            if found is not None:
                return found
        if isinstance(first, Items) and isinstance(second, Items):
            items, more = self.united(first.items, second.items)
            return Items(items, first.kind, first.open or second.open or more)
        if isinstance(first, Entries) and isinstance(second, Entries):
            return self.entries(first, second)
        if isinstance(first, Opaque | Member) and not isinstance(second, Opaque | Member | Const):
            return second
        if isinstance(first, Const) and isinstance(second, Const):
            return first if first.value == second.value else OPAQUE
        return _fuller(first, second)

    def _or_constant(self, first: Value, second: Value) -> Value | None:
        """A value, or on another way a constant: nothing, or one that is then no constant any more."""
        constant, other = (first, second) if isinstance(first, Const) else (second, first)
        if not isinstance(constant, Const):
            return None
        if constant.value is None:
            return self.sometimes(other)
        if isinstance(other, Const) and other.value is None:
            return constant
        if not isinstance(other, Opaque | Member):
            return None
        if _is_sentence(constant):
            return constant
        return other if isinstance(other, Opaque) else Opaque(is_raw(other), columns_read(other))

    def sometimes(self, value: Value) -> Value:
        """A value that is there on some ways through the code only."""
        found = (said(value) for said in self._uncertain[type(value)])
        return next((f for f in found if f is not None), value)


def _fuller(first: Value, second: Value) -> Value:
    """Of two functions the longer one: beside the one that asks there is often one that does nothing."""
    if not isinstance(first, Function) or not isinstance(second, Function):
        return first
    spans = (first.function.span, second.function.span)
    return second if spans[1].end - spans[1].start > spans[0].end - spans[0].start else first


def _stands_for(default: Value, given: Value) -> bool:
    """Whether a dictionary is empty only where nobody gives another (`filters or {}`)."""
    empty = isinstance(default, Entries) and not (default.entries or default.open)
    return empty and isinstance(given, Opaque | Member) and not _is_own(given)


def _is_own(value: Value) -> bool:
    """Whether a value is a text or a number that the program itself holds, whichever of several it is."""
    if isinstance(value, Const):
        return isinstance(value.value, str | int | float | EnumMember)
    return isinstance(value, Opaque) and value.own


def _is_sentence(value: Const) -> bool:
    """Whether a constant is a text of several words: SQL is read though another way through the code brings other."""
    return isinstance(value.value, str) and len(value.value.split()) > 1
