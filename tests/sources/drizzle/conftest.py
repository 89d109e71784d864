"""Projects written for one test, and what is read of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Catalog
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.drizzle import DrizzleReader
from dbarchitect.sources.sqlfiles import read_folder

Written = Callable[..., tuple[SourceReading, ...]]
One = Callable[..., SourceReading]


@pytest.fixture
def readings(tmp_path: Path) -> Written:
    """Reads a project of these files, by their paths."""

    def read(files: dict[str, str | bytes]) -> tuple[SourceReading, ...]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return DrizzleReader().read(open_project(tmp_path))

    return read


@pytest.fixture
def reading(readings: Written) -> One:
    """Reads a project whose schema is one file, with other files besides."""

    def read(schema: str, files: dict[str, str] | None = None) -> SourceReading:
        (found,) = readings({"package.json": '{"name": "shop"}', "src/schema.ts": schema, **(files or {})})
        return found

    return read


@pytest.fixture
def replayed(tmp_path: Path) -> Callable[[str, str], Catalog]:
    """The catalog that SQL makes."""

    def replay(sql: str, engine: str) -> Catalog:
        folder = tmp_path / "expected"
        folder.mkdir()
        (folder / "schema.sql").write_text(sql)
        found = read_folder(open_project(folder).files, engine)
        assert found.diagnostics == ()
        return found.catalog

    return replay
