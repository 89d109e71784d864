"""Which vocabularies of TypeScript are asked what (`sources.code.speaking`)."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.sources.code.speaking import Speakers, of
from dbarchitect.sources.code.typescript.vocabulary import Vocabulary

__all__ = ["Speakers", "Speaking", "of"]


class Speaking:
    """The vocabularies of one interpreter, by what they are asked."""

    def __init__(self, vocabularies: Sequence[Vocabulary]) -> None:
        self.attribute = Speakers(vocabularies, "attribute")
        self.call = Speakers(vocabularies, "call")
        self.subscript = Speakers(vocabularies, "subscript")
        self.awaited = Speakers(vocabularies, "awaited")
        self.iterate = Speakers(vocabularies, "iterate")
        self.assign = Speakers(vocabularies, "assign")
        self.truth = Speakers(vocabularies, "truth")
        self.escape = Speakers(vocabularies, "escape")
        self.returned = Speakers(vocabularies, "returned")
        self.sometimes = Speakers(vocabularies, "sometimes")
        self.merge = Speakers(vocabularies, "merge")
