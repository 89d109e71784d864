"""Models without migrations of their own, beside migrations in SQL that make the same tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect import api
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey

TABLES = """import { pgTable, integer, text } from 'drizzle-orm/pg-core'
export const apps = pgTable('apps', { id: integer('id').primaryKey(), ownerId: integer('owner_id') })
export const users = pgTable('users', { id: integer('id').primaryKey(), email: text('email') })
export const notes = pgTable('notes', { id: integer('id').primaryKey(), body: text('body') })
"""
CLIENT = """import { drizzle } from 'drizzle-orm/node-postgres'
import { eq } from 'drizzle-orm'
import { apps } from './schema'
const db = drizzle(process.env.URL)
export const mine = (id) => db.select().from(apps).where(eq(apps.ownerId, id))
"""
MADE = """CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE);
CREATE TABLE apps (id int PRIMARY KEY, owner_id int REFERENCES users (id), secret text);
CREATE TABLE notes (id int PRIMARY KEY, body text);
CREATE TABLE plans (id int PRIMARY KEY);
CREATE INDEX apps_owner ON apps (owner_id);
"""


def survey(folder: Path, **files: str) -> Survey:
    (folder / "package.json").write_text('{"name": "mirror", "dependencies": {"drizzle-orm": "0.40", "pg": "8"}}')
    for name, text in {"src/schema.ts": TABLES, "src/db.ts": CLIENT, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (found,) = api.survey([str(folder)])
    return found


@pytest.mark.parametrize("folder", ["supabase/migrations", "db/migrations"])
def test_the_migrations_tell_what_the_models_leave_out(tmp_path: Path, folder: str) -> None:
    found = survey(tmp_path, **{f"{folder}/20240101000000_first.sql": MADE})
    apps = found.catalog.table(Ref.of_table("apps"))
    assert apps is not None
    assert [index.name for index in apps.indexes] == ["apps_owner"]
    assert [key.columns for key in apps.foreign_keys] == [("owner_id",)]
    assert {table.name for table in found.catalog.tables} == {"apps", "users", "notes", "plans"}
    assert found.history is not None
    assert found.code is not None
    assert [str(p.column) for q in found.code.queries for p in q.predicates] == ["apps.owner_id"]


def test_models_with_migrations_of_their_own_say_themselves(tmp_path: Path) -> None:
    config = "export default { dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle' }"
    own = MADE.replace("CREATE INDEX apps_owner ON apps (owner_id);\n", "")
    found = survey(
        tmp_path,
        **{
            "drizzle.config.ts": config,
            "drizzle/0000_first.sql": own,
            "supabase/migrations/20240101000000_first.sql": MADE,
        },
    )
    apps = found.catalog.table(Ref.of_table("apps"))
    assert apps is not None
    assert apps.indexes == ()


def test_migrations_of_other_tables_are_nobodys_mirror(tmp_path: Path) -> None:
    other = MADE.replace("apps", "orders").replace("notes", "lines").replace("users", "buyers")
    found = survey(tmp_path, **{"supabase/migrations/20240101000000_first.sql": other})
    assert {table.name for table in found.catalog.tables} == {"apps", "users", "notes"}
    assert found.history is None


FIRST = """import { sql } from 'drizzle-orm'
export const first = {
  up: async ({ db }) => {
    await db.run(sql`CREATE TABLE users (id integer PRIMARY KEY, email text UNIQUE)`)
    await db.run(sql`CREATE TABLE apps (id integer PRIMARY KEY, owner_id integer REFERENCES users (id))`)
    await db.run(sql`CREATE TABLE notes (id integer PRIMARY KEY, body text)`)
    await db.run(sql`CREATE TABLE tags (id integer PRIMARY KEY, name text)`)
    await db.run(sql`CREATE VIRTUAL TABLE found USING fts5 (id, body)`)
  },
  down: async ({ db }) => { await db.run(sql`DROP TABLE apps`) },
}
"""
SECOND = """import { sql } from 'drizzle-orm'
export const second = {
  up: async ({ db }) => {
    await db.run(sql`CREATE INDEX apps_owner ON apps (owner_id)`)
    await db.run(sql`CREATE INDEX notes_body ON notes (body)`)
    await db.run(sql`CREATE TABLE __new_users (id integer PRIMARY KEY, email text NOT NULL UNIQUE)`)
    await db.run(sql`DROP TABLE IF EXISTS users`)
    await db.run(sql`ALTER TABLE __new_users RENAME TO users`)
    await db.run(sql`DROP INDEX IF EXISTS notes_body`)
  },
  down: async ({ db }) => { await db.run(sql`DROP INDEX apps_owner`) },
}
"""


def test_migrations_in_scripts_tell_it_too(tmp_path: Path) -> None:
    tables = TABLES.replace("pgTable", "sqliteTable").replace("pg-core", "sqlite-core")
    tables += "export const tags = sqliteTable('tags', { id: integer('id').primaryKey(), name: text('name') })\n"
    tables += "export const found = sqliteTable('found', { id: text('id'), body: text('body') })\n"
    found = survey(
        tmp_path,
        **{
            "src/schema.ts": tables,
            "drizzle.config.ts": "export default { dialect: 'sqlite', schema: './src/schema.ts' }",
            "src/migrations/0001-first.ts": FIRST,
            "src/migrations/0002-second.ts": SECOND,
        },
    )
    apps, users, notes = (found.catalog.table(Ref.of_table(name)) for name in ("apps", "users", "notes"))
    assert apps is not None
    assert users is not None
    assert notes is not None
    assert [index.name for index in apps.indexes] == ["apps_owner"]
    assert [column.nullable for column in users.ordered_columns] == [False, False]
    assert notes.indexes == ()
    assert {table.name for table in found.catalog.tables} == {"apps", "users", "notes", "tags"}


MAPPED = """from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)


class App(db.Model):
    __tablename__ = "apps"
    id = db.Column(db.Integer, primary_key=True)
    owner_id = db.Column(db.Integer, db.ForeignKey("users.id"))


class Note(db.Model):
    __tablename__ = "notes"
    id = db.Column(db.Integer, primary_key=True)
    body = db.Column(db.Text)


class Play(db.Model):
    __tablename__ = "plays"
    __bind_key__ = "times"
    id = db.Column(db.Integer, primary_key=True)
    app_id = db.Column(db.Integer)
"""
TIMES = """CREATE TABLE plays (id int PRIMARY KEY, app_id int);
CREATE TABLE stops (id int PRIMARY KEY);
CREATE INDEX plays_app ON plays (app_id);
"""
RUNS = "from pathlib import Path\n\n\ndef make(run):\n    run(Path('admin/sql/create_tables.sql').read_text())\n"


def mapped(folder: Path, runs: str) -> dict[str, list[str | None]]:
    files = {"shop/models.py": MAPPED, "shop/manage.py": runs, "requirements.txt": "psycopg2\nflask-sqlalchemy\n"}
    files |= {"admin/sql/create_tables.sql": MADE, "admin/times/create_tables.sql": TIMES}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    found = {survey.application.framework: survey for survey in api.survey([str(folder)])}
    return {table.name: [i.name for i in table.indexes] for table in found["sqlalchemy"].catalog.tables}


def test_files_that_the_program_runs_tell_what_models_leave_out(tmp_path: Path) -> None:
    tables = mapped(tmp_path, RUNS)
    assert tables == {"users": [], "apps": ["apps_owner"], "notes": [], "plans": [], "plays": ["plays_app"]}


def test_files_that_nobody_runs_are_beside_the_models(tmp_path: Path) -> None:
    assert mapped(tmp_path, "") == {"users": [], "apps": [], "notes": [], "plays": []}
