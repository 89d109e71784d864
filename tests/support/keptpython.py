"""A project of Python that is read as an audit reads it, with a cache of its own and a count of what is read anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from support.edited import Counted, Way, keep_all

from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python import reader
from dbarchitect.sources.code.python.kept import Kept
from dbarchitect.sources.code.python.modules import Modules
from dbarchitect.sources.discover import Project
from dbarchitect.sources.python.index import PythonIndex


def counted_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]) -> Counted:
    """A project of some files; its cache lies beside it."""
    keep_all(monkeypatch, tmp_path / "kept")
    found = Counted(tmp_path / "shop", _way)
    found.write_all(files)
    found.count(monkeypatch, Modules, "follow")
    return found


def _way(project: Project) -> Way:
    index, kept = PythonIndex(project), Kept()
    return lambda: read_project(project, index), lambda found: reader.read_code(index, found, kept), kept
