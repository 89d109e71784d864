"""What only the program knows of a column: the values that TypeScript allows, what the client fills in."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.members import Declared

CORE = """
import { sql } from "drizzle-orm";
import { pgTable, pgEnum, text, varchar, integer, timestamp, uuid, jsonb, boolean } from "drizzle-orm/pg-core";
import { createId } from "@paralleldrive/cuid2";
import { nanoid } from "nanoid";
import { v7 as uuidv7 } from "uuid";
import * as crypto from "node:crypto";
import { z } from "zod";
import { type Later, LEVELS } from "./other";
const STATES = ["on", "off"] as const;
enum Colour { Red = "red", Blue = "blue" }
const shape = z.enum(["round", "square"]);
type State = (typeof STATES)[number];
type Shape = z.infer<typeof shape>;
type Level = "low" | Other;
type Other = "high";
const newId = (prefix: string) => `${prefix}_${nanoid()}`;
const stamp = () => new Date();
"""
OTHER = {
    "src/other.ts": 'export type Later = "soon"\n  | "never";\nexport const LEVELS = { a: "A", b: "B" } as const;\n'
}
CASES = {
    "a list": ('text("c", { enum: ["a", "b"] })', Declared(choices=("a", "b"))),
    "a constant list": ('varchar("c", { length: 9, enum: STATES })', Declared(choices=("on", "off"))),
    "an enum of TypeScript": (
        'text("c", { enum: Object.values(Colour) as [string] })',
        Declared(choices=("red", "blue")),
    ),
    "an enumeration of zod": ('text("c", { enum: shape.options })', Declared(choices=("round", "square"))),
    "a union": ('text("c").$type<\'a\' | "b">()', Declared(choices=("a", "b"))),
    "a union by its name": ('text("c").$type<Later>()', Declared(choices=("soon", "never"))),
    "the type of a list": ('text("c").$type<State>()', Declared(choices=("on", "off"))),
    "the type of an enumeration": ('text("c").$type<Shape>()', Declared(choices=("round", "square"))),
    "an enum's own type": ('text("c").$type<Colour>()', Declared(choices=("red", "blue"))),
    "a union of more than texts": ('text("c").$type<Level>()', None),
    "a type of JSON": ('jsonb("c").$type<"a" | "b">()', None),
    "an imported object": ('text("c", { enum: Object.values(LEVELS) })', Declared(choices=("A", "B"))),
    "cuid": ('text("c").$defaultFn(() => createId())', Declared(generator="cuid")),
    "cuid by reference": ('text("c").$defaultFn(createId)', Declared(generator="cuid")),
    "nanoid": ('text("c").$default(() => nanoid())', Declared(generator="nanoid")),
    "uuid": ('text("c").$default(() => uuidv7())', Declared(generator="uuid")),
    "node's uuid": ('text("c").$default(() => crypto.randomUUID())', Declared(generator="uuid")),
    "a key of one's own making": ('text("c").$default(() => newId("u"))', Declared(computed_default=True)),
    "a constant": ('integer("c").$default(() => 5)', Declared(default="5")),
    "a false constant": ('boolean("c").$default(() => false)', Declared(default="false")),
    "an empty object": ('jsonb("c").$default(() => ({}))', Declared(computed_default=True)),
    "now": ('timestamp("c").$defaultFn(() => new Date())', Declared(sets_on_create=True)),
    "now by reference": ('timestamp("c").$defaultFn(stamp)', Declared(sets_on_create=True)),
    "seconds": ('integer("c").$defaultFn(() => Math.floor(Date.now() / 1000))', Declared(sets_on_create=True)),
    "text of now": ('text("c").$defaultFn(() => new Date().toISOString())', Declared(sets_on_create=True)),
    "updated": (
        'timestamp("c").$onUpdate(() => new Date())',
        Declared(sets_on_create=True, sets_on_update=True),
    ),
    "updated in SQL": ('timestamp("c").defaultNow().$onUpdateFn(() => sql`now()`)', Declared(sets_on_update=True)),
    "nothing": ('text("c").notNull()', None),
    "an enum of the database": ('pgEnum("e", ["a"])("c")', None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_declared(case, reading) -> None:
    spelled, expected = case
    found = reading(f'{CORE}export const t = pgTable("t", {{ c: {spelled} }});', OTHER)
    assert found.catalog.tables[0].columns[0].declared == expected
    assert found.catalog.tables[0].checks == ()


VALIDATED = """
import { pgTable, text, varchar, integer } from "drizzle-orm/pg-core";
import { createInsertSchema } from "drizzle-zod";
import { z } from "zod";
export const t = pgTable("t", { role: text("role"), name: text("name"), age: integer("age"), note: text("note_"),
  other: text("other"), both: text("both"), given: text("given", { enum: ["x"] }) });
export const first = createInsertSchema(t, {
  role: z.enum(["a", "b"]), name: (schema) => schema.min(1).max(80), age: z.number().int().min(0).max(150),
  note: z.string().trim().max(10).optional(), other: z.string().transform((x) => x), both: z.string().max(5),
  given: z.enum(["x", "y"]) }).extend({ confirm: z.string().max(3) });
export const second = createInsertSchema(t, { both: z.string().max(6) });
"""


def test_validators_of_a_table(reading) -> None:
    found = reading(VALIDATED)
    declared = {column.name: column.declared for column in found.catalog.tables[0].columns}
    assert declared == {
        "role": Declared(choices=("a", "b")),
        "name": Declared(max_length=80),
        "age": Declared(minimum="0", maximum="150"),
        "note_": Declared(max_length=10),
        "other": None,
        "both": None,
        "given": Declared(choices=("x",)),
    }
