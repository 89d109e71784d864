"""How fast the command starts: `dba --help` against a bare interpreter that imports click.

Prints the ratio first, then milliseconds. Target: 300 ms.

    python bench/start_up.py
"""

from __future__ import annotations

import sys

from measuring import least

RUNS = 15
TARGET_MS = 300


def main() -> int:
    """Measure both; 1 where the target is missed."""
    bare = least(RUNS, "-c", "import click").elapsed * 1000
    ours = least(RUNS, "-m", "dbarchitect", "--help").elapsed * 1000
    print(f"dba --help / python -c 'import click' = {ours / bare:.2f}   ({ours:.0f} ms against {bare:.0f} ms)")
    for command in ("config", "doctor", "rules", "audit --help"):
        spent = least(RUNS // 3, "-m", "dbarchitect", *command.split())
        print(f"dba {command:<14}{spent.elapsed * 1000:5.0f} ms, {spent.seconds * 1000:5.0f} ms of processor time")
    print(f"target for --help: {TARGET_MS} ms")
    return int(ours > TARGET_MS)


if __name__ == "__main__":
    sys.exit(main())
