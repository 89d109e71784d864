"""Which vocabularies are asked: of each method those that have one of their own, and only of the kinds of values that
it speaks of. There are hundreds of thousands of expressions, and most vocabularies have nothing to say of most values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

M = TypeVar("M", bound=Callable[..., object])
_KINDS = "kinds"


def of(*kinds: type) -> Callable[[M], M]:
    """Says of a method of a vocabulary that it has nothing to say but of values of these kinds: its first argument, or
    any of the operands of an operator."""

    def marked(method: M) -> M:
        method.__dict__[_KINDS] = kinds
        return method

    return marked


class Speakers(dict[type | tuple[type, ...], tuple[Callable[..., Any], ...]]):
    """The methods of one name of several vocabularies, by the kind of value that they are asked of, or the kinds of
    several."""

    def __init__(self, vocabularies: Iterable[object], name: str) -> None:
        super().__init__()
        speaking = (v for v in vocabularies if getattr(type(v), name) is not _silent(type(v), name))
        self._methods = [(getattr(v, name), getattr(type(v), name).__dict__.get(_KINDS)) for v in speaking]

    def __missing__(self, kind: type | tuple[type, ...]) -> tuple[Callable[..., Any], ...]:
        self[kind] = found = tuple(method for method, kinds in self._methods if speaks(kinds, kind))
        return found


def speaks(kinds: tuple[type, ...] | None, kind: type | tuple[type, ...]) -> bool:
    """Whether a method that speaks of some kinds (None: of all) has anything to say of a kind, or of one of several."""
    return kinds is None or any(issubclass(each, kinds) for each in (kind if isinstance(kind, tuple) else (kind,)))


def _silent(kind: type, name: str) -> object:
    """The method of the class that all vocabularies of a language have in common, which says nothing."""
    return next(base.__dict__[name] for base in reversed(kind.__mro__) if name in base.__dict__)
