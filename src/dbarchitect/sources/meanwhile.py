"""Something done at the same time in a process of its own, where the system can fork, and there are two processors.

The process is forked, so that it has what was read already; what comes of it is sent back as bytes. One that fails
costs only time: the work is done here.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

R = TypeVar("R")
_MOST_TICKETS = 4_096
"""As many as any pipe takes at once."""


def can_fork() -> bool:
    """Whether this system can fork processes."""
    return hasattr(os, "fork") and "fork" in multiprocessing.get_all_start_methods()


def at_once() -> bool:
    """Whether two things can be done at the same time, here and now: a process with threads must not be forked."""
    return can_fork() and threading.active_count() == 1 and (os.cpu_count() or 1) > 1


class _Beside(Generic[R]):
    """A piece of work in a process of its own; where that process fails, it is done here when somebody asks."""

    def __init__(self, work: Callable[[], R]) -> None:
        self._work = work
        self._child, self._parent = 0, os.getpid()
        self._results: list[R] = []
        if not at_once():
            return
        self._reading, writing = os.pipe()
        try:
            self._child = os.fork()
        except OSError:  # too many processes, or no room for one more
            os.close(self._reading)
            os.close(writing)
            return
        if self._child == 0:
            try:
                with os.fdopen(writing, "wb") as theirs:
                    pickle.dump(work(), theirs, protocol=pickle.HIGHEST_PROTOCOL)
            finally:
                os._exit(0)  # whatever happens, the rest of the program is not its own to run
        os.close(writing)

    def result(self) -> R:
        """What came of it."""
        if not self._results:
            self._results.append(self._sent() if self._is_there else self._work())
        return self._results[0]

    @property
    def _is_there(self) -> bool:
        """Whether there is a process that tells this one what came of it, and none that was forked since."""
        return self._child != 0 and os.getpid() == self._parent

    def _sent(self) -> R:
        with os.fdopen(self._reading, "rb", closefd=False) as ours:
            said = ours.read()
        self.end()
        try:
            found: R = pickle.loads(said)  # noqa: S301 - of our own process
        except Exception:  # noqa: BLE001 - it ended before its time, or what it gives cannot be sent
            found = self._work()
        return found

    def end(self) -> None:
        """It has ended, or nobody asks any more."""
        if self._is_there:
            os.kill(self._child, signal.SIGKILL)
            os.close(self._reading)
            os.waitpid(self._child, 0)
            self._child = 0


@contextmanager
def meanwhile(work: Callable[[], R]) -> Iterator[Callable[[], R]]:
    """Within it, a piece of work is done in a process of its own, where the system can fork; what is given tells, when
    it is called, what came of it. Where that process fails, or there is none, the work is done here, at that call."""
    beside = _Beside(work)
    try:
        yield beside.result
    finally:
        beside.end()


def shared(pieces: Sequence[Callable[[], R]]) -> list[R]:
    """What pieces of work give, in their order; done in two processes where the system can fork.

    This process takes them from the last one on, the other one from the first, until all are taken: so each does
    neighbours, and none waits long for the other. What the other one does not send is done here.
    """
    if not at_once():
        return [piece() for piece in pieces]
    left, filling = os.pipe()  # a byte for each piece: whoever gets it may take one
    with os.fdopen(left, "rb", buffering=0) as tickets:
        with os.fdopen(filling, "wb", buffering=0) as counted:
            counted.write(bytes(min(len(pieces), _MOST_TICKETS)))

        def taken(numbers: Iterable[int]) -> dict[int, R]:
            return {number: pieces[number]() for number in numbers if tickets.read(1)}

        with meanwhile(lambda: taken(range(len(pieces)))) as others:
            found = taken(reversed(range(len(pieces))))
            found.update(others())
    return [found[number] if number in found else piece() for number, piece in enumerate(pieces)]
