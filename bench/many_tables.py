"""Whether a database of 20,000 tables costs ten times as much as one of 2,000: time and memory of the whole command.

    python bench/many_tables.py [--tables 2000 20000] [--runs 2]

Prints the ratios first: peak memory per table and processor time per table of `dba audit URL --format json`, the
larger database over the smaller, what the command takes without a table subtracted; target: at most 1.2. A command
that keeps more of each table the more tables there are, or that compares each with all others, shows up here. The
schema is that of `live_postgresql.py`. Starts a server of its own, with its default number of locks: reading keeps no
lock on any table, however many there are; takes minutes, nearly all to create the tables.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from live_postgresql import schema
from measuring import Run, least

from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.shadow import open_shadow

TARGET = 1.2


def measured(url: str, tables: int, runs: int) -> Run:
    """The whole command on one database."""
    with tempfile.TemporaryDirectory(prefix="dba-bench-") as folder:
        report = Path(folder) / "report.json"
        done = least(runs, "-m", "dbarchitect", "audit", url, "--format", "json", output=report)
        found = json.loads(report.read_bytes())["examined"]["tables"]
    if found != tables:
        raise SystemExit(f"{found} tables read, {tables} expected")
    print(f"{tables:>6} tables: {done.seconds:.2f} s of processor time, {done.memory:.0f} MB", flush=True)
    return done


def main() -> int:
    """Measure and print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="Audit a small and a large live PostgreSQL.")
    parser.add_argument("--tables", type=int, nargs=2, default=[2000, 20000])
    parser.add_argument("--runs", type=int, default=2)
    chosen = parser.parse_args()
    done: dict[int, Run] = {}
    with open_shadow("postgresql") as shadow:
        for tables in (1, *sorted(chosen.tables)):
            url = shadow.database()
            ENGINE.execute(url, [*schema(tables), "analyze"])
            done[tables] = measured(url, tables, chosen.runs)
            shadow.drop(url)
    none, (small, large) = done[1], sorted(chosen.tables)

    def grown(used: str) -> float:
        base = getattr(none, used)
        return (getattr(done[large], used) - base) / large / ((getattr(done[small], used) - base) / small)

    memory, seconds = grown("memory"), grown("seconds")
    per_table = (done[large].memory - none.memory) * 1000 / large
    print(f"memory per table, {large:,} / {small:,}   {memory:5.2f}   (target {TARGET}; {per_table:.0f} kB a table)")
    print(f"time per table, {large:,} / {small:,}     {seconds:5.2f}   (target {TARGET})")
    return 0 if max(memory, seconds) <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
