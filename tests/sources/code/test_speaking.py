"""Vocabularies are asked of the kinds of values that they speak of, and of no others."""

from __future__ import annotations

from dbarchitect.sources.code.speaking import Speakers, of


class Vocabulary:
    """The base: nothing to say."""

    def operate(self, operator: str, operands: tuple[object, ...]) -> object | None:
        """Nothing."""


class Numbers(Vocabulary):
    """Speaks of whole numbers."""

    @of(int)
    def operate(self, operator: str, operands: tuple[object, ...]) -> object | None:
        """The operator."""
        return operator


class Silent(Vocabulary):
    """Has nothing to say."""


def test_of_several_values_one_is_enough() -> None:
    speakers = Speakers([Silent(), numbers := Numbers()], "operate")
    assert speakers[str, int] == speakers[int, str] == speakers[(bool,)] == speakers[int] == (numbers.operate,)
    assert speakers[str, str] == speakers[str] == ()
