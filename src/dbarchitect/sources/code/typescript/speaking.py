"""Which vocabularies are asked: of each method those that have one of their own, and only of the kinds of values that
it speaks of. There are hundreds of thousands of expressions, and most vocabularies have nothing to say of most values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from dbarchitect.sources.code.typescript.vocabulary import Vocabulary

M = TypeVar("M", bound=Callable[..., object])
_KINDS = "kinds"


def of(*kinds: type) -> Callable[[M], M]:
    """Says of a method of a vocabulary that it has nothing to say but of values of these kinds (its first argument)."""

    def marked(method: M) -> M:
        method.__dict__[_KINDS] = kinds
        return method

    return marked


class Speakers(dict[type, tuple[Callable[..., Any], ...]]):
    """The methods of one name of several vocabularies, by the kind of value that they are asked of."""

    def __init__(self, vocabularies: Sequence[Vocabulary], name: str) -> None:
        super().__init__()
        silent = getattr(Vocabulary, name)
        speaking = (v for v in vocabularies if getattr(type(v), name) is not silent)
        self._methods = [(getattr(v, name), getattr(type(v), name).__dict__.get(_KINDS)) for v in speaking]

    def __missing__(self, kind: type) -> tuple[Callable[..., Any], ...]:
        found = tuple(method for method, kinds in self._methods if kinds is None or issubclass(kind, kinds))
        self[kind] = found
        return found


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
