"""Schemas derived from tables by drizzle-zod."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.sources.code.typescript.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.drizzle import DrizzleReader
from dbarchitect.sources.typescript.index import TypeScriptIndex

SCHEMA = """
import { pgTable, serial, text } from "drizzle-orm/pg-core"
import { createInsertSchema } from "drizzle-zod"
import { z } from "zod"
export const orders = pgTable("orders", { id: serial("id").primaryKey(), status: text("state"), note: text("note") })
export const insertOrder = createInsertSchema(orders, { status: z.enum(["open", "paid"]), note: (s) => s.max(80) })
"""
CODE = """
import { drizzle } from "drizzle-orm/node-postgres"
import { orders, insertOrder } from "./schema"
const db = drizzle(process.env.URL)
export async function save(input: unknown) {
  await db.insert(orders).values(insertOrder.omit({ id: true }).parse(input))
}
"""


def test_a_column_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"drizzle-orm": "0.40.0", "pg": "8"}}')
    (tmp_path / "schema.ts").write_text(SCHEMA)
    (tmp_path / "orders.ts").write_text(CODE)
    project = open_project(tmp_path)
    (reading,) = read_code(TypeScriptIndex(project), DrizzleReader().read(project))
    assert reading.code is not None
    (query,) = reading.code.queries
    assert {str(a.column) for a in query.assignments} == {"orders.state", "orders.note"}
    assert {str(r.column): r.choices for r in reading.code.rules} == {"orders.state": ("open", "paid")}
