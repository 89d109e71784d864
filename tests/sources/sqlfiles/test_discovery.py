"""Which SQL files of a project make a schema, in which order, for which database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.sqlfiles import SqlFilesReader, read_folder
from dbarchitect.sources.sqlfiles.dialects import dialect_of_content
from dbarchitect.sources.sqlfiles.sections import forward_parts


def project(root: Path, files: dict[str, str]) -> Path:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return root


def read(root: Path, files: dict[str, str], claimed: tuple[str, ...] = ()) -> tuple[SourceReading, ...]:
    return SqlFilesReader(claimed).read(open_project(project(root, files)))


def only(readings: tuple[SourceReading, ...]) -> SourceReading:
    assert len(readings) == 1, [r.application for r in readings]
    return readings[0]


def columns(reading: SourceReading, table: str = "a") -> list[str]:
    found = next(t for t in reading.catalog.tables if t.name == table)
    return [c.name for c in found.ordered_columns]


CREATE, ADD_B, ADD_C = "CREATE TABLE a (id serial);", "ALTER TABLE a ADD b int;", "ALTER TABLE a ADD c int;"
DROP = "DROP TABLE a;"
STYLES = {
    "numbered": {"db/migrations/1_a.sql": CREATE, "db/migrations/2_b.sql": ADD_B, "db/migrations/10_c.sql": ADD_C},
    "golang-migrate": {
        "migrations/000001_a.up.sql": CREATE,
        "migrations/000001_a.down.sql": DROP,
        "migrations/000002_b.up.sql": ADD_B,
        "migrations/000002_b.down.sql": "ALTER TABLE a DROP b;",
        "migrations/000003_c.up.sql": ADD_C,
    },
    "supabase": {
        "supabase/config.toml": "[db]\nport = 54322\nmajor_version = 15\n",
        "supabase/migrations/20240101000000_a.sql": CREATE,
        "supabase/migrations/20240102000000_b.sql": ADD_B,
        "supabase/migrations/20240103000000_c.sql": ADD_C,
        "supabase/seed.sql": "INSERT INTO a VALUES (1);",
    },
    "prisma": {
        "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
        "prisma/migrations/20240101_a/migration.sql": CREATE,
        "prisma/migrations/20240102120000_c_first/migration.sql": ADD_B,
        "prisma/migrations/20240103_b/migration.sql": ADD_C,
    },
    "flyway": {
        "src/main/resources/db/migration/V1__a.sql": CREATE,
        "src/main/resources/db/migration/V1_1__b.sql": ADD_B,
        "src/main/resources/db/migration/V1.10__c.sql": ADD_C,
        "src/main/resources/db/migration/U1_1__b.sql": "ALTER TABLE a DROP b;",
        "src/main/resources/db/migration/R__view.sql": "CREATE OR REPLACE VIEW v AS SELECT c FROM a;",
    },
    "goose": {
        "migrations/00001_a.sql": f"-- +goose Up\n{CREATE}\n-- +goose Down\n{DROP}\n",
        "migrations/00002_b.sql": f"-- +goose Up\n-- +goose StatementBegin\n{ADD_B}\n-- +goose StatementEnd\n"
        f"-- +goose Down\nALTER TABLE a DROP b;\n-- +goose Up\n{ADD_C}\n",
    },
    "dbmate": {
        "db/migrations/20240101000000_a.sql": f"-- migrate:up\n{CREATE}\n{ADD_B}\n{ADD_C}\n\n-- migrate:down\n{DROP}\n",
        "db/schema.sql": "CREATE TABLE public.a (id integer NOT NULL, b integer, c integer);\n",
    },
    "sql-migrate": {
        "migrations/1.sql": f"-- +migrate Up\n{CREATE}\n{ADD_B}{ADD_C}\n-- +migrate Down\n{DROP}\n",
    },
    "diesel": {
        "migrations/2024-01-01-000000_a/up.sql": CREATE,
        "migrations/2024-01-01-000000_a/down.sql": DROP,
        "migrations/2024-01-02-000000_b/up.sql": ADD_B + ADD_C,
        "migrations/2024-01-02-000000_b/down.sql": "ALTER TABLE a DROP b;",
    },
    "drizzle": {
        "drizzle/meta/_journal.json": json.dumps(
            {"dialect": "postgresql", "entries": [{"idx": 1, "tag": "0001_a"}, {"idx": 0, "tag": "0009_z"}]}
        ),
        "drizzle/0001_a.sql": f"{ADD_B}--> statement-breakpoint\n{ADD_C}",
        "drizzle/0009_z.sql": CREATE,
        "drizzle/0005_left_over.sql": "ALTER TABLE a ADD never int;",
    },
    "sqitch": {
        "sqitch.plan": "%syntax-version=1.0.0\n%project=x\n\nzebra 2024-01-01T00:00:00Z A <a@b.c> # first\n"
        "apple [zebra] 2024-01-02T00:00:00Z A <a@b.c> # second\n",
        "deploy/zebra.sql": f"BEGIN;\n{CREATE}\nCOMMIT;",
        "deploy/apple.sql": ADD_B + ADD_C,
        "revert/zebra.sql": DROP,
        "verify/zebra.sql": "SELECT id FROM a WHERE false;",
    },
    "schema file": {
        "schema.sql": "CREATE TABLE a (id serial, b int, c int);",
        "queries/a.sql": "SELECT * FROM a;",
        "seed.sql": "CREATE TABLE helper (x int);",
    },
    "base and migrations": {
        "sql/schema.sql": CREATE,
        "sql/migrations/001_b.sql": ADD_B,
        "sql/migrations/002_c.sql": ADD_C + "CREATE TABLE other (x int);",
    },
}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_migrations_ends_in_the_same_table(tmp_path: Path, style: str) -> None:
    reading = only(read(tmp_path, STYLES[style]))
    assert columns(reading) == ["id", "b", "c"]
    assert reading.diagnostics == ()
    assert reading.catalog.engine.name == "postgresql"
    assert bool(reading.migrations) == (style != "schema file")
    assert set(reading.migrations) <= set(reading.files)


def test_supabase_says_which_server_it_is(tmp_path: Path) -> None:
    reading = only(read(tmp_path, STYLES["supabase"]))
    assert (reading.catalog.engine.version, reading.catalog.engine.hosted_by) == ("15", "supabase")
    assert reading.configured_engines[0].origin.path == "supabase/config.toml"


def test_files_in_no_order_find_each_other(tmp_path: Path) -> None:
    files = {
        "sql/a_views.sql": "CREATE INDEX ON users (email); ALTER TABLE users ADD CONSTRAINT u UNIQUE (email);",
        "sql/b_orders.sql": "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);",
        "sql/z_users.sql": "CREATE TABLE users (id int PRIMARY KEY, email text);",
    }
    reading = only(read(tmp_path, files))
    assert reading.diagnostics == ()
    assert [t.name for t in reading.catalog.tables] == ["orders", "users"]
    assert len(reading.catalog.tables[1].indexes) == 1
    assert reading.migrations == ()


def test_scripts_queries_and_documents_are_no_schema(tmp_path: Path) -> None:
    files = {
        "tools/backfill_2024.sql": "CREATE TABLE backup_of_users AS SELECT * FROM users;",
        "docs/guide/schema.sql": "CREATE TABLE a (id int);",
        "app/queries/report.sql": "CREATE TABLE a (id int);",
        "seed.sql": "CREATE TABLE a (id int);",
        "sql/find.sql": "SELECT 1;",
    }
    assert read(tmp_path, files) == ()


def test_repairs_of_a_schema_that_stands_elsewhere_are_no_application(tmp_path: Path) -> None:
    files = {
        "db/structure.sql": "CREATE TABLE a (id serial); CREATE TABLE b (id serial);",
        "script/fixes/001_repair.sql": "CREATE TABLE tmp AS SELECT 1; ALTER TABLE x ADD y int; DROP TABLE z;",
    }
    reading = only(read(tmp_path, files))
    assert len(reading.catalog.tables) == 2
    assert "1 SQL file here speaks of tables that stand elsewhere" in reading.diagnostics[0].text
    assert (
        len(only(read(tmp_path / "alone", {"migrations/001_x.sql": files["script/fixes/001_repair.sql"]})).diagnostics)
        == 3
    )


def test_a_table_after_another_that_stands_elsewhere_is_no_application(tmp_path: Path) -> None:
    files = {
        "db/structure.sql": "CREATE TABLE slot (id serial);",
        "pkg/queries/helper/tables.sql": "CREATE TABLE tmp_slot (LIKE slot INCLUDING ALL);",
    }
    reading = only(read(tmp_path, files))
    assert [t.name for t in reading.catalog.tables] == ["slot"]
    alone = only(read(tmp_path / "alone", {"pkg/tables.sql": files["pkg/queries/helper/tables.sql"]}))
    assert [t.name for t in alone.catalog.tables] == ["tmp_slot"]


def test_tables_of_the_hosting_service_are_counted_only(tmp_path: Path) -> None:
    files = dict(STYLES["supabase"])
    files["supabase/migrations/20240104000000_d.sql"] = (
        "CREATE POLICY p ON storage.objects USING (true); CREATE TRIGGER t AFTER INSERT ON auth.users "
        "EXECUTE FUNCTION f(); ALTER TABLE missing ADD x int;"
    )
    texts = [d.text for d in only(read(tmp_path, files)).diagnostics]
    assert len(texts) == 2
    assert "hosting service" in texts[0]
    assert "missing" in texts[1]


def test_two_applications_are_told_apart(tmp_path: Path) -> None:
    files = {
        "apps/shop/db/schema.sql": "CREATE TABLE product (id serial);",
        "apps/blog/db/migrations/001_init.sql": "CREATE TABLE post (id serial);",
        "apps/blog/db/migrations/002_more.sql": "CREATE TABLE tag (id serial);",
    }
    readings = read(tmp_path, files)
    assert [(r.application.name, r.application.path) for r in readings] == [
        ("blog", "apps/blog"),
        ("shop", "apps/shop"),
    ]


def test_what_a_framework_claims_is_left_to_it(tmp_path: Path) -> None:
    files = {**STYLES["prisma"], "other/schema.sql": "CREATE TABLE b (id serial);"}
    assert [r.application.path for r in read(tmp_path, files, ("prisma",))] == ["other"]
    assert read(tmp_path, files, (".",)) == ()


def test_the_same_schema_for_several_databases_is_audited_once(tmp_path: Path) -> None:
    files = {
        "migrations/postgres/001_a.sql": "CREATE TABLE a (id serial);",
        "migrations/sqlite/001_a.sql": "CREATE TABLE a (id integer primary key);",
        "migrations/mysql/001_a.sql": "CREATE TABLE a (id int auto_increment primary key);",
    }
    reading = only(read(tmp_path, files))
    assert reading.catalog.engine.name == "postgresql"
    texts = [d.text for d in reading.diagnostics]
    assert len(texts) == 2
    assert any("sqlite is not audited" in text for text in texts)


def test_dialects_in_file_names_are_told_apart(tmp_path: Path) -> None:
    files = {
        "migrations/0001_a.up.sql": "CREATE TABLE a (id int primary key);",
        "migrations/0002_b.postgres.up.sql": "ALTER TABLE a ADD b jsonb;",
        "migrations/0002_b.sqlite3.up.sql": "ALTER TABLE a ADD b text;",
        "migrations/0003_c.up.sql": "ALTER TABLE a ADD c int;",
        "migrations/0003_c.mysql.up.sql": "ALTER TABLE a ADD c int unsigned;",
    }
    reading = only(read(tmp_path, files))
    assert columns(reading) == ["id", "b", "c"]
    assert len(reading.files) == 3
    assert reading.catalog.engine.name == "postgresql"
    texts = " ".join(d.text for d in reading.diagnostics)
    assert "for sqlite is not audited" in texts
    assert "for mysql is not audited" in texts


def test_a_dialect_that_cannot_be_read_is_said_not_guessed(tmp_path: Path) -> None:
    dump = "-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;\nCREATE TABLE `a` (\n `id` int NOT NULL AUTO_INCREMENT,\n"
    dump += " KEY `x` (`id`)\n) ENGINE=InnoDB;\n"
    reading = only(read(tmp_path, {"dump.sql": dump}))
    assert reading.catalog.tables == ()
    assert reading.catalog.engine.name == "mysql"
    assert "not read yet" in reading.diagnostics[0].text


def test_sqlite_is_recognised(tmp_path: Path) -> None:
    files = {"schema.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT DEFAULT (datetime('now')));"}
    assert only(read(tmp_path, files)).catalog.engine.name == "sqlite"


@pytest.mark.parametrize(
    ("content", "dialect"),
    [
        ("CREATE TABLE a (id uuid DEFAULT gen_random_uuid(), at timestamptz);", "postgresql"),
        ("CREATE TABLE `a` (`id` integer PRIMARY KEY NOT NULL, `b` text);", "sqlite"),
        (
            "CREATE TABLE `a` (`id` varchar(20), `at` datetime(3)) DEFAULT CHARACTER SET utf8mb4;",
            "mysql",
        ),
        ("CREATE TABLE [dbo].[a] (id int IDENTITY(1,1), b NVARCHAR(MAX));\nGO\n", "sqlserver"),
        ("CREATE TABLE a (id NUMBER(10), b VARCHAR2(20));", "oracle"),
        ("CREATE TABLE a (id UInt64, b LowCardinality(String)) ENGINE = ReplacingMergeTree ORDER BY id;", "clickhouse"),
        ("CREATE TABLE a (b int);", None),
    ],
)
def test_the_content_tells_the_dialect(content: str, dialect: str | None) -> None:
    assert dialect_of_content([content.encode()]) == dialect


def test_a_given_folder_is_read_as_told(tmp_path: Path) -> None:
    root = project(tmp_path, STYLES["prisma"])
    files = open_project(root).under("prisma/migrations")
    reading = read_folder(files, name="shop", path="prisma")
    assert columns(reading) == ["id", "b", "c"]
    assert reading.application.name == "shop"
    assert [p.split("/")[2] for p in reading.migrations] == ["20240101_a", "20240102120000_c_first", "20240103_b"]
    assert reading.configured_engines[0].engine.name == "postgresql"
    assert read_folder((), "sqlite").catalog.tables == ()


def test_only_the_way_forward_is_read() -> None:
    def parts(text: str) -> list[str]:
        return [text.encode()[a:b].decode().strip() for a, b in forward_parts(text.encode())]

    assert parts("plain") == ["plain"]
    assert parts("-- +goose Up\nup\n-- +goose Down\ndown") == ["-- +goose Up\nup"]
    assert parts("-- migrate:up\nup\n-- migrate:down\ndown") == ["-- migrate:up\nup"]
    assert parts("# --- !Ups\nup\n# --- !Downs\ndown") == ["# --- !Ups\nup"]
    assert parts("-- migrate:down\ndown\n-- migrate:up\nup") == ["up"]
    assert parts("up\n-- //@UNDO\ndown") == ["up"]
    assert parts("-- What goes down must come up\nup") == ["-- What goes down must come up\nup"]


def test_a_log_of_changes_that_the_schema_holds_already_is_one_problem(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(12)]
    files = {
        "sql/schema.sql": f"CREATE TABLE t (id integer PRIMARY KEY, {', '.join(f'{name} text' for name in names)});",
        "sql/zz_changes.sql": "".join(f"ALTER TABLE t ADD COLUMN {name} text;\n" for name in names),
    }
    (reading,) = read(tmp_path, files)
    assert [column.name for column in reading.catalog.tables[0].ordered_columns] == ["id", *names]
    (said,) = reading.diagnostics
    assert said.text.startswith("12 statements do not fit the tables, which may be newer")
    assert said.origin.path == "sql/zz_changes.sql"


WHOLE = """CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE notes (id int PRIMARY KEY, user_id int REFERENCES users (id));
CREATE TABLE tags (id int PRIMARY KEY, note_id int REFERENCES notes (id));
CREATE INDEX notes_user ON notes (user_id);
"""
UPDATES = {
    "2020-01-01-name.sql": "ALTER TABLE users ADD COLUMN name text;",
    "2020-02-01-tags.sql": "CREATE TABLE tags (id int PRIMARY KEY, note_id int REFERENCES notes (id));",
    "2020-03-01-index.sql": "CREATE INDEX notes_user ON notes (user_id);",
}


@pytest.mark.parametrize("folder", ["admin/sql/updates", "admin/schema_changes"])
def test_updates_beside_the_whole_schema_are_no_application(tmp_path: Path, folder: str) -> None:
    files = {f"{folder}/{name}": text for name, text in UPDATES.items()}
    reading = only(read(tmp_path, {"admin/sql/create_tables.sql": WHOLE, **files}))
    assert {t.name: len(t.indexes) for t in reading.catalog.tables} == {"users": 0, "notes": 1, "tags": 0}
    assert [d.text[:24] for d in reading.diagnostics] == ["3 SQL files of updates, "]


def test_a_script_that_takes_the_tables_away_is_not_run(tmp_path: Path) -> None:
    clear = "BEGIN;\nDROP TABLE IF EXISTS tags;\nDROP TABLE IF EXISTS comment;\nDROP TABLE users CASCADE;\nCOMMIT;\n"
    files = {"admin/sql/create_tables.sql": WHOLE, "admin/sql/drop_tables.sql": clear}
    reading = only(read(tmp_path, {**files, "admin/sql/clear_tables.sql": "DELETE FROM tags;"}))
    assert {t.name for t in reading.catalog.tables} == {"users", "notes", "tags"}
    assert reading.diagnostics == ()


def test_a_pragma_is_sqlite_whatever_the_types_are_called(tmp_path: Path) -> None:
    text = "PRAGMA foreign_keys=OFF;\nCREATE TABLE a (x TINYINT NOT NULL, y TINYINT, z TINYINT, w MEDIUMTEXT);\n"
    assert only(read(tmp_path, {"schema.sql": text})).catalog.engine.name == "sqlite"
