"""Programs that run on the desk or in the hand of the one who uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.api import survey
from dbarchitect.rules.operations.engine_unfit_for_production import EngineUnfitForProduction

SCHEMA = """
datasource db {
  provider = "sqlite"
  url      = "file:./notes.db"
}

model Note {
  id   Int    @id
  text String
}
"""


@pytest.mark.parametrize(
    ("packages", "on_devices"),
    [
        ('"electron": "30"', True),
        ('"expo": "50", "react-native": "0.73"', True),
        ('"@tauri-apps/api": "2", "@trpc/server": "11"', True),
        ('"electron": "30", "express": "4"', False),
        ('"express": "4"', False),
    ],
)
def test_devices(tmp_path: Path, packages: str, *, on_devices: bool) -> None:
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(SCHEMA)
    (tmp_path / "package.json").write_text(f'{{"name": "notes", "dependencies": {{{packages}}}}}')
    (found,) = survey([str(tmp_path)])
    assert found.deployment is not None
    assert found.deployment.on_devices is on_devices
    assert bool(list(EngineUnfitForProduction().detect(found))) is not on_devices


@pytest.mark.parametrize(("packages", "served"), [('"wrangler": "4"', True), ('"better-sqlite3": "11"', False)])
def test_a_worker_has_no_file_of_its_own(tmp_path: Path, packages: str, *, served: bool) -> None:
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "schema.prisma").write_text(SCHEMA)
    (tmp_path / "package.json").write_text(f'{{"name": "notes", "dependencies": {{"hono": "4", {packages}}}}}')
    (found,) = survey([str(tmp_path)])
    assert found.deployment is not None
    assert found.deployment.hosted_by == ("d1" if served else None)
    assert bool(list(EngineUnfitForProduction().detect(found))) is not served
