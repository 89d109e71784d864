"""Vocabularies are asked of the kinds of values that they speak of, and of no others."""

from __future__ import annotations

from dbarchitect.sources.code.typescript.speaking import Speakers, of
from dbarchitect.sources.code.typescript.values import Const, Value
from dbarchitect.sources.code.typescript.vocabulary import Vocabulary


class Narrow(Vocabulary):
    """Speaks of `None` too, and says otherwise."""

    @of(str)
    def sometimes(self, value: Value) -> Value | None:
        return Const(1) if value is None else None


class Silent(Vocabulary):
    """Has nothing to say."""


def test_only_those_with_a_method_of_their_own_are_asked() -> None:
    speakers = Speakers([Silent(), narrow := Narrow()], "sometimes")
    assert speakers[str] == (narrow.sometimes,)


def test_a_kind_that_was_forgotten_is_found(spoken_out_of_turn: list[str]) -> None:
    (asked,) = Speakers([Narrow()], "sometimes")[type(None)]
    assert asked(None) is None
    assert spoken_out_of_turn == ["Narrow.sometimes of NoneType"]
    spoken_out_of_turn.clear()
