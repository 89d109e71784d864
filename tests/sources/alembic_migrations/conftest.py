"""Small Alembic environments written into a temporary folder, read statically."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.engine import POSTGRESQL, SQLITE
from dbarchitect.sources.alembic import Replayed, find_environments, replay
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import PythonIndex

from .versions import ENVIRONMENT, Replay, Write, chain


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a project given as path → content."""

    def written(files: dict[str, str]) -> Path:
        for path, content in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
        return tmp_path

    return written


@pytest.fixture
def replayed(write: Write) -> Replay:
    """Replay a straight line of migrations, given by what their `upgrade()` holds."""

    def run(
        *upgrades: str, engine: str = "postgresql", outside: str = "", files: dict[str, str] | None = None
    ) -> Replayed:
        root = write({"migrations/env.py": ENVIRONMENT, **chain(upgrades, outside=outside), **(files or {})})
        project = open_project(root)
        index = PythonIndex(project)
        environments = find_environments(project, index)
        assert len(environments) == 1
        return replay(environments[0], index, SQLITE if engine == "sqlite" else POSTGRESQL)

    return run
