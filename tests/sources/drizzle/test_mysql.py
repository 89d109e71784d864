"""MySQL: judged by what drizzle-kit writes into migrations for it, which are not replayed yet."""

# ruff: noqa: E501 - schemas as people write them

from __future__ import annotations

from dbarchitect.catalog.members import Action, Identity

SCHEMA = """
import { sql } from "drizzle-orm";
import { mysqlTable, mysqlTableCreator, mysqlEnum, mysqlSchema, bigint, int, tinyint, varchar, char, text, longtext,
  boolean, datetime, timestamp, decimal, double, json, serial, binary, year, index, uniqueIndex, unique, primaryKey,
  foreignKey, check } from "drizzle-orm/mysql-core";
const kinds = ["a", "it's"] as const;
export const parents = mysqlTable("parents", { id: serial("id").primaryKey(), code: varchar("code", { length: 10 }) });
export const children = mysqlTable("children", {
  id: bigint("id", { mode: "number", unsigned: true }).autoincrement().primaryKey(),
  parent: int("parent_id").notNull().references(() => parents.id, { onDelete: "set null" }),
  kind: mysqlEnum("kind", kinds).default("a"), named: mysqlEnum(["x"]),
  name: varchar("name", { length: 191 }).unique(), amount: decimal("amount", { precision: 10, scale: 2 }),
  at: datetime("at", { fsp: 3 }).default(sql`(CURRENT_TIMESTAMP(3))`),
  changed: timestamp("changed").defaultNow().onUpdateNow(), big: longtext("big"), flag: boolean("flag").default(true),
  extra: json("extra").default({ a: 1 }),
}, (t) => [index("by_kind").on(t.kind, t.name), uniqueIndex("only").on(t.parent, t.name), unique("both").on(t.at, t.flag),
  check("positive", sql`${t.amount} > 0`)]);
export const links = mysqlTable("links", { a: int("a"), b: int("b") }, (t) => ({ pk: primaryKey({ columns: [t.a, t.b] }) }));
"""


def test_mysql(reading) -> None:
    found = reading(SCHEMA)
    assert found.diagnostics == ()
    assert found.catalog.engine.name == "mysql"
    children, links, parents = found.catalog.tables
    types = {column.name: str(column.type) for column in children.columns}
    assert types == {
        "id": "bigint",
        "parent_id": "integer",
        "kind": "enum('a','it''s')",
        "named": "enum('x')",
        "name": "character varying(191)",
        "amount": "numeric(10,2)",
        "at": "timestamp(3) without time zone",
        "changed": "timestamp without time zone",
        "big": "text",
        "flag": "boolean",
        "extra": "json",
    }
    assert children.column("id").identity is Identity.AUTOINCREMENT
    assert children.primary_key.columns == ("id",)
    assert children.primary_key.name == "children_id"
    assert children.column("kind").default.text == "'a'"
    assert children.column("at").default.text == "(CURRENT_TIMESTAMP(3))"
    assert children.column("changed").default.canonical == "now()"
    assert children.column("changed").declared.sets_on_update
    assert {key.name: key.columns for key in children.unique_keys} == {
        "children_name_unique": ("name",),
        "both": ("at", "flag"),
    }
    assert {(index.name, index.unique) for index in children.indexes} == {("by_kind", False), ("only", True)}
    (key,) = children.foreign_keys
    assert (key.name, key.on_delete) == ("children_parent_id_parents_id_fk", Action.SET_NULL)
    (check,) = children.checks
    assert check.expression.canonical == "amount > 0"
    assert links.primary_key.name == "links_a_b_pk"
    assert not any(column.nullable for column in links.columns)
    assert str(parents.column("id").type) == "bigint"
    assert found.catalog.enums == ()


def test_planetscale(readings) -> None:
    config = 'import type { Config } from "drizzle-kit"; export default { driver: "mysql2", schema: "./src/*.ts", '
    config += "dbCredentials: { connectionString: process.env.DATABASE_URL! } } satisfies Config;"
    (found,) = readings(
        {
            "package.json": "{}",
            "drizzle.config.ts": config,
            "src/schema.ts": SCHEMA,
            "src/db.ts": 'import { connect } from "@planetscale/database";',
        }
    )
    assert found.catalog.engine.hosted_by == "planetscale"
    assert found.migrated is None


def test_numbered_column_without_a_key(reading) -> None:
    head = 'import { mysqlTable, int, index } from "drizzle-orm/mysql-core";\n'
    found = reading(
        head
        + """export const pulled = mysqlTable("pulled", { id: int("id").autoincrement().notNull(), of: int("of") },
          (t) => ({ byOf: index("by_of").on(t.of, t.id) }));
        export const led = mysqlTable("led", { id: int("id").autoincrement().notNull(), of: int("of") },
          (t) => ({ byId: index("by_id").on(t.id) }));"""
    )
    assert {table.name: table.primary_key and table.primary_key.columns for table in found.catalog.tables} == {
        "pulled": ("id",),
        "led": None,
    }
