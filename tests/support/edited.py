"""A project that is edited between audits, with a cache of its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from dbarchitect.sources import cache, state
from dbarchitect.sources.discover import Project, open_project


class Module(Protocol):
    """A module of any language."""

    path: str


class Edited:
    """A folder whose files are written at times of their own, a second apart, however fast a test is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._times = itertools.count(1_000_000_000, 1_000_000_000)

    def write(self, path: str, text: str | None) -> None:
        """Write a file, or (None) take it away."""
        place = self.root / path
        if text is None:
            place.unlink(missing_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        time = next(self._times)
        os.utime(place, ns=(time, time))

    def write_all(self, files: Mapping[str, str]) -> None:
        """Write several files."""
        for path, text in files.items():
            self.write(path, text)

    def add(self, path: str, text: str) -> None:
        """Write a file again with some text more at its end."""
        self.write(path, (self.root / path).read_text() + text)


Way = tuple[Callable[[], cache.Readings], Callable[[cache.Readings], cache.Readings], cache.Keeping]
"""How a project is read: what reads its schema, what reads its code, and what is kept of the code."""


class Counted(Edited):
    """Such a folder, read as an audit reads it: how often its schema was read, which modules were followed last."""

    def __init__(self, root: Path, way: Callable[[Project], Way]) -> None:
        super().__init__(root)
        self.declared = 0
        self.followed: list[str] = []
        self._way = way

    def read(self) -> cache.Readings:
        """Read it, of the cache what is still right."""
        self.followed.clear()
        project = open_project(self.root)
        read, follow, kept = self._way(project)

        def declare() -> cache.Readings:
            self.declared += 1
            return read()

        return cache.reading_of(cache.Home.of(project), declare, follow, kept).readings

    def count(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        """Count the modules that a method of a class, whose first argument is one, is called with."""
        method = getattr(owner, name)

        def counting(of: object, module: Module, *rest: object) -> object:
            self.followed.append(module.path)
            return method(of, module, *rest)

        monkeypatch.setattr(owner, name, counting)


def keep_all(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """Keep what is read of any project, small and just written as it is, in a folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    monkeypatch.delenv("DBA_CACHE", raising=False)
    monkeypatch.setattr(cache, "SMALLEST", 0)
    monkeypatch.setattr(state, "_JUST_NOW", -(10**18))


HARMS = ("cut", "changed", "emptied", "open", "linked", "gone", "garbage")


def harm(file: Path, how: str) -> None:
    """Do one of the `HARMS` to a file of the cache: it is not as we wrote it, not there, or anybody may write it."""
    content = file.read_bytes()
    match how:
        case "cut":
            file.write_bytes(content[: len(content) // 2])
        case "changed":
            file.write_bytes(content[:-10] + bytes([content[-10] ^ 1]) + content[-9:])
        case "emptied":
            file.write_bytes(b"")
        case "open":
            file.chmod(0o666)
        case "gone":
            file.unlink()
        case "garbage":
            file.write_bytes(os.urandom(5_000))
        case _:
            elsewhere = file.parents[1] / "elsewhere"
            file.rename(elsewhere)
            file.symlink_to(elsewhere)


def said(readings: cache.Readings) -> str:
    """What a reading says, of the code too, as text."""
    found: list[object] = []
    for reading in readings:
        code = reading.code
        found.append((reading.catalog, reading.diagnostics, [model.key for model in reading.models]))
        if code is not None:
            found += [
                [(q.table, q.predicates, q.limit, q.origin, q.place, q.fetch, sorted(q.uses)) for q in code.queries],
                sorted(code.functions.items()), code.calls, code.events, code.handlers, code.rules, code.files,
            ]  # fmt: skip
    return repr(found)
