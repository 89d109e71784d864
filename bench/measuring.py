"""Measuring a command as its users run it: from compiled files, in processor seconds, the least of several runs.

Processor time is that of the process alone (user and system); on a machine that others use, wall time is not. What
else runs can only add to it, so the least counts. Bytecode goes to a folder of the bench's own: an installed package
is compiled once, a checkout with PYTHONDONTWRITEBYTECODE never.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MEGABYTE = 1024  # ru_maxrss counts kilobytes on Linux


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took: processor seconds, wall seconds, peak memory in MB; and its exit code.

    Wall time is for what waits for a server: a part of the work is done there.
    """

    seconds: float
    elapsed: float
    memory: float
    code: int


@cache
def _bytecode() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="dba-bench-bytecode-")


def run(*arguments: str, output: Path | None = None) -> Run:
    """One run of a Python process with these arguments, its output thrown away or in a file."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = _bytecode().name
    start = time.perf_counter()
    with (output or Path(os.devnull)).open("wb") as out:
        process = subprocess.Popen([sys.executable, *arguments], stdout=out, stderr=subprocess.DEVNULL, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.perf_counter() - start
    return Run(used.ru_utime + used.ru_stime, elapsed, used.ru_maxrss / MEGABYTE, process.returncode)


def least(runs: int, *arguments: str, output: Path | None = None) -> Run:
    """The least of several runs, after one that only compiles. Raises SystemExit where the process cannot work."""
    run(*arguments, output=output)
    done = [run(*arguments, output=output) for _ in range(runs)]
    if any(one.code not in {0, 1} for one in done):
        raise SystemExit(f"`{' '.join(arguments)}` ended with {done[0].code}")
    least_elapsed = min(one.elapsed for one in done)
    return Run(min(one.seconds for one in done), least_elapsed, max(one.memory for one in done), done[0].code)


def best(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The least processor time of this process for each, in several rounds, taken in turn."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            start = time.process_time()
            work()
            taken.append(time.process_time() - start)
    return [min(taken) for taken in times]
