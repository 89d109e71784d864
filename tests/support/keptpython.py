"""A project of Python that is read as an audit reads it, with a cache of its own and a count of what is read anew."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources import cache, state
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python import reader
from dbarchitect.sources.code.python.kept import Kept
from dbarchitect.sources.code.python.modules import Modules, Parts
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import Module


class Counted:
    """Reads a project as an audit does, and counts what was read and followed anew."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.declared = 0
        self.followed: list[str] = []
        self._times = itertools.count(1_000_000_000, 1_000_000_000)

    def write(self, path: str, text: str | None) -> None:
        """Write a file at a time of its own, or (None) take it away."""
        place = self.root / path
        if text is None:
            place.unlink(missing_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        time = next(self._times)
        os.utime(place, ns=(time, time))

    def read(self) -> tuple[SourceReading, ...]:
        self.followed.clear()
        project = open_project(self.root)
        index, kept = PythonIndex(project), Kept()

        def declare() -> tuple[SourceReading, ...]:
            self.declared += 1
            return read_project(project, index)

        return cache.readings_of(project, declare, lambda found: reader.read_code(index, found, kept), kept)


def counted_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]) -> Counted:
    """A project of some files; its cache lies beside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    monkeypatch.delenv("DBA_CACHE", raising=False)
    monkeypatch.setattr(cache, "SMALLEST", 0)
    monkeypatch.setattr(state, "_JUST_NOW", -(10**18))  # our files have times of their own
    found = Counted(tmp_path / "shop")
    for path, text in files.items():
        found.write(path, text)
    follow = Modules.follow

    def counting(modules: Modules, module: Module, alive: Callable[[], None]) -> tuple[Parts, tuple[Diagnostic, ...]]:
        found.followed.append(module.path)
        return follow(modules, module, alive)

    monkeypatch.setattr(Modules, "follow", counting)
    return found


def said(readings: tuple[SourceReading, ...]) -> str:
    """What a reading says of the code, as text."""
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
