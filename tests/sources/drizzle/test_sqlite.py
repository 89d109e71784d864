"""SQLite: what is declared, beside the SQL that drizzle-kit writes for it."""

# ruff: noqa: E501 - schemas as people write them

from __future__ import annotations

import pytest

from dbarchitect.catalog.members import Identity
from dbarchitect.catalog.refs import Ref

CORE = """
import { sql, lower } from "drizzle-orm";
import { sqliteTable, sqliteTableCreator, sqliteView, text, integer, real, numeric, blob, index, uniqueIndex, unique,
  primaryKey, foreignKey, check, customType, int } from "drizzle-orm/sqlite-core";
"""

PAIRS = {
    "types and defaults": (
        """export const t = sqliteTable("t", {
          id: integer("id").primaryKey({ autoIncrement: true }), a: text("a").notNull().default("x"),
          b: text("b", { length: 256 }), c: integer("c", { mode: "boolean" }).default(false),
          d: integer("d", { mode: "timestamp" }).default(sql`(strftime('%s', 'now'))`), e: real("e").default(1.5),
          f: numeric("f"), g: blob("g", { mode: "json" }), h: text("h", { mode: "json" }).default({ a: 1 }),
          i: int("i").default(sql`0`), j: text("j").default(sql`CURRENT_TIMESTAMP`),
        });""",
        """CREATE TABLE `t` (`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL, `a` text DEFAULT 'x' NOT NULL, `b` text(256),
        `c` integer DEFAULT false, `d` integer DEFAULT (strftime('%s', 'now')), `e` real DEFAULT 1.5, `f` numeric,
        `g` blob, `h` text DEFAULT '{"a":1}', `i` integer DEFAULT 0, `j` text DEFAULT CURRENT_TIMESTAMP);""",
    ),
    "keys": (
        """export const a = sqliteTable("a", { id: text("id").primaryKey(), code: text("code").unique(),
          n: integer("n"), m: integer("m") }, (t) => ({ u: unique().on(t.n, t.m), c: check("c", sql`${t.n} > 0`) }));
        export const b = sqliteTable("b", { a: text("a_id").references(() => a.id, { onDelete: "cascade" }),
          n: integer("n"), m: integer("m") }, (t) => [
          primaryKey({ columns: [t.a, t.n] }), foreignKey({ columns: [t.n, t.m], foreignColumns: [a.n, a.m] }) ]);
        export const c = sqliteTable("c", { id: integer("id") }, (t) => [primaryKey({ columns: [t.id] })]);""",
        """CREATE TABLE `a` (`id` text PRIMARY KEY NOT NULL, `code` text, `n` integer, `m` integer,
        CONSTRAINT "c" CHECK("a"."n" > 0));
        CREATE UNIQUE INDEX `a_code_unique` ON `a` (`code`); CREATE UNIQUE INDEX `a_n_m_unique` ON `a` (`n`,`m`);
        CREATE TABLE `b` (`a_id` text, `n` integer, `m` integer, PRIMARY KEY(`a_id`, `n`),
        FOREIGN KEY (`a_id`) REFERENCES `a`(`id`) ON UPDATE no action ON DELETE cascade,
        FOREIGN KEY (`n`,`m`) REFERENCES `a`(`n`,`m`) ON UPDATE no action ON DELETE no action);
        CREATE TABLE `c` (`id` integer PRIMARY KEY);""",
    ),
    "indexes": (
        """const table = sqliteTableCreator((name) => "p_" + name);
        export const t = table("t", { a: text("a"), b: integer("b"),
          c: text("c").generatedAlwaysAs(sql`upper(a)`, { mode: "stored" }), d: text("d").generatedAlwaysAs(sql`upper(a)`) },
        (t) => [index("i").on(t.a, t.b), uniqueIndex("u").on(sql`lower(${t.a})`),
          index("w").on(t.b).where(sql`${t.a} is null`), index("s").on(sql`${t.b} DESC`)]);""",
        """CREATE TABLE `p_t` (`a` text, `b` integer, `c` text GENERATED ALWAYS AS (upper(a)) STORED,
        `d` text GENERATED ALWAYS AS (upper(a)) VIRTUAL);
        CREATE INDEX `i` ON `p_t` (`a`,`b`); CREATE UNIQUE INDEX `u` ON `p_t` (lower("a"));
        CREATE INDEX `w` ON `p_t` (`b`) WHERE "p_t"."a" is null; CREATE INDEX `s` ON `p_t` ("b" DESC);""",
    ),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_as_drizzle_kit_writes_it(pair, reading, replayed) -> None:
    schema, sql = pair
    found = reading(CORE + schema)
    expected = replayed(sql, "sqlite")
    assert found.diagnostics == ()
    assert found.catalog.engine.name == "sqlite"
    for table in expected.tables:
        assert found.catalog.table(table.ref) == table
        own = found.catalog.table(table.ref)
        assert {index.name for index in own.indexes} == {index.name for index in table.indexes}
    assert found.catalog.tables == expected.tables


def test_rowid(reading) -> None:
    found = reading(CORE + 'export const t = sqliteTable("t", { id: integer().primaryKey() });')
    (column,) = found.catalog.tables[0].columns
    assert (column.name, column.identity, column.nullable) == ("id", Identity.ROWID, False)


def test_libsql_alters_a_column(readings) -> None:
    schema = CORE + 'export const t = sqliteTable("t", { a: text("a").notNull().default("x"), b: text("b") });'
    config = 'import type { Config } from "drizzle-kit"; export default { dialect: "turso", schema: "./schema.ts" };'
    (found,) = readings(
        {
            "schema.ts": schema,
            "drizzle.config.ts": config,
            "drizzle/0000_a.sql": "CREATE TABLE `t` (`a` integer, `b` text);",
            "drizzle/0001_b.sql": 'ALTER TABLE `t` ALTER COLUMN "a" TO "a" text NOT NULL DEFAULT \'x\';',
            "drizzle/meta/_journal.json": '{"version": "6", "dialect": "turso", "entries": [{"idx": 0, "tag": "0000_a"},'
            ' {"idx": 1, "tag": "0001_b"}]}',
        }
    )
    assert found.diagnostics == ()
    assert found.migrated is not None
    assert found.migrated.table(Ref.of_table("t")) == found.catalog.table(Ref.of_table("t"))
    assert [column.name for column in found.migrated.tables[0].ordered_columns] == ["a", "b"]
