"""Vocabularies that are asked also of the kinds of values of which their `@of` says that they have nothing to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dbarchitect.sources.code.speaking import Speakers, speaks


@contextmanager
def overhearing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Within it, whatever such a method says of a kind that it leaves out is noted."""
    said: list[str] = []

    def asked(speakers: Speakers, kind: type | tuple[type, ...]) -> tuple[Callable[..., object], ...]:
        found = (
            method if speaks(kinds, kind) else _overheard(method, kind, said) for method, kinds in speakers._methods
        )
        speakers[kind] = tuple(found)
        return speakers[kind]

    monkeypatch.setattr(Speakers, "__missing__", asked)
    yield said


def _overheard(method: Callable[..., object], kind: type | tuple[type, ...], said: list[str]) -> Callable[..., object]:
    names = ", ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))

    def overheard(*args: object) -> None:
        found = method(*args)
        if found is not None and found is not False:
            said.append(f"{method.__qualname__} of {names}")

    return overheard
