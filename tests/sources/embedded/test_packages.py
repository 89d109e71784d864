"""Databases that packages of one repository make for themselves."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.sources.opened import survey_path

SERVER = """import { Kysely } from 'kysely'

export async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('members')
    .addColumn('node_id', 'text', (col) => col.notNull())
    .addColumn('person_id', 'text', (col) => col.notNull())
    .addColumn('made_by', 'text')
    .addPrimaryKeyConstraint('members_pk', ['node_id', 'person_id'])
    .execute()
}
"""
DEVICE = """import { Kysely } from 'kysely'

export async function up(db: Kysely<any>): Promise<void> {
  await db.schema
    .createTable('members')
    .addColumn('node_id', 'text', (col) => col.notNull().primaryKey())
    .addColumn('revision', 'integer')
    .execute()
}
"""
PUT = """import { Kysely } from 'kysely'

export async function put(database: Kysely<any>, node: string, person: string) {
  await database
    .insertInto('members')
    .values({ node_id: node, person_id: person })
    .onConflict((oc) => oc.columns(['node_id', 'person_id']).doNothing())
    .execute()
}
"""
PROJECT = {
    "package.json": "{}",
    "apps/server/package.json": "{}",
    "apps/server/src/database.ts": "import { Pool } from 'pg'\n",
    "apps/server/src/migrations/1.ts": SERVER,
    "apps/server/src/members.ts": PUT,
    "apps/desktop/package.json": "{}",
    "apps/desktop/main.ts": "import Database from 'better-sqlite3'\n",
    "packages/client/package.json": "{}",
    "packages/client/src/migrations/1.ts": DEVICE,
}


def read(folder: Path, files: dict[str, str]) -> dict[str, Survey]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return {found.application.path: found for found in survey_path(folder)}


def test_a_server_and_a_device_keep_other_things_under_one_name(tmp_path: Path) -> None:
    found = read(tmp_path, PROJECT)
    assert {path: survey.engine.name for path, survey in found.items()} == {
        "apps/server": "postgresql",
        "packages/client": "sqlite",
    }
    server = found["apps/server"].catalog.table(Ref.of_table("members"))
    assert server is not None and server.is_key(("node_id", "person_id"))


def test_a_query_names_the_columns_of_its_own_database(tmp_path: Path) -> None:
    code = read(tmp_path, PROJECT)["apps/server"].code
    assert code is not None
    assert [[ref.columns for ref in query.key] for query in code.queries] == [[("node_id",), ("person_id",)]]


def test_packages_that_make_the_same_tables_have_one_database(tmp_path: Path) -> None:
    found = read(tmp_path, {**PROJECT, "packages/client/src/migrations/1.ts": SERVER})
    assert [*found] == ["."]
