"""Every project that these tests follow also asks the vocabularies about the kinds of values that they are spared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dbarchitect.sources.code.typescript.speaking import Speakers


@pytest.fixture(autouse=True)
def spoken_out_of_turn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Methods that had something to say of a kind that their `@of` leaves out: a test ends badly where there is one."""
    said: list[str] = []

    def asked(speakers: Speakers, kind: type) -> tuple[Callable[..., object], ...]:
        found = []
        for method, kinds in speakers._methods:
            spared = kinds is not None and not issubclass(kind, kinds)
            found.append(_overheard(method, kind, said) if spared else method)
        speakers[kind] = tuple(found)
        return speakers[kind]

    monkeypatch.setattr(Speakers, "__missing__", asked)
    yield said
    assert said == []


def _overheard(method: Callable[..., object], kind: type, said: list[str]) -> Callable[..., object]:
    def overheard(*args: object) -> None:
        if method(*args) is not None:
            said.append(f"{method.__qualname__} of {kind.__name__}")

    return overheard
