"""What displays and names are where two ways through a program meet, whatever its language."""

from __future__ import annotations

from abc import ABC, abstractmethod

from dbarchitect.sources.code.values import SOMEWHERE, Entries, Value


class Meeting(ABC):
    """Makes one value of two, as the language and its vocabularies have it."""

    @abstractmethod
    def merged(self, first: Value, second: Value) -> Value:
        """A value that is the one or the other, as the program decides."""

    @abstractmethod
    def sometimes(self, value: Value) -> Value:
        """A value that is there on some ways through the code only."""

    def united(self, first: list[Value], second: list[Value]) -> tuple[list[Value], bool]:
        """The members of a list that has these or those, and whether some are only in the second: what is not in both
        is there on some ways only."""
        known, others = {id(item) for item in first}, {id(item) for item in second}
        shared = [item if id(item) in others else self.sometimes(item) for item in first]
        extra = [self.sometimes(item) for item in second if id(item) not in known]
        return [*shared, *extra], bool(extra)

    def entries(self, first: Entries, second: Entries) -> Entries:
        """A dictionary that is the one or the other: what only one of them has is optional."""
        shared = first.entries.keys() & second.entries.keys()
        entries = {
            name: self.merged(first.entries[name], second.entries[name]) if name in shared else value
            for name, value in (*first.entries.items(), *((n, v) for n, v in second.entries.items() if n not in shared))
        }
        optional = {**first.optional, **second.optional, **{name: SOMEWHERE for name in entries if name not in shared}}
        nullable = first.nullable | second.nullable
        present = {name for name in shared if first.is_present(name) and second.is_present(name)}
        missing = first.missing | second.missing
        is_open = first.open or second.open
        return Entries(entries, is_open, first.branch, optional, nullable, present, missing=missing)

    def names(self, first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
        """The names of a function after two ways through it."""
        names = dict(second)
        for name, value in first.items():
            if name not in names:
                names[name] = value
            elif names[name] is not value:
                names[name] = self.merged(value, names[name])
        return names
