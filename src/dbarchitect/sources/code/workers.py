"""Work on many files shared out to processes that can be killed: one that hangs costs its file, not the audit.

The processes are forked, so that they have what was read already without copying it; where the system cannot fork, the
work is done in the caller's own process and nothing can be killed.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from typing import Generic, TypeVar

R = TypeVar("R")
Work = Callable[[int, Callable[[], None]], None]
"""Does the piece of work of a number; calls what it is given whenever it has got on: it is then not taken to hang."""

_PROCESSES = 2
_SHARES = 96
_LARGE = 3
"""So many shares by itself is too much for anyone who comes to it last."""
PATIENCE = 30.0
"""Seconds that work may take without getting on."""
_LOOKS = 8
"""How often in that time somebody looks whether it does."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A piece of work without a result, and why: in words that follow `the file`."""

    why: str


@dataclass(frozen=True, slots=True)
class Shared(Generic[R]):
    """What came of the work: a result from each process, and the pieces that failed."""

    results: tuple[R, ...]
    failed: dict[int, Failed]


class _Counts:
    """How far a process has got: numbers in memory that it shares with the one that began it. There are ten thousands
    of pieces, and a message for each would take both of them longer than many a piece."""

    def __init__(self) -> None:
        self._numbers = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")

    @property
    def done(self) -> int:
        """The pieces that are done."""
        return self._numbers[0]

    @property
    def signs(self) -> int:
        """The signs that it gets on with a piece."""
        return self._numbers[1]

    def one_done(self) -> None:
        """One piece more is done."""
        self._numbers[0] += 1

    def going_on(self) -> None:
        """It has got on."""
        self._numbers[1] += 1


class _Worker(Generic[R]):
    """One process, the pieces of work that it was given, and since when nothing was seen of its getting on."""

    def __init__(self, number: int, pieces: Sequence[int], work: Work, collect: Callable[[], R]) -> None:
        self.number = number
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self.pieces = list(pieces)
        self.counts = _Counts()
        self.free = False
        self.result: R | None = None
        given = (theirs, self.connection, self.counts, self.pieces, work, collect)
        self.process = context.Process(target=_serve, args=given, daemon=True)
        self.process.start()
        theirs.close()
        self.since = time.monotonic()
        self.done = self._signs = 0

    def look(self) -> None:
        """See how far it has got."""
        done, signs = self.counts.done, self.counts.signs
        if (done, signs) != (self.done, self._signs):
            self.done, self._signs, self.since = done, signs, time.monotonic()

    def give(self, pieces: Sequence[int]) -> None:
        """More to do; nothing: that was all."""
        self.pieces.extend(pieces)
        with suppress(OSError):  # it has died: that is seen when it is listened to
            self.connection.send(list(pieces))

    def end(self) -> None:
        """Kill it, if it is still there."""
        self.process.kill()
        self.connection.close()
        self.process.join(timeout=5)


def _serve(
    theirs: connection.Connection,
    other_end: connection.Connection,
    counts: _Counts,
    pieces: Sequence[int],
    work: Work,
    collect: Callable[[], R],
) -> None:
    """What a process does: its pieces of work, counted, more while there are any, then the result of all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts us ends the process that reads from us
    other_end.close()  # or it would wait for ever for one that was killed, and hold the connection open itself
    try:
        while True:
            for piece in pieces:
                work(piece, counts.going_on)
                counts.one_done()
            theirs.send(("free", None))
            pieces = theirs.recv()
            if not pieces:
                break
        theirs.send(("result", collect()))
    except (BrokenPipeError, EOFError):
        os._exit(0)  # nobody waits for it any more


def share_out(
    shares: Sequence[Sequence[int]],
    work: Work,
    collect: Callable[[], R],
    *,
    processes: int | None = None,
    patience: float = PATIENCE,
) -> Shared[R]:
    """Do the pieces of each share in a process of its own, then `collect()` there what came of them.

    With fewer `processes` than shares, each is given another share when it is free, from either end in turn: so each
    has neighbours, and none waits long for another. Which process does which share is then up to their speed.
    A piece that does not get on for `patience` seconds, or whose process dies, is `Failed`; its process is replaced by
    another that does what it was given without it.
    """
    failed: dict[int, Failed] = {}
    waiting = deque(share for share in shares if share)
    begun = min(processes or len(waiting), len(waiting))
    workers = [_Worker(number, _next(waiting, number), work, collect) for number in range(begun)]
    results: dict[int, R] = {}
    try:
        while workers:
            ready = connection.wait([worker.connection for worker in workers], timeout=patience / _LOOKS)
            for number, worker in enumerate(list(workers)):
                worker.look()
                why = _progress(worker, worker.connection in ready, patience)
                if why is not None:
                    worker.end()
                    if worker.done == len(worker.pieces):  # not the fault of any piece: doing them again is in vain
                        failed.update((piece, why) for piece in worker.pieces)
                        workers[number] = _Worker(worker.number, (), work, collect)
                        continue
                    blamed = worker.pieces[worker.done]
                    failed[blamed] = why
                    rest = [p for p in worker.pieces if p != blamed]
                    workers[number] = _Worker(worker.number, rest, work, collect)
                elif worker.free:
                    worker.free = False
                    worker.give(_next(waiting, worker.number))
                elif worker.result is not None:
                    results[worker.number] = worker.result
                    worker.process.join(timeout=5)
            workers = [worker for worker in workers if worker.result is None]
    finally:
        for worker in workers:
            worker.end()
    return Shared(tuple(results[number] for number in sorted(results)), failed)


def share_out_by_size(
    sizes: Sequence[int], work: Work, collect: Callable[[], R], begin: Collection[int] | None = None
) -> Shared[R]:
    """The same for pieces of work by the bytes that they go through. Two processes get neighbours, which have much to
    do with the same others; and a few at a time, as some take a hundred times as long as others of their size. `begin`
    are the pieces with which a share may begin, None for any: those between them are done by one process."""
    return share_out(_neighbours(sizes, _SHARES, begin), work, collect, processes=_PROCESSES)


def _neighbours(sizes: Sequence[int], count: int, begin: Collection[int] | None) -> list[list[int]]:
    """The numbers of the pieces in so many shares, in order, each of about as many bytes as the others; what is several
    times as large by itself stands at either end, where it is taken first: nobody shall wait for it when all else is
    done."""
    total = sum(sizes) + 1
    units: list[list[int]] = []
    for number in range(len(sizes)):
        if not units or begin is None or number in begin:
            units.append([])
        units[-1].append(number)
    large: list[tuple[int, list[int]]] = []
    shares: list[list[int]] = [[] for _ in range(count)]
    passed = 0
    for unit in units:
        size = sum(sizes[number] for number in unit)
        if size * count > _LARGE * total:
            large.append((size, unit))
        else:
            shares[passed * count // total].extend(unit)
        passed += size
    first = [unit for _, unit in sorted(large, key=lambda found: -found[0])]
    return [*first[::2], *shares, *reversed(first[1::2])]


def _next(waiting: deque[Sequence[int]], number: int) -> Sequence[int]:
    """The share that a process does next: from the front, or for every other process from the back."""
    if not waiting:
        return ()
    return waiting.pop() if number % 2 else waiting.popleft()


def _progress(worker: _Worker[R], ready: bool, patience: float) -> Failed | None:
    """Take note of what a worker says; why its present piece fails, None while all is well."""
    if ready:
        try:
            kind, said = worker.connection.recv()
        except (EOFError, OSError):
            return Failed("made the process that followed it die")
        worker.since = time.monotonic()
        worker.free = kind == "free"
        if kind == "result":
            worker.result = said
        return None
    if time.monotonic() - worker.since > patience:
        return Failed(f"did not get on for {patience:.0f} s and was given up")
    return None
