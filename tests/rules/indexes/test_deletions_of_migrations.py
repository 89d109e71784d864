"""A migration has run: rows that it deletes do not make a foreign key one that the program deletes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.rules.indexes.unindexed_foreign_key import UnindexedForeignKey
from dbarchitect.sources.opened import survey_path

TABLES = """create table people (id integer primary key, email text not null unique);
create table tokens (id text primary key, person_id integer not null references people (id) on delete cascade);
"""
DELETES = """const knex = require('knex')({ client: 'pg' })
exports.up = async function () {
  await knex('people').where({ email: '' }).delete()
}
"""


@pytest.mark.parametrize(
    ("path", "lines"),
    [("src/people.js", 1), ("migrations/20240101_merge_people.js", 0)],
    ids=["at work", "in a migration"],
)
def test_who_deletes(tmp_path: Path, path: str, lines: int) -> None:
    (tmp_path / "schema.sql").write_text(TABLES)
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_text(DELETES)
    (found,) = UnindexedForeignKey().detect(survey_path(tmp_path)[0])
    assert len(found.evidence) - 1 == lines
