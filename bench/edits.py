"""A day's work on a large application, and what an audit with its cache takes after each piece of it.

A comment at the end of files with queries changes no fact: the report of the last audit is this one's. A line at their
top moves every fact of them: those files are followed again, and the last report is told at its new places. Where a
query is another one, all is joined anew, and all rules are asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from measuring import Run

CHANGED = 10


def comments(files: list[Path], mark: bytes) -> None:
    """Write a comment at the end of each."""
    for file in files:
        file.write_bytes(file.read_bytes() + b"\n" + mark + b" edited\n")


def lines(files: list[Path], mark: bytes) -> None:
    """Write a line at the top of each."""
    for file in files:
        file.write_bytes(mark + b" edited\n" + file.read_bytes())


def queries(files: list[Path], one: bytes, other: bytes) -> None:
    """Ask for something else in each: the first call is replaced."""
    for file in files:
        file.write_bytes(file.read_bytes().replace(one, other, 1))


def with_queries(root: Path, pattern: str, word: bytes) -> list[Path]:
    """Ten files with a word, from all over the application."""
    files = [file for file in sorted(root.rglob(pattern)) if word in file.read_bytes()]
    return files[:: max(1, len(files) // CHANGED)][:CHANGED]


def audited(
    root: Path, files: list[Path], mark: bytes, calls: tuple[bytes, bytes], audit: Callable[[], Run]
) -> dict[str, Run]:
    """The audits: cold, again, and after each piece of work; one of two `calls` may stand for the other."""
    done = {"cold": audit(), "nothing changed": audit()}
    time.sleep(3)  # what changed just now could change again unseen: it is read again
    comments(files, mark)
    done[f"a comment at the end of {len(files)} files with queries"] = audit()
    time.sleep(3)
    lines(files, mark)
    done[f"a line at the top of {len(files)} files with queries"] = audit()
    time.sleep(3)
    queries(files, *calls)
    done[f"another query in {len(files)} files with queries"] = audit()
    time.sleep(3)
    (root / "NOTES.md").write_text("# Notes\n\nNothing of note.\n")
    done["a document more"] = audit()
    time.sleep(3)
    aside = files[0].with_name(f"aside{files[0].suffix}")
    aside.write_bytes(mark + b" nothing\n")
    done["a module more"] = audit()
    return done


def show(done: dict[str, Run]) -> None:
    """Print what each took."""
    for name, run in done.items():
        print(f"audit, {name}: {run.seconds:.1f} s of processor time, {run.elapsed:.1f} s elapsed, {run.memory:.0f} MB")


def slowest(done: dict[str, Run]) -> float:
    """Seconds of the slowest audit after an edit of files with queries."""
    return max(run.elapsed for name, run in done.items() if "queries" in name)
