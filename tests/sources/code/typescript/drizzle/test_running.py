"""Where and how queries run: transactions, loops, fetches, receivers that are not known."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.drizzleshop import one, read
from support.sqlshop import names

from dbarchitect.catalog.queries import Bound, Fetch, Use, Verb


@pytest.mark.parametrize(
    ("body", "fetch"),
    [
        ("const [user] = await db.select().from(users).limit(1); return user", Fetch.FIRST),
        ("return (await db.select().from(users).limit(1))[0]", Fetch.FIRST),
        ("return await db.select().from(users).get()", Fetch.FIRST),
        ("return await db.select().from(users).all()", Fetch.ALL),
        ("return await db.select({ n: count() }).from(users)", Fetch.COUNT),
        ("return await db.select({ n: count() }).from(users).groupBy(users.name)", Fetch.ALL),
        ("return await db.select({ n: sum(orders.total), m: count() }).from(orders)", Fetch.SCALAR),
        ("return db.select().from(users)", Fetch.ALL),
        ("return db.select().from(users).then((rows) => rows.length)", Fetch.ALL),
        ("const q = db.select().from(users).prepare(); return await q.execute()", Fetch.ALL),
    ],
)
def test_how_much_is_taken(tmp_path: Path, body: str, fetch: Fetch) -> None:
    assert one(tmp_path, body).fetch is fetch


@pytest.mark.parametrize(
    ("body", "use"),
    [
        ("const [user] = await db.select().from(users); return user", Use.RETURNED),
        ("const rows = await db.select({ id: users.id }).from(users); return rows.length", Use.COUNTED),
        ("const rows = await db.select().from(users); return rows.filter((r) => r.active)", Use.FILTERED),
        ("const row = await db.query.users.findFirst(); if (!row) throw new Error()", Use.TESTED),
        ("return await db.select({ id: users.id }).from(users)", Use.RETURNED),
    ],
)
def test_what_is_done_with_the_rows(tmp_path: Path, body: str, use: Use) -> None:
    assert use in one(tmp_path, body).uses


def test_what_is_done_where_a_query_fails(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "export async function f(a) {\nconst rows = await db.select().from(users).catch((e) => { throw e })\n"
        "return rows.length\n}\n",
    )
    assert [(str(q.table), q.uses) for q in code.queries] == [("users", {Use.COUNTED})]
    assert [h.raises for h in code.handlers] == [True]


def test_the_values_of_rows_that_are_used(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        const rows = await db.select({ order: orders, who: users.name }).from(orders)
          .innerJoin(users, eq(orders.userId, users.id))
        for (const { order, who } of rows) console.log(order.status, who)
        """,
    )
    assert names(query.attributes) == {"orders.status", "users.name"}


def test_rows_of_a_join_by_table(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        const rows = await db.select().from(orders).innerJoin(users, eq(orders.userId, users.id))
        for (const row of rows) console.log(row.orders.total, row.users?.email)
        """,
    )
    assert names(query.attributes) == {"orders.total", "users.email"}


def test_a_query_for_each_row(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        for (const user of await db.select().from(users)) {
          await db.update(orders).set({ archived: true }).where(eq(orders.userId, user.id))
        }
        """,
        only="update",
    )
    assert [loop.rows for loop in query.place.loops] == [True]


def test_a_transaction(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        """
        export async function f(a) {
          await db.transaction(async (tx) => {
            await tx.insert(users).values({ email: a })
            await other(tx)
          })
          await db.delete(items)
        }
        async function other(tx) { await tx.execute(sql`delete from orders where id = 1`) }
        """,
    )
    told = {q.verb: q.place.transaction is not None for q in code.queries if q.place.function == "app.ts:f"}
    assert told == {Verb.INSERT: True, Verb.DELETE: False}


def test_a_helper_that_begins_a_transaction_where_there_is_none(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "await within(c, async (tx) => { await tx.insert(users).values({ email: a }) })\n}\n"
        "async function within(given, work) {\nif (given.open) return work(given)\nreturn db.transaction(work)",
    )
    assert query.place.transaction is not None


def test_a_call_within_such_a_helper_is_within_the_transaction_too(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "export async function f(c) {\nawait within(c, async (tx) => { await note(tx) })\n}\n"
        "async function within(given, work) {\nif (given.open) return work(given)\nreturn db.transaction(work)\n}\n"
        "async function note(tx) {\nawait tx.insert(users).values({ name: 'x' })\n}\n",
    )
    (call,) = (c for c in code.calls if c.callee == "app.ts:note" and c.caller.function == "app.ts:f")
    assert call.caller.transaction is not None


def test_work_that_is_handed_to_a_library_within_an_object(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "await within(async (tx) => { await tx.insert(users).values({ email: a }) })\n}\n"
        "async function within(work) {\nreturn retry({ try: () => db.transaction(work), times: 3 })",
    )
    assert (query.place.function, query.place.transaction is not None) == ("app.ts:f", True)


@pytest.mark.parametrize("call", ["retry(() => {q})", "retry({{ try: () => {q} }})", "retry(async () => {q})"])
def test_a_query_that_a_library_gets_from_a_function(tmp_path: Path, call: str) -> None:
    query = one(tmp_path, f"const rows = await {call.format(q='db.select().from(users)')}; return rows")
    assert (str(query.table), query.fetch, query.place.function) == ("users", Fetch.ALL, "app.ts:f")


def test_a_batch_is_a_transaction(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "export const f = async () => {\nawait db.batch([\ndb.insert(users).values({ email: 'a' }),\n"
        "db.delete(orders),\n])\n}\n",
    )
    assert [q.place.transaction is not None for q in code.queries] == [True, True]
    assert len({q.origin.line for q in code.queries}) == 2


@pytest.mark.parametrize(
    "receiver",
    ["c.db", "this.db", "ctx.get('db')", "(await open())", "a.b.c", "databases[0]", "(c.db ?? db)"],
)
def test_whatever_is_asked_for_a_table_of_the_schema_is_a_query(tmp_path: Path, receiver: str) -> None:
    code = read(
        tmp_path,
        f"export async function f(a, b, c, ctx, databases) {{\nawait {receiver}.select().from(users).limit(3)\n"
        f"await {receiver}.delete(items)\nawait {receiver}.query.orders.findMany({{ limit: 2 }})\n}}\n",
    )
    assert {(q.verb, str(q.table), q.limit) for q in code.queries} == {
        (Verb.SELECT, "users", Bound(3)),
        (Verb.DELETE, "items", None),
        (Verb.SELECT, "orders", Bound(2)),
    }


@pytest.mark.parametrize(
    "declared",
    ["NodePgDatabase<typeof schema>", "typeof db", "Database", "PgTransaction<any, any, any>", "LibSQLDatabase"],
)
def test_declared_types(tmp_path: Path, declared: str) -> None:
    code = read(
        tmp_path,
        'import type { Database } from "./db"\n'
        f"export async function f(x: {declared}) {{\nawait x.select().from(somewhere)\n}}\n",
    )
    (query,) = code.queries
    assert (query.table, query.dynamic) == (None, ("table",))


@pytest.mark.parametrize(
    "body",
    [
        "new Map().delete(a)",
        "cache.delete(a)",
        "supabase.from('users').select('id')",
        "d3.select('#a').insert('svg')",
        "stripe.customers.update(a, { name: b })",
        "hash.update(a)",
        "await prompts.select({ message: 'Which?' })",
        "knex('users').insert({ a })",
        "document.query.forms.find(a)",
    ],
)
def test_what_other_libraries_are_asked_is_no_query(tmp_path: Path, body: str) -> None:
    assert read(tmp_path, f"export async function f(a, b, cache, stripe, hash) {{\n{body}\n}}\n").queries == ()


def test_no_query_where_the_other_way_is_an_empty_list(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "export async function f(a) {\nconst [x] = await Promise.all([a.length ? "
        "db.select().from(users).where(inArray(users.id, a)) : Promise.resolve([])])\nreturn x\n}\n",
    )
    assert [str(q.table) for q in code.queries] == ["users"]


@pytest.mark.parametrize(
    ("declared", "kept"),
    [
        ("const held = globalThis as any\nif (!held.db) { held.db = drizzle(url) }", "held.db"),
        ("const held = globalThis as any\nheld.cache.db = held.cache.db || drizzle(url)", "held.cache.db"),
        ("type Db = NodePgDatabase<typeof schema>", "(globalThis as any).db as Db"),
    ],
)
def test_a_database_that_outlives_its_module(tmp_path: Path, declared: str, kept: str) -> None:
    typed = ": Db" if declared.startswith("type") else ""
    made = 'import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres"\n'
    made += f"{declared}\nexport const db{typed} = {kept}\n"
    asked = "import { db } from './kept'\nexport const f = async () => db.query.orders.findFirst({ limit: 1 })\n"
    (query,) = read(tmp_path, asked, head="", kept=made).queries
    assert str(query.table) == "orders"


@pytest.mark.parametrize(("level", "isolated"), [("serializable", 1), ("repeatable read", 1), ("read committed", 0)])
def test_the_level_of_a_transaction(tmp_path: Path, level: str, isolated: int) -> None:
    body = f"await db.transaction(async (tx) => {{ await tx.delete(items) }}, {{ isolationLevel: '{level}' }})"
    assert len(read(tmp_path, f"export async function f() {{ {body} }}").isolated) == isolated


def test_a_query_that_a_runner_is_handed_stands_where_it_is_written(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "async function timed<T>(name: string, task: () => Promise<T>): Promise<T> {\n"
        "  const found = await task()\n  return found\n}\n"
        "export async function list(id: number) {\n"
        "  return await timed('list', () => db.select().from(users).where(eq(users.id, id)))\n}\n",
    )
    (query,) = code.queries
    assert query.place.function.endswith(":list")
    assert query.text == "db.select().from(users).where(eq(users.id, id))"


def test_either_of_two_queries_that_a_runner_is_handed_stands_where_it_is_written(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "async function timed<T>(name: string, task: () => Promise<T>): Promise<T> {\n  return await task()\n}\n"
        "export async function list(all: boolean) {\n"
        "  return await timed('list', () => (all ? db.select().from(users)\n"
        "    : db.select().from(users).where(eq(users.id, 1))))\n}\n",
    )
    assert {query.place.function.rpartition(":")[2] for query in code.queries} == {"list"}


def test_a_query_that_another_modules_runner_runs_later_stands_where_it_is_written(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "import { cached } from './kept'\n"
        "const ofUser = (id: number) =>\n  cached(db.select().from(users).where(eq(users.id, id)))\n"
        "export async function show(id: number) {\n  return await ofUser(id).execute()\n}\n",
        kept="export function cached(query) {\n  const execute = async () => {\n    const rows = await query\n"
        "    return rows\n  }\n  return { execute }\n}\n",
    )
    (query,) = code.queries
    assert query.place.function.endswith(":ofUser")
    assert query.text == "db.select().from(users).where(eq(users.id, id))"
