"""Of many values that are the same, one: queries by the ten thousands repeat each other's texts and columns."""

from __future__ import annotations

from typing import Any, TypeVar

V = TypeVar("V")


class Once:
    """Holds values, to give the one that was there before for another that is the same."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}
        self._members: dict[tuple[int, ...], Any] = {}

    def value(self, value: V) -> V:
        """The one of a text, or of what holds nothing but texts."""
        found: V = self._values.setdefault(value, value)
        return found

    def members(self, members: tuple[V, ...]) -> tuple[V, ...]:
        """The one with these very members: what they leave out where they are compared is not lost."""
        if not members:
            return members
        found: tuple[V, ...] = self._members.setdefault(tuple(map(id, members)), members)
        return found
