"""Small projects written into a temporary folder, read statically."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.sqlalchemy import SqlAlchemyReader

Read = Callable[..., tuple[SourceReading, ...]]
HEADER = """\
import sqlalchemy as sa
from sqlalchemy import *
from sqlalchemy.orm import *

Base = declarative_base()

"""


@pytest.fixture
def read_all(tmp_path: Path) -> Read:
    """Read the applications of a project given as path → content."""

    def read(files: dict[str, str]) -> tuple[SourceReading, ...]:
        for path, content in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(dedent(content))
        return SqlAlchemyReader().read(open_project(tmp_path))

    return read


@pytest.fixture
def read(read_all: Read) -> Callable[..., SourceReading]:
    """Read one module of models (with the usual imports and a Base before it) as the only application."""

    def one(body: str, *, header: str = HEADER, engine: str = "postgresql://db/app", **files: str) -> SourceReading:
        readings = read_all({"models.py": header + dedent(body), ".env": f"DATABASE_URL={engine}\n", **files})
        assert len(readings) == 1, [reading.application for reading in readings]
        return readings[0]

    return one
