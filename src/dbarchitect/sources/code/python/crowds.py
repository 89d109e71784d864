"""Classes with very many heirs: of the methods of such a class, those of some heirs tell enough."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

_CLASS = re.compile(rb"^[ \t]*class[ \t]+(\w+)[ \t]*+\(([^)]{0,2000}+)\)", re.MULTILINE)
_NAME = re.compile(rb"(?<![\w.=])(?:\w+\.)*(\w+)(?![\w.=])")
_MOST = 100

Header: TypeAlias = tuple[str, tuple[str, ...]]
"""A class's name, and the last names of its bases."""


def headers_of(source: bytes) -> tuple[Header, ...]:
    """The classes of a source that have bases, as written."""
    return tuple(
        (found[1].decode(), tuple(name.decode() for name in _NAME.findall(found[2])))
        for found in _CLASS.finditer(source)
    )


class Crowds:
    """Tells which heirs of a class are passed over: all but the first hundred, as far as names tell."""

    def __init__(self, headers: Mapping[str, Iterable[Header]]) -> None:
        heirs: dict[str, list[tuple[str, str]]] = {}
        for path, classes in headers.items():
            for name, bases in classes:
                for base in bases:
                    heirs.setdefault(base, []).append((path, name))
        order = {path: number for number, path in enumerate(headers)}
        self._passed_over: dict[str, frozenset[tuple[str, str]]] = {}
        for base in heirs:
            below = _below(base, heirs)
            if len(below) > _MOST:
                last = sorted(below, key=lambda heir: (order[heir[0]], heir[1]))[_MOST:]
                self._passed_over[base] = frozenset(last)

    def passed_over(self, base: str, path: str, name: str) -> bool:
        """Whether a class of a module is one of too many that inherit from a class."""
        return (path, name) in self._passed_over.get(base, ())

    def of_modules(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """By module what is passed over there: bases with the heirs."""
        found: dict[str, list[tuple[str, str]]] = {}
        for base, heirs in self._passed_over.items():
            for path, name in heirs:
                found.setdefault(path, []).append((base, name))
        return {path: tuple(sorted(pairs)) for path, pairs in found.items()}


def _below(base: str, heirs: Mapping[str, list[tuple[str, str]]]) -> set[tuple[str, str]]:
    """All that inherit from a class, on whatever way."""
    found: set[tuple[str, str]] = set()
    seen = {base}
    waiting = [base]
    while waiting:
        for heir in heirs.get(waiting.pop(), ()):
            found.add(heir)
            if heir[1] not in seen:
                seen.add(heir[1])
                waiting.append(heir[1])
    return found
