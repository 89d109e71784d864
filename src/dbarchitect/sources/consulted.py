"""What a reading of a project looked at: the files that it read, and the words that it only searched files for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol


class Searchable(Protocol):
    """What files are searched for: a regular expression, or several as one. Two that are the same are equal."""

    def search(self, source: bytes, /) -> object | None:
        """What of it a source holds, None where it holds nothing."""

    def __hash__(self) -> int:
        """Told by what is searched for."""


@dataclass(eq=False, slots=True)
class Consulted:
    """`files` were read; each of `words` and `patterns` was searched for in all Python modules, each of `in_scripts` in
    all TypeScript and JavaScript: the paths that hold it; each of `sought` in some files: those, and which hold it.
    `listed`: the list of all files was gone through; `resolved`: it was asked which file of TypeScript or JavaScript an
    import means. `outside` are folders that the project leaves out and that were looked into nevertheless, with their
    marks.

    `spoiled`: something was given up that another time may succeed, so that the outcome must not be kept.
    """

    files: set[str] = field(default_factory=set)
    words: dict[bytes, frozenset[str]] = field(default_factory=dict)
    patterns: dict[Searchable, frozenset[str]] = field(default_factory=dict)
    in_scripts: dict[Searchable, frozenset[str]] = field(default_factory=dict)
    sought: dict[Searchable, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    listed: bool = False
    resolved: bool = False
    outside: dict[str, bytes] = field(default_factory=dict)
    spoiled: bool = False

    def take(self, other: Consulted) -> None:
        """Add what another one holds."""
        self.files |= other.files
        self.words |= other.words
        self.patterns |= other.patterns
        self.in_scripts |= other.in_scripts
        for pattern, (among, found) in other.sought.items():
            self.note_sought(pattern, among, found)
        self.outside |= other.outside
        self.listed = self.listed or other.listed
        self.resolved = self.resolved or other.resolved
        self.spoiled = self.spoiled or other.spoiled

    def copy(self) -> Consulted:
        """What it holds now."""
        made = Consulted()
        made.take(self)
        return made

    def note_sought(self, pattern: Searchable, among: Iterable[str], found: Iterable[str]) -> None:
        """Something was searched for in some files."""
        before = self.sought.get(pattern, (frozenset(), frozenset()))
        self.sought[pattern] = (before[0].union(among), before[1].union(found))


_NOTED: ContextVar[Consulted | None] = ContextVar("dbarchitect_consulted", default=None)


@contextmanager
def noting(log: Consulted) -> Iterator[None]:
    """Within it, what is looked at is noted in `log`."""
    token = _NOTED.set(log)
    try:
        yield
    finally:
        _NOTED.reset(token)


@contextmanager
def noting_apart() -> Iterator[Consulted]:
    """Within it, what is looked at is noted in a log of its own; behind it, in the present one too."""
    log = Consulted()
    with noting(log):
        yield log
    note_all(log)


def noted() -> Consulted | None:
    """The log that is kept at present, None where none is."""
    return _NOTED.get()


def note_all(log: Consulted) -> None:
    """What a log holds was looked at."""
    around = _NOTED.get()
    if around is not None:
        around.take(log)


def note_spoiled() -> None:
    """Something was given up that another time may succeed."""
    log = _NOTED.get()
    if log is not None:
        log.spoiled = True


def note_sought(pattern: Searchable, among: Iterable[str], found: Iterable[str]) -> None:
    """Something is searched for in some files."""
    log = _NOTED.get()
    if log is not None:
        log.note_sought(pattern, among, found)


def note_listed() -> None:
    """All files of the project are gone through."""
    log = _NOTED.get()
    if log is not None:
        log.listed = True


def note_resolved() -> None:
    """It is asked which file of TypeScript or JavaScript an import means."""
    log = _NOTED.get()
    if log is not None:
        log.resolved = True


def note_outside(folder: str, marks: bytes) -> None:
    """A folder (or file) is looked into that the project leaves out."""
    log = _NOTED.get()
    if log is not None:
        log.outside[folder] = marks


def note_files(paths: Iterable[str]) -> None:
    """Files are read, maybe by another process."""
    log = _NOTED.get()
    if log is not None:
        log.files.update(paths)


def note_file(path: str) -> None:
    """A file is read."""
    log = _NOTED.get()
    if log is not None:
        log.files.add(path)
