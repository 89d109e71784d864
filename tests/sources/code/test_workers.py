"""Work shared out to processes: results, a process that hangs, one that dies."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from dbarchitect.sources.code.workers import Shared, can_fork, share_out

pytestmark = pytest.mark.skipif(not can_fork(), reason="the system cannot fork")


def run(pieces: int, act: Callable[[int], None], patience: float = 20.0) -> tuple[list[int], Shared[list[int]]]:
    """The pieces that were done, in order, and all that came of it."""
    done: list[int] = []

    def work(piece: int, alive: Callable[[], None]) -> None:
        alive()
        act(piece)
        done.append(piece)

    shared = share_out([range(0, pieces, 2), range(1, pieces, 2)], work, lambda: done, patience=patience)
    return sorted(piece for result in shared.results for piece in result), shared


def test_every_piece_is_done_once_and_nothing_here() -> None:
    done, shared = run(50, lambda _: None)
    assert done == list(range(50))
    assert shared.failed == {}


def test_nothing_to_do() -> None:
    assert run(0, lambda _: None)[0] == []


def test_a_piece_that_hangs_is_given_up_and_the_rest_goes_on() -> None:
    def act(piece: int) -> None:
        while piece == 3:
            time.sleep(60)

    start = time.monotonic()
    done, shared = run(8, act, patience=0.5)
    assert time.monotonic() - start < 10
    assert list(shared.failed) == [3]
    assert "given up" in shared.failed[3].why
    assert done == [0, 1, 2, 4, 5, 6, 7]


def test_a_piece_that_takes_long_but_gets_on_is_not_given_up() -> None:
    def work(piece: int, alive: Callable[[], None]) -> None:
        for _ in range(8 if piece == 1 else 0):
            time.sleep(0.2)
            alive()

    assert share_out([[0], [1]], work, lambda: True, patience=1.0).failed == {}


def test_pieces_whose_process_dies_are_named_and_the_rest_goes_on() -> None:
    def act(piece: int) -> None:
        if piece in {0, 5}:
            os._exit(9)

    done, shared = run(8, act)
    assert set(shared.failed) == {0, 5}
    assert "die" in shared.failed[0].why
    assert done == [1, 2, 3, 4, 6, 7]
