"""Rows that a function clears by one that it calls, before it deletes what they refer to: nothing is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.api import survey
from dbarchitect.finding import Level
from dbarchitect.rules.keys.foreign_key_without_on_delete import ForeignKeyWithoutOnDelete

SCHEMA = """
CREATE TABLE plans (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE links (
    id serial PRIMARY KEY, plan_id integer NOT NULL REFERENCES plans (id), token text NOT NULL UNIQUE
);
CREATE INDEX ix_links_plan_id ON links (plan_id);
"""
PROGRAM = """
const { Pool } = require('pg')
const pool = new Pool()
async function clear(id) {
  await pool.query('DELETE FROM links WHERE plan_id = $1', [id])
}
async function remove(id) {
%s
}
module.exports = { remove }
"""
CLEARED = "  await clear(id)\n"
DELETED = "  await pool.query('DELETE FROM plans WHERE id = $1', [id])\n"


@pytest.mark.parametrize(
    ("body", "level"), [(CLEARED + DELETED, Level.INFO), (DELETED + CLEARED, Level.WARNING), (DELETED, Level.WARNING)]
)
def test_cleared_by_calls(tmp_path: Path, body: str, level: Level) -> None:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "package.json").write_text('{"name": "plans", "dependencies": {"pg": "8"}}')
    (tmp_path / "plans.js").write_text(PROGRAM % body)
    (found,) = survey([str(tmp_path)])
    (finding,) = ForeignKeyWithoutOnDelete().detect(found)
    assert (finding.level or Level.INFO) is level
