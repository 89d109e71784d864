"""Work done at the same time in a process of its own: what comes of it, and what fails."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

import pytest
from support.forks import forked_on_two_processors

from dbarchitect.sources.meanwhile import can_fork, meanwhile, shared

pytestmark = pytest.mark.skipif(not can_fork(), reason="the system cannot fork")


def test_pieces_of_work_are_done_once_each_by_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    forks = forked_on_two_processors(monkeypatch)

    def piece(number: int) -> tuple[int, int]:
        time.sleep(0.01)
        return number, os.getpid()

    found = shared([partial(piece, number) for number in range(40)])
    assert [number for number, _ in found] == list(range(40))
    who = [process for _, process in found]
    first = who.count(forks[0])
    assert 0 < first < 40
    assert who == [forks[0]] * first + [os.getpid()] * (40 - first)  # from either end


def test_what_another_process_does_not_send_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    forked_on_two_processors(monkeypatch)
    here = os.getpid()

    def fatal() -> int:
        if os.getpid() != here:
            os._exit(1)
        return 1

    def slow() -> int:
        time.sleep(0.2)
        return 2

    assert shared([fatal, slow, slow]) == [1, 2, 2]
    unsendable: list[Callable[[], int]] = shared([lambda: lambda: 3, lambda: lambda: 4])
    assert [found() for found in unsendable] == [3, 4]  # a function of no module cannot be sent
    assert shared([]) == []


def test_what_fails_here_fails_and_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    forks = forked_on_two_processors(monkeypatch)

    def fails() -> None:
        raise ValueError("last")

    with pytest.raises(ValueError, match="last"):
        shared([lambda: time.sleep(60), fails])
    (child,) = forks
    with pytest.raises(ChildProcessError):
        os.waitpid(child, os.WNOHANG)


def test_one_processor_does_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert shared([os.getpid, os.getpid]) == [os.getpid(), os.getpid()]


def test_no_room_for_another_process_costs_only_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "fork", full)
    assert shared([os.getpid, os.getpid]) == [os.getpid(), os.getpid()]
    with meanwhile(os.getpid) as told:
        assert told() == os.getpid()


def test_what_is_done_meanwhile_is_told_as_often_as_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    forks = forked_on_two_processors(monkeypatch)
    with meanwhile(os.getpid) as told:
        assert [told(), told()] == forks * 2


def test_what_nobody_asks_for_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    forks = forked_on_two_processors(monkeypatch)
    with meanwhile(lambda: time.sleep(60)):
        pass
    (child,) = forks
    with pytest.raises(ChildProcessError):
        os.waitpid(child, os.WNOHANG)


def test_a_process_that_was_forked_since_does_the_work_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    forks = forked_on_two_processors(monkeypatch)
    with meanwhile(os.getpid) as told:
        with meanwhile(lambda: (os.getpid(), told())) as other:
            own, found = other()
        assert own == found == forks[1]
        assert told() == forks[0]
