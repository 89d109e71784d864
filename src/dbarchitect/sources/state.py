"""What the files of a project hold, as far as it can be told without reading them: what changed since the last run."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from dbarchitect.sources.discover import Mark, Project, SourceFile, mark_of

_JUST_NOW = 2_000_000_000
"""Nanoseconds: a file that changed so shortly before could change again without its times telling."""

_FEW = 3
"""Files: with fewer, one more or less makes another project."""
_CODE = frozenset(
    {".py", ".prisma", ".sql", ".md", ".tsx", *(f".{m}{s}" for m in ("", "m", "c") for s in ("ts", "js"))}
)


@dataclass(frozen=True, slots=True)
class State:
    """A project as it was: its files with their marks (size, times and number on the disk), and the digests of their
    contents. A file without a mark had changed just before: nothing tells it from what it became."""

    marks: dict[str, Mark | None]
    digests: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, project: Project, at: int) -> State:
        """The state of a project whose files were listed at a time (nanoseconds)."""
        latest = at - _JUST_NOW
        return cls({file.path: mark if max((mark := file.mark)[1:3]) < latest else None for file in project.files})

    def with_digests(self, project: Project, before: State | None) -> State:
        """The same with digests: those of an earlier state where nothing tells of a change, else of the files as they
        are, unless they are others by now. Only code has them: what settings hold may be guessed from a digest."""
        found: dict[str, bytes] = {}
        for file in project.files:
            mark = self.marks[file.path]
            if mark is None or file.suffix not in _CODE:
                continue
            same = before is not None and before.marks.get(file.path) == mark
            digest = before.digests.get(file.path) if before is not None and same else None
            digest = digest or _digest(file, mark)
            if digest is not None:
                found[file.path] = digest
        return State(self.marks, found)

    def changes(self, project: Project) -> Changes | None:
        """What is otherwise now; None where a file cannot be read."""
        edited: dict[str, bytes] = {}
        added: dict[str, bytes] = {}
        for file in project.files:
            if self.marks.get(file.path, ()) == file.mark:
                continue
            new = file.path not in self.marks
            try:
                content = file.content() if not new or file.suffix in _CODE else b""
            except OSError:
                return None
            known = self.digests.get(file.path)
            if new:
                added[file.path] = content
            elif known is None or sha256(content).digest() != known:
                edited[file.path] = content
        gone: set[str] = set()
        if added or len(project.files) != len(self.marks):
            gone = self.marks.keys() - {file.path for file in project.files}
        return Changes(edited, added, tuple(sorted(gone)), self._moves(project, {*added, *gone}))

    def _moves(self, project: Project, paths: set[str]) -> bool:
        """Whether a folder came or went with some files, in a project of Python's, or hardly a file is left."""
        if not paths:
            return False
        before, now = self.marks.keys() - paths, {file.path for file in project.files} - paths
        if len(before) < _FEW or len(now) < _FEW:
            return True
        if not any(path.endswith((".py", ".pyi")) for path in (*before, *paths)):
            return False
        folders = {"", *(path.rpartition("/")[0] for path in now)}
        return any(path.rpartition("/")[0] not in folders for path in paths)


@dataclass(frozen=True, slots=True)
class Changes:
    """The files that hold something else than they did, with what they hold; those that are new (what they hold where
    it is code), and those that are gone. `moves`: folders came or went, which may tell where a package is."""

    edited: Mapping[str, bytes]
    added: Mapping[str, bytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    moves: bool = False

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.edited or self.added or self.removed)


def marks_below(path: str) -> bytes:
    """What tells a folder with all that lies in it, or a file, from what it becomes."""
    found: list[str] = []
    waiting = [path]
    while waiting:
        here = waiting.pop()
        try:
            facts = os.lstat(here)
            found.append(
                f"{here} {facts.st_mode} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns} {facts.st_ino}"
            )
            if stat.S_ISDIR(facts.st_mode):
                with os.scandir(here) as entries:
                    waiting.extend(entry.path for entry in entries)
        except OSError as error:
            found.append(f"{here} {error.errno}")
    return sha256("\n".join(sorted(found)).encode("utf-8", "surrogateescape")).digest()


def _digest(file: SourceFile, mark: Mark) -> bytes | None:
    """The digest of a file that is still what its mark says."""
    try:
        with file.absolute.open("rb") as opened:
            content = opened.read()
            now = mark_of(opened.fileno())
    except OSError:
        return None
    return sha256(content).digest() if now == mark else None
