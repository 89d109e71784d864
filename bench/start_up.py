"""How fast the command starts: `dba --help` against a bare interpreter that imports click.

Prints the ratio first, then milliseconds. Target: 300 ms.

    python bench/start_up.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15
TARGET_MS = 300


def milliseconds(*arguments: str) -> float:
    """The median time of a process."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def main() -> None:
    """Measure both."""
    bare = milliseconds("-c", "import click")
    ours = milliseconds("-m", "dbarchitect", "--help")
    figures = f"({ours:.0f} ms against {bare:.0f} ms; target {TARGET_MS} ms)"
    print(f"dba --help / python -c 'import click' = {ours / bare:.2f}   {figures}")


if __name__ == "__main__":
    main()
