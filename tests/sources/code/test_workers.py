"""Work shared out to processes: results, a process that hangs, one that dies."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from dbarchitect.sources.code.workers import Shared, share_out, share_out_by_size
from dbarchitect.sources.meanwhile import can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="the system cannot fork")


def run(
    pieces: int, act: Callable[[int], None], patience: float = 20.0, shares: int = 2
) -> tuple[list[int], Shared[list[int]]]:
    """The pieces that were done by two processes, in order, and all that came of it."""
    done: list[int] = []

    def work(piece: int, alive: Callable[[], None]) -> None:
        alive()
        act(piece)
        done.append(piece)

    given = [range(number, pieces, shares) for number in range(shares)]
    shared = share_out(given, work, lambda: done, processes=2, patience=patience)
    return sorted(piece for result in shared.results for piece in result), shared


def test_every_piece_is_done_once_and_nothing_here() -> None:
    done, shared = run(50, lambda _: None)
    assert done == list(range(50))
    assert shared.failed == {}


def test_more_shares_than_processes_are_all_done_once() -> None:
    done, shared = run(50, lambda _: None, shares=7)
    assert done == list(range(50))
    assert len(shared.results) == 2
    assert run(3, lambda _: None, shares=9)[0] == [0, 1, 2]


def test_a_process_that_is_free_does_what_a_slow_one_has_no_time_for() -> None:
    def act(piece: int) -> None:
        time.sleep(1.0 if piece == 0 else 0.0)

    _, shared = run(16, act, shares=16)
    slow, quick = sorted(shared.results, key=len)
    assert 0 in slow
    assert len(slow) < 6 < len(quick)


def test_a_process_that_dies_is_replaced_and_the_shares_that_wait_are_done() -> None:
    def act(piece: int) -> None:
        if piece in {0, 9}:
            os._exit(9)

    done, shared = run(12, act, shares=12)
    assert set(shared.failed) == {0, 9}
    assert done == [piece for piece in range(12) if piece not in {0, 9}]


def test_pieces_that_belong_together_are_done_by_one_process() -> None:
    done: list[int] = []
    shared = share_out_by_size([1] * 100, lambda piece, _: done.append(piece), lambda: done, {0, 7, 50, 93})
    assert sorted(piece for result in shared.results for piece in result) == list(range(100))
    for first, last in ((0, 7), (7, 50), (50, 93), (93, 100)):
        assert any(set(range(first, last)) <= set(result) for result in shared.results)


def test_what_is_large_is_begun_with() -> None:
    sizes = [1] * 100
    sizes[40], sizes[60], sizes[61] = 30, 20, 10
    done: list[int] = []
    shared = share_out_by_size(sizes, lambda piece, _: done.append(piece), lambda: done)
    assert sorted(piece for result in shared.results for piece in result) == list(range(100))
    firsts = {tuple(result[:2]) for result in shared.results if result}
    assert any(first[0] == 40 for first in firsts)
    assert {40, 60} <= {piece for first in firsts for piece in first}
    assert 61 in {piece for result in shared.results for piece in result[:3]}


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


def test_nobody_is_left_when_the_process_that_waits_for_them_is_killed() -> None:
    reading, writing = os.pipe()  # all that are forked hold its end: it is at an end when they are gone

    def act(piece: int) -> None:
        os.write(writing, b"x")
        time.sleep(0.5 if piece else 0.0)

    child = os.fork()
    if child == 0:
        os.setsid()
        run(4, act, shares=4)
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 1) == b"x"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    said = b"x"
    while said and select.select([reading], [], [], 10.0)[0]:
        said = os.read(reading, 100)
    os.close(reading)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    assert said == b""
