"""Tables that a program makes by texts in its JavaScript or TypeScript, with no SQL files beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.sources.opened import survey_path

STORE = """const Database = require('better-sqlite3');

const db = new Database('app.db');

// Says "CREATE TABLE" in a sentence.
db.exec(`
  CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY,
    nick TEXT NOT NULL DEFAULT 'it'
  );
  CREATE UNIQUE INDEX IF NOT EXISTS uq_users ON users (nick);
`);
db.exec('CREATE TABLE IF NOT EXISTS orders (' +
  'id INTEGER PRIMARY KEY, ' +
  'user_id INTEGER NOT NULL REFERENCES users (id), ' +
  'state TEXT DEFAULT \\'\\')');
db.exec("ALTER TABLE users ADD COLUMN seen TEXT");
db.exec(`CREATE TABLE ${prefix}_log (id INTEGER)`);

module.exports.of = (nick) => db.prepare('SELECT id FROM users WHERE nick = ?').get(nick);
"""

FIRST = """import { execute } from './execute';
import type { PoolClient } from 'pg';

export default async (connection: PoolClient) => {
  await execute(
    connection,
    `CREATE TABLE path (
      "id" INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      "language" varchar NOT NULL,
      "entity" uuid NOT NULL,
      CONSTRAINT "PATH_UNIQUE" UNIQUE ("language", "entity")
    )`
  );
};
"""

NEXT = """export default async (connection) => {
  await execute(connection, `ALTER TABLE path DROP CONSTRAINT "PATH_UNIQUE"`);
  await execute(connection, `ALTER TABLE path DROP COLUMN "language"`);
  await execute(connection, `ALTER TABLE path ADD CONSTRAINT "ENTITY_UNIQUE" UNIQUE ("entity")`);
};
"""

BACK = """module.exports.up = (client) => client.query('ALTER TABLE path ADD COLUMN seen timestamptz');

module.exports.down = (client) => client.query('ALTER TABLE path DROP COLUMN seen');

export async function down(client) {
  await client.query('ALTER TABLE path DROP COLUMN entity');
}

export class Step {
  async down(runner) {
    await runner.query('ALTER TABLE path DROP COLUMN entity');
  }
}
"""


def read(tmp_path: Path, files: dict[str, str]) -> Survey:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (survey,) = survey_path(tmp_path)
    return survey


def test_tables_indexes_and_added_columns(tmp_path: Path) -> None:
    survey = read(tmp_path, {"db.js": STORE})
    tables = {table.name: table for table in survey.catalog.tables}
    assert survey.engine.name == "sqlite"
    assert set(tables) == {"users", "orders"}
    assert [column.name for column in tables["users"].ordered_columns] == ["id", "nick", "seen"]
    assert [key.referenced.table for key in tables["orders"].foreign_keys] == ["users"]
    assert [index.unique for index in tables["users"].indexes] == [True]
    state = tables["orders"].column("state")
    assert state is not None
    assert state.default is not None
    assert state.default.text == "''"


def test_each_statement_keeps_its_line(tmp_path: Path) -> None:
    users = read(tmp_path, {"db.js": STORE}).catalog.table(Ref.of_table("users"))
    assert users is not None
    assert (users.origin.path, users.origin.line) == ("db.js", 7)
    nick = users.column("nick")
    assert nick is not None
    assert nick.origin.line == 9


def test_the_queries_beside_are_read(tmp_path: Path) -> None:
    code = read(tmp_path, {"db.js": STORE}).code
    assert code is not None
    assert [str(p.column) for query in code.queries for p in query.predicates] == ["users.nick"]


@pytest.mark.parametrize(
    ("imported", "engine"), [("pg", "postgresql"), ("postgres", "postgresql"), ("sqlite3", "sqlite")]
)
def test_the_driver_tells_the_engine(tmp_path: Path, imported: str, engine: str) -> None:
    source = f"import driver from '{imported}';\n\nexport const SCHEMA = 'create table notes (id integer)';\n"
    assert read(tmp_path, {"notes.ts": source}).engine.name == engine


def test_migrations_in_scripts_are_followed_in_their_order_and_not_back(tmp_path: Path) -> None:
    files = {"migration/1.0.2.ts": FIRST, "migration/1.0.10.ts": NEXT, "migration/1.0.11.js": BACK}
    path = read(tmp_path, files).catalog.table(Ref.of_table("path"))
    assert path is not None
    assert [column.name for column in path.ordered_columns] == ["id", "entity", "seen"]
    assert [key.name for key in path.unique_keys] == ["ENTITY_UNIQUE"]


def test_sql_files_go_before(tmp_path: Path) -> None:
    files = {"db.js": STORE, "schema.sql": "create table real_ones (id integer primary key);\n"}
    assert [table.name for table in read(tmp_path, files).catalog.tables] == ["real_ones"]


@pytest.mark.parametrize(
    "files",
    [
        {"demo/db.js": STORE},
        {"db.test.js": STORE},
        {"db.js": "import mysql from 'mysql2';\n\nexport const A = 'CREATE TABLE a (id int auto_increment)';\n"},
    ],
)
def test_samples_tests_parts_of_a_schema_and_other_engines_are_left(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert not any(survey.catalog.tables for survey in survey_path(tmp_path))
