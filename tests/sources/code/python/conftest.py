"""Every project that these tests follow also asks the vocabularies about the kinds of values that they are spared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.overheard import overhearing


@pytest.fixture(autouse=True)
def spoken_out_of_turn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Methods that had something to say of a kind that their `@of` leaves out: a test ends badly where there is one."""
    with overhearing(monkeypatch) as said:
        yield said
    assert said == []
