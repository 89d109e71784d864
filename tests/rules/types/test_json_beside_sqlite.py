"""JSON as text in a Prisma schema that has to run on SQLite as well is a remark."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.types.json_in_text import JsonInText
from dbarchitect.sources.opened import survey_path

SCHEMA = """
datasource db {{
  provider = "{provider}"
  url      = env("DATABASE_URL")
}}
generator client {{
  provider = "prisma-client-js"
}}
model Page {{
  id       Int    @id @default(autoincrement())
  title    String
  settings String @default("[]")
}}
"""


@pytest.mark.parametrize(("beside", "level"), [("sqlite", Level.INFO), ("mysql", Level.WARNING)])
def test_what_the_schema_beside_is_for(tmp_path: Path, beside: str, level: Level) -> None:
    for provider in ("postgresql", beside):
        (tmp_path / "prisma" / provider).mkdir(parents=True)
        (tmp_path / "prisma" / provider / "schema.prisma").write_text(SCHEMA.format(provider=provider))
    found = {
        survey.engine.name: finding for survey in survey_path(tmp_path) for finding in JsonInText().findings(survey)
    }
    assert (found["postgresql"].level or JsonInText.level) is level
    assert ("each of the schemas" in found["postgresql"].hint) is (level is Level.INFO)
