"""Work done at the same time in a process of its own: what comes of it, and what fails."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from support.forks import forked_on_two_processors

from dbarchitect.sources.meanwhile import both, can_fork, meanwhile

pytestmark = pytest.mark.skipif(not can_fork(), reason="the system cannot fork")


def test_two_pieces_of_work_are_done_in_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    forked_on_two_processors(monkeypatch)
    first, second = both(os.getpid, os.getpid)
    assert first == os.getpid() != second


def test_the_second_piece_is_done_here_where_its_process_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    forked_on_two_processors(monkeypatch)
    here = os.getpid()

    def second() -> int:
        if os.getpid() != here:
            os._exit(1)
        return 2

    assert both(lambda: 1, second) == (1, 2)
    unsendable: tuple[Callable[[], int], Callable[[], int]] = both(lambda: lambda: 2, lambda: lambda: 3)
    assert unsendable[1]() == 3  # a function of no module cannot be sent


def test_what_fails_here_fails_and_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    forks = forked_on_two_processors(monkeypatch)

    def first() -> None:
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        both(first, lambda: time.sleep(60))
    (child,) = forks
    with pytest.raises(ChildProcessError):
        os.waitpid(child, os.WNOHANG)


def test_one_processor_does_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert both(os.getpid, os.getpid) == (os.getpid(), os.getpid())


def test_no_room_for_another_process_costs_only_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "fork", full)
    assert both(os.getpid, os.getpid) == (os.getpid(), os.getpid())


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
