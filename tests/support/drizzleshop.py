"""A small shop with a Drizzle schema, and what is seen of code that asks for it."""

from __future__ import annotations

import re
from pathlib import Path

from support.sqlshop import COLUMNS, shop

from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Application
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.typescript.drizzle import DrizzleVocabulary
from dbarchitect.sources.code.typescript.interpreter import Interpreter
from dbarchitect.sources.code.typescript.kysely import KyselyVocabulary
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.mapping import MappedModel, MappedRelation
from dbarchitect.sources.typescript.index import TypeScriptIndex

RELATIONS = {
    "users": [
        MappedRelation("orders", "db/schema.ts:orders", True, (("id", "user_id"),), reverse=True),
    ],
    "orders": [
        MappedRelation("user", "db/schema.ts:users", False, (("user_id", "id"),)),
        MappedRelation("items", "db/schema.ts:items", True, (("id", "order_id"),), reverse=True),
    ],
    "items": [MappedRelation("order", "db/schema.ts:orders", False, (("order_id", "id"),))],
}
SCHEMA = "".join(
    f"export const {name} = pgTable('{name}', {{}})\n" for name in ("users", "orders", "items", "products")
)
HEAD = """
import { arrayContains, getTableColumns, eq, ne, gt, and, or, not, like, ilike, inArray, isNull, between, exists, desc, asc, sql, count, sum, lt } from "drizzle-orm"
import { alias } from "drizzle-orm/pg-core"
import { db } from "./db"
import * as schema from "./db/schema"
import { users, orders, items, products } from "./db/schema"
"""  # noqa: E501
CLIENT = """
import { drizzle } from "drizzle-orm/node-postgres"
import * as schema from "./schema"
export const db = drizzle(pool, { schema })
export type Database = typeof db
"""


def camel(name: str) -> str:
    """`user_id` as `userId`."""
    return re.sub(r"_(\w)", lambda m: m[1].upper(), name)


def models() -> tuple[MappedModel, ...]:
    """The models of the shop's schema."""
    made = []
    for name in ("users", "orders", "items", "products"):
        columns = [c.split()[0] for c in COLUMNS[name].split(",")]
        relations = {r.name: r for r in RELATIONS.get(name, [])}
        known = {camel(c): c for c in columns}
        made.append(MappedModel(f"db/schema.ts:{name}", name, Ref.of_table(name), known, ("id",), relations, name))
    return tuple(made)


def read(folder: Path, source: str, *, engine: str = "postgresql", head: str = HEAD, **others: str) -> Code:
    """What is seen of `app.ts`, which has the tables and operators at hand, and of other files."""
    (folder / "db").mkdir()
    (folder / "db" / "schema.ts").write_text(SCHEMA)
    (folder / "db" / "index.ts").write_text(CLIENT)
    (folder / "app.ts").write_text(head + source)
    for name, text in others.items():
        (folder / f"{name}.ts").write_text(head + text)
    reading = SourceReading(Application("shop"), shop(engine), models=models())
    index = TypeScriptIndex(open_project(folder))
    vocabularies = (DrizzleVocabulary((reading,)), KyselyVocabulary((reading,)))
    interpreter = Interpreter(index, {m.key: m for m in reading.models}, vocabularies)
    whole = Recorder()
    for path in index.paths:
        module = index.module(path)
        assert module is not None
        whole.absorb(interpreter.follow_module(module).portable())
    assert list(interpreter.diagnostics) == []
    interpreter.recorder = whole
    for vocabulary in vocabularies:
        vocabulary.finish(interpreter)
    return whole.code()


def one(folder: Path, body: str, only: str | None = None, **options: str) -> QueryFact:
    """The only query (with a verb) of a function with this body, to which `a`, `b` and `c` are given."""
    code = read(folder, f"export async function f(a, b, c) {{\n{body}\n}}\n", **options)
    (query,) = (q for q in code.queries if only is None or q.verb.value == only)
    return query
