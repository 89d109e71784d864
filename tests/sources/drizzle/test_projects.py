"""Which schemas a project has, by configuration or without, and what the migrations add."""

# ruff: noqa: E501 - schemas as people write them

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dbarchitect.catalog.drift import Side
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.assemble import MODEL_READERS, read_project, reader_named
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.drift import compare
from dbarchitect.sources.opened import survey_path

PG = 'import { pgTable, text, integer, index } from "drizzle-orm/pg-core";\n'
T = 'export const t = pgTable("t", { a: text("a") });'
JOURNAL = json.dumps({"version": "7", "dialect": "postgresql", "entries": [{"idx": 0, "tag": "0000_a"}]})


def _config(**settings: object) -> str:
    return f'import {{ defineConfig }} from "drizzle-kit";\nexport default defineConfig({json.dumps(settings)});'


def _names(found) -> list[str]:
    return [table.name for table in found.catalog.tables]


@pytest.mark.parametrize(
    "schema",
    [
        "./src/schema.ts",
        "./src",
        "src/*.ts",
        "./src/**/*.ts",
        ["./src/{schema,x}.ts"],
        "./src/schema",
        "src/sche[lm]a.ts",
    ],
)
def test_paths_of_the_schema(schema, readings) -> None:
    (found,) = readings({"drizzle.config.ts": _config(dialect="postgresql", schema=schema), "src/schema.ts": PG + T})
    assert _names(found) == ["t"]
    assert found.diagnostics == ()


@pytest.mark.parametrize(
    "config",
    [
        'import type { Config } from "drizzle-kit";\nexport default { schema: "./src/schema.ts", driver: "pg" } satisfies Config;',
        (
            'import { defineConfig } from "drizzle-kit";\nimport path from "node:path";\n'
            'const config = defineConfig({ dialect: "postgresql", schema: path.join(__dirname, "src", "schema.ts") });\nexport default config;'
        ),
        '/** @type {import("drizzle-kit").Config} */\nmodule.exports = { dialect: "postgresql", schema: ["./src/schema.ts"] };',
        (
            'import { fileURLToPath } from "node:url";\nimport type { Config } from "drizzle-kit";\n'
            'const schema = fileURLToPath(new URL("./src/schema.ts", import.meta.url));\nexport default { schema, dialect: "postgresql" } as Config;'
        ),
    ],
)
def test_forms_of_the_configuration(config, readings) -> None:
    (found,) = readings(
        {"db/drizzle.config.js": config, "db/src/schema.ts": PG + T, "db/package.json": '{"name": "db"}'}
    )
    assert found.diagnostics == ()
    assert (found.application.name, found.application.path) == ("db", "db")
    assert found.configured_engines[0].origin.path == "db/drizzle.config.js"


def test_configuration_in_json(readings) -> None:
    (found,) = readings(
        {"drizzle.config.json": '{"dialect": "postgresql", "schema": "schema.ts"}', "schema.ts": PG + T}
    )
    assert _names(found) == ["t"]


def test_paths_count_from_where_the_tool_is_run(readings) -> None:
    (found,) = readings(
        {
            "package.json": "{}",
            "server/db/drizzle.config.ts": _config(dialect="postgresql", schema="./server/schema.ts", out="drizzle"),
            "server/schema.ts": PG + T,
            "drizzle/0000_a.sql": 'CREATE TABLE "t" ("a" text);',
            "drizzle/meta/_journal.json": JOURNAL,
        }
    )
    assert found.migrations == ("drizzle/0000_a.sql",)
    assert found.history is not None
    assert found.history.tool == "drizzle"
    assert compare(found.catalog, Side.MODELS, found.migrated, Side.MIGRATIONS) == ()


def test_without_configuration(readings) -> None:
    found = readings(
        {
            "package.json": '{"name": "root"}',
            "apps/one/package.json": '{"name": "one"}',
            "apps/one/src/users.ts": PG + 'export const users = pgTable("users", { a: text("a") });',
            "apps/one/src/posts.ts": PG + 'import { users } from "./users";\n'
            'export const posts = pgTable("posts", { u: text("u").references(() => users.a) });',
            "apps/two/package.json": '{"name": "two"}',
            "apps/two/db.js": 'const { sqliteTable, text } = require("drizzle-orm/sqlite-core");\n'
            'const t = sqliteTable("t", { a: text("a") });\nmodule.exports = { t };',
        }
    )
    assert [(r.application.name, r.application.path, r.catalog.engine.name, _names(r)) for r in found] == [
        ("one", "apps/one", "postgresql", ["posts", "users"]),
        ("two", "apps/two", "sqlite", ["t"]),
    ]


def test_several_files_with_a_circle(readings) -> None:
    (found,) = readings(
        {
            "drizzle.config.ts": _config(dialect="postgresql", schema="./schema/index.ts"),
            "schema/index.ts": 'export * from "./a";\nexport * from "./b";\n',
            "schema/a.ts": PG
            + 'import { b } from "./b";\nexport const a = pgTable("a", { b: text("b").references(() => b.a) });',
            "schema/b.ts": PG
            + 'import { a } from "./a";\nexport const b = pgTable("b", { a: text("a").references(() => a.b) });',
        }
    )
    assert found.diagnostics == ()
    assert [str(key.referenced) for table in found.catalog.tables for key in table.foreign_keys] == ["b", "a"]


def test_the_same_tables_for_several_engines(readings) -> None:
    sqlite = 'import { sqliteTable, text } from "drizzle-orm/sqlite-core";\nexport const t = sqliteTable("t", { a: text("a") });'
    (found,) = readings(
        {
            "package.json": "{}",
            "configs/pg.config.ts": _config(dialect="postgresql", schema="../schema/pg.ts"),
            "configs/sqlite.config.ts": _config(dialect="sqlite", schema="../schema/sqlite.ts"),
            "schema/pg.ts": PG + T,
            "schema/sqlite.ts": sqlite,
        }
    )
    assert found.catalog.engine.name == "postgresql"
    assert {engine.engine.name for engine in found.configured_engines} == {"postgresql", "sqlite"}
    assert [d.text for d in found.diagnostics] == ["not read: the same tables for sqlite, or an older copy"]


def test_the_program_may_name_the_tables_of_another_engine(readings) -> None:
    tables = """
import { TABLE, text } from "drizzle-orm/ENGINE-core";
import { relations } from "drizzle-orm";
export const users = TABLE("user", { id: text("id").primaryKey(), name: text("full_name") });
export const posts = TABLE("post", { userId: text("user_id").references(() => users.id), ONLY: text("only_ENGINE") });
export const postRelations = relations(posts, ({ one }) => ({
    user: one(users, { fields: [posts.userId], references: [users.id] }),
}));
"""
    (found,) = readings(
        {
            "package.json": "{}",
            "configs/pg.config.ts": _config(dialect="postgresql", schema="../schema/pg.ts"),
            "configs/sqlite.config.ts": _config(dialect="sqlite", schema="../schema/sqlite.ts"),
            "schema/pg.ts": tables.replace("TABLE", "pgTable").replace("ENGINE", "pg").replace("ONLY", "pg"),
            "schema/sqlite.ts": tables.replace("TABLE", "sqliteTable")
            .replace("ENGINE", "sqlite")
            .replace("ONLY", "lite"),
        }
    )
    assert found.catalog.engine.name == "postgresql"
    models = {model.key: model for model in found.models}
    assert models.keys() == {f"schema/{file}.ts:{name}" for file in ("pg", "sqlite") for name in ("users", "posts")}
    other = models["schema/sqlite.ts:posts"]
    assert str(other.table) == "post"
    assert other.columns == {"userId": "user_id"}
    assert other.relations["user"].target == "schema/sqlite.ts:users"
    assert models["schema/sqlite.ts:users"].primary_key == ("id",)
    assert models["schema/pg.ts:posts"].columns.keys() == {"userId", "pg"}


def test_tables_beside_the_configured_ones(readings) -> None:
    (found,) = readings(
        {
            "package.json": "{}",
            "drizzle.config.ts": _config(dialect="postgresql", schema="./schema.ts"),
            "schema.ts": PG + T,
            "old.ts": PG + 'export const old = pgTable("old", { a: text("a") });',
        }
    )
    assert _names(found) == ["t"]
    assert [d.origin.path for d in found.diagnostics] == ["old.ts"]


def test_engines_and_hosts(readings) -> None:
    config = """import { defineConfig } from "drizzle-kit";
    export default defineConfig({ dialect: "postgresql", schema: "./schema.ts",
      dbCredentials: { url: process.env.DATABASE_URL ?? "postgres://me:secret@localhost:5432/shop" } });"""
    (found,) = readings(
        {
            "drizzle.config.ts": config,
            "schema.ts": PG + T,
            "db.ts": 'import { drizzle } from "drizzle-orm/neon-http";',
            "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_DB: shop\n",
        }
    )
    assert found.catalog.engine.version == "16"
    assert found.catalog.engine.hosted_by == "neon"
    assert (found.configured_engines[0].target, found.configured_engines[0].is_default) == ("shop", True)
    assert "secret" not in repr(found)


def test_an_engine_that_nobody_reads(readings) -> None:
    (found,) = readings(
        {"drizzle.config.ts": _config(dialect="gel", schema="./schema.ts"), "schema.ts": "export const x = 1;"}
    )
    assert found.catalog.tables == ()
    assert [d.text for d in found.diagnostics] == ["the dialect gel is not supported: the schema was not read"]


def test_a_schema_that_is_not_there(readings) -> None:
    (found,) = readings(
        {"drizzle.config.ts": _config(dialect="postgresql", schema="./nowhere.ts"), "schema.ts": PG + T}
    )
    assert "the schema ./nowhere.ts is not there" in [d.text for d in found.diagnostics]
    assert _names(found) == ["t"]


def _migrated(readings, sql: str, snapshot: dict[str, object] | None, schema: str = PG + T):
    files = {
        "drizzle.config.ts": _config(dialect="postgresql", schema="./schema.ts"),
        "schema.ts": schema,
        "drizzle/0000_a.sql": sql,
        "drizzle/meta/_journal.json": JOURNAL,
    }
    if snapshot is not None:
        files["drizzle/meta/0000_snapshot.json"] = json.dumps(snapshot)
    (found,) = readings(files)
    return found


def test_what_is_written_by_hand_is_taken_over(readings) -> None:
    sql = """CREATE EXTENSION pg_trgm; CREATE TABLE "t" ("a" text); CREATE INDEX "by_hand" ON "t" ("a");
    ALTER TABLE "t" ADD CONSTRAINT "checked" CHECK ("a" <> '');
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
    CREATE TRIGGER g BEFORE UPDATE ON "t" FOR EACH ROW EXECUTE FUNCTION f();"""
    found = _migrated(readings, sql, {"tables": {"public.t": {"name": "t", "indexes": {}}}})
    (table,) = found.catalog.tables
    assert [index.name for index in table.indexes] == ["by_hand"]
    assert [check.name for check in table.checks] == ["checked"]
    assert [trigger.name for trigger in table.triggers] == ["g"]
    assert [extension.name for extension in found.catalog.extensions] == ["pg_trgm"]
    assert compare(found.catalog, Side.MODELS, found.migrated, Side.MIGRATIONS) == ()


def test_what_the_schema_has_dropped_is_not(readings) -> None:
    snapshot = {"tables": {"public.t": {"name": "t", "indexes": {"gone": {"name": "gone"}}}}}
    found = _migrated(readings, 'CREATE TABLE "t" ("a" text); CREATE INDEX "gone" ON "t" ("a");', snapshot)
    assert found.catalog.tables[0].indexes == ()
    (difference,) = compare(found.catalog, Side.MODELS, found.migrated, Side.MIGRATIONS)
    assert "index t(a)" in difference.text


def test_drift_is_there_to_be_found(readings) -> None:
    found = _migrated(readings, 'CREATE TABLE "t" ("a" text NOT NULL, "b" text);', None)
    differences = compare(found.catalog, Side.MODELS, found.migrated, Side.MIGRATIONS)
    assert sorted(d.aspect for d in differences) == ["missing", "nullability"]


def test_migrations_that_go_on_from_elsewhere(readings) -> None:
    found = _migrated(readings, 'ALTER TABLE "t" ADD COLUMN "a" text;', None)
    assert found.migrated is None
    assert "go on from a database that was there before" in found.diagnostics[-1].text


def test_what_such_migrations_add_by_hand(readings) -> None:
    sql = """ALTER TABLE "t" ADD COLUMN IF NOT EXISTS "a" text;
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "by_hand" ON "t" ("a") WHERE "a" IS NOT NULL;
    CREATE INDEX "gone" ON "t" ("a"); DROP INDEX "gone";"""
    found = _migrated(readings, sql, {"tables": {"public.t": {"name": "t", "indexes": {}}}})
    assert [index.name for index in found.catalog.tables[0].indexes] == ["by_hand"]
    assert found.migrated is None


def test_tables_of_the_hosting_service(readings) -> None:
    schema = PG + 'import { pgSchema, uuid } from "drizzle-orm/pg-core";\n'
    schema += 'export const users = pgSchema("auth").table("users", { id: uuid("id").primaryKey() });\n'
    schema += 'export const t = pgTable("t", { a: uuid("a").references(() => users.id) });'
    (found,) = readings({"schema.ts": schema, "supabase/config.toml": ""})
    assert {table.name: table.owned_by for table in found.catalog.tables} == {"users": "supabase", "t": None}
    (key,) = found.catalog.table(Ref.of_table("t")).foreign_keys
    assert key.referenced == Ref.of_table("users", "auth")


def test_sql_files_are_not_read_twice(tmp_path: Path) -> None:
    files = {
        "packages/db/package.json": '{"name": "db"}',
        "packages/db/drizzle.config.ts": _config(dialect="postgresql", schema="./schema.ts", out="../../sql/drizzle"),
        "packages/db/schema.ts": PG + T,
        "sql/drizzle/0000_a.sql": 'CREATE TABLE "t" ("a" text);',
        "sql/drizzle/meta/_journal.json": JOURNAL,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (found,) = read_project(open_project(tmp_path))
    assert (found.application.framework, found.migrations) == ("drizzle", ("sql/drizzle/0000_a.sql",))
    (survey,) = survey_path(tmp_path)
    assert survey.application.framework == "drizzle"
    assert survey.drift == ()
    assert len(survey.compared) == 1
    assert "drizzle" in MODEL_READERS
    assert reader_named("drizzle").name == "drizzle"


def test_migrations_in_folders(readings) -> None:
    (found,) = readings(
        {
            "drizzle.config.ts": _config(dialect="postgresql", schema="./schema.ts"),
            "schema.ts": PG + 'export const t = pgTable("t", { a: text("a"), b: text("b") });',
            "drizzle/20250101000000_a/migration.sql": 'CREATE TABLE "t" ("a" text);',
            "drizzle/20250101000000_a/snapshot.json": "{}",
            "drizzle/20250102000000_b/migration.sql": 'ALTER TABLE "t" ADD COLUMN "b" text; CREATE INDEX "mine" ON "t" ("a");',
            "drizzle/20250102000000_b/snapshot.json": '{"version": "8", "ddl": [{"entityType": "tables", "name": "t"}]}',
        }
    )
    assert found.diagnostics == ()
    assert found.history.tool == "drizzle"
    assert len(found.migrations) == 2
    assert [index.name for index in found.catalog.tables[0].indexes] == ["mine"]


def test_tables_for_another_engine(readings) -> None:
    (found,) = readings({"drizzle.config.ts": _config(dialect="sqlite", schema="./schema.ts"), "schema.ts": PG + T})
    assert "the schema exports no table for sqlite" in [d.text for d in found.diagnostics]
    assert (found.catalog.engine.name, _names(found)) == ("postgresql", ["t"])


def test_foreign_keys_to_the_users_of_a_service(readings) -> None:
    schema = PG + 'import { authUsers } from "drizzle-orm/supabase";\n'
    schema += 'export const t = pgTable("t", { a: text("a").references(() => authUsers.id, { onDelete: "cascade" }) });'
    (found,) = readings({"schema.ts": schema})
    (key,) = found.catalog.tables[0].foreign_keys
    assert (str(key.referenced), key.referenced_columns, key.name) == ("auth.users", ("id",), "t_a_users_id_fk")
    assert found.catalog.engine.hosted_by == "supabase"
