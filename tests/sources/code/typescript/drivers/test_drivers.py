"""Raw SQL through drivers."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import only, read_files
from support.growing import steps_of

from dbarchitect.catalog.queries import Code, EventKind, Fetch, Verb


def read(folder: Path, source: str) -> Code:
    return read_files(folder, {"a.ts": source})


PG = 'import { Pool } from "pg"\nconst pool = new Pool()\n'
POSTGRES = 'import postgres from "postgres"\nconst sql = postgres(process.env.URL)\n'
SQLITE = 'import Database from "better-sqlite3"\nconst db = new Database("x.db")\n'
VERCEL = 'import { sql } from "@vercel/postgres"\n'
NEON = 'import { neon } from "@neondatabase/serverless"\nconst sql = neon("x")\n'
MYSQL = 'import mysql from "mysql2/promise"\nconst pool = mysql.createPool({})\n'


ASK = '"select * from orders where id = $1", [id]'
MARK = '"select * from orders where id = ?"'


@pytest.mark.parametrize(
    "source",
    [
        f"{PG}export async function f(id) {{ const r = await pool.query({ASK}); return r.rows }}",
        f"{PG}export const f = (id) => pool.query({{ text: {ASK.replace(', [', ', values: [')} }})",
        f"{PG}export async function f(id) {{ const c = await pool.connect(); return c.query({ASK}) }}",
        f"{PG}const SQL = `select * from orders\n where id = $1`\nexport const f = (id) => pool.query(SQL, [id])",
        f'import pg from "pg"\nconst pool = new pg.Pool()\nexport const f = (id) => pool.query({ASK})',
        f'import type {{ PoolClient }} from "pg"\nexport const f = (c: PoolClient, id) => c.query({ASK})',
        POSTGRES + "export const f = async (id) => await sql`select * from orders where id = ${id}`",
        POSTGRES + "export const f = (id) => sql`select * from orders where id = ${id}`",
        POSTGRES + "export const f = (id) => sql`select * from ${sql('orders')} where ${sql`id = ${id}`}`",
        VERCEL + "export const f = async (id) => { const { rows } = await sql`select * from orders where id = ${id}` }",
        NEON + "export const f = async (id) => await sql`select * from orders where id = ${id}`",
        f"{MYSQL}export async function f(id) {{ const [rows] = await pool.execute({MARK}, [id]); return rows }}",
        f"{SQLITE}export const f = (id) => db.prepare({MARK}).all(id)",
        f"{SQLITE}const stmt = db.prepare({MARK})\nexport const f = (id) => stmt.all(id)",
        f'import knex from "knex"\nconst db = knex({{}})\nexport const f = (id) => db.raw({MARK}, [id])',
        f"export const f = (ctx, id) => ctx.db.query({ASK})",
    ],
)
def test_what_is_asked(tmp_path: Path, source: str) -> None:
    query = only(read(tmp_path, source))
    assert (query.verb, str(query.table), query.library, query.as_text) == (Verb.SELECT, "orders", "sql", True)
    (predicate,) = query.predicates
    assert str(predicate.column) == "orders.id"
    assert predicate.operand.value == "parameter"
    assert (query.interpolated, query.pasted, query.raw_input) == ((), (), False)


@pytest.mark.parametrize(
    ("source", "interpolated", "pasted"),
    [
        (PG + "export const f = (name) => pool.query(`select * from orders where status = '${name}'`)",
         ("name",), ("name",)),
        (PG + "export const f = (name) => pool.query(\"select * from orders where status = '\" + name + \"'\")",
         ("name",), ("name",)),
        (PG + "export const f = (order) => pool.query(`select * from orders order by ${order}`)", ("order",), ()),
        (POSTGRES + "export const f = (w) => sql.unsafe(`select * from orders where status = '${w}'`)", ("w",), ("w",)),
        (POSTGRES + "export const f = (o) => sql`select * from orders order by ${sql.unsafe(o)}`", ("o",), ()),
    ],
)  # fmt: skip
def test_what_is_pasted(tmp_path: Path, source: str, interpolated: tuple[str, ...], pasted: tuple[str, ...]) -> None:
    query = only(read(tmp_path, source))
    assert (query.interpolated, query.pasted) == (interpolated, pasted)


LIST = "const NAMES = ['open', 'paid']\n"


@pytest.mark.parametrize(
    "source",
    [
        "const name = s ? 'open' : 'paid'; return pool.query(`select * from orders where status = '${name}'`)",
        "if (!NAMES.includes(s)) throw new Error(); return pool.query(`select * from orders where status = '${s}'`)",
        "if (t || !NAMES.includes(s)) return; return pool.query(`select * from orders where status = '${s}'`)",
        "if (NAMES.includes(s)) { return pool.query(`select * from orders where status = '${s}'`) }",
        "const m = s.map((_, i) => `$${i + 1}`).join(); return pool.query(`select * from orders where id in (${m})`)",
        "return pool.query(`select * from orders where id in (${s.map(() => '?').join(',')})`, s)",
        (
            "const m = s.map((_, i) => `$${i}`); "
            "return pool.query(`select * from orders where id in ($1${m.map((n) => `, ${n}`).join('')})`)"
        ),
        "return pool.query(`select * from orders o where ${counted('o')}`)",
    ],
)
def test_what_the_program_chooses_itself_is_not_pasted(tmp_path: Path, source: str) -> None:
    said = "// a word\n" * 40
    counted = f"function counted(alias) {{\n{said}return `(${{alias}}.status = 'open' and ${{alias}}.note = 'a')` }}\n"
    query = only(read(tmp_path, f"{PG}{LIST}{counted}export async function f(s, t) {{ {source} }}"))
    assert query.pasted == ()


def test_what_a_list_of_the_request_holds_is_pasted(tmp_path: Path) -> None:
    source = "const { s, list } = req.body; if (!list.includes(s)) return; "
    source += "await pool.query(`select * from orders where status = '${s}'`)"
    query = only(read(tmp_path, f"{PG}app.post('/x', async (req, res) => {{ {source} }})"))
    assert query.raw_input


def test_names_that_the_driver_quotes(tmp_path: Path) -> None:
    source = 'import knex from "knex"\nconst db = knex({})\n'
    source += (
        "export const f = (name) => db.raw('select max(quantity) from orders, unnest(??::text[]) where id = ?', [name])"
    )
    query = only(read(tmp_path, source))
    assert str(query.table) == "orders"
    assert query.interpolated == ()


def test_what_a_request_brings_into_the_text(tmp_path: Path) -> None:
    source = (
        PG
        + "app.get('/x', async (req, res) => { await pool.query(`select * from orders where id = '${req.query.id}'`) })"
    )
    assert only(read(tmp_path, source)).raw_input


def test_what_a_request_brings_as_a_parameter(tmp_path: Path) -> None:
    source = PG + (
        "app.post('/x', async (req, res) => "
        "{ await pool.query('update orders set status = $1 where id = $2', [req.body.status, 1]) })"
    )
    query = only(read(tmp_path, source))
    assert not query.raw_input
    assert [a.raw_input for a in query.assignments] == [True]


@pytest.mark.parametrize(
    "source",
    [
        POSTGRES + "export const f = () => sql.begin(async (sql) => { await sql`delete from orders where id = '1'` })",
        SQLITE + "const f = db.transaction((id) => { db.prepare('delete from orders where id = ?').run(id) })\n"
        "export function g() { f(1) }",
        PG + "export async function f() { const c = await pool.connect(); await c.query('BEGIN'); "
        "await c.query(\"delete from orders where id = '1'\") }",
        MYSQL + "export async function f() { const c = await pool.getConnection(); await c.beginTransaction(); "
        "await c.execute(\"delete from orders where id = '1'\") }",
    ],
)
def test_transactions(tmp_path: Path, source: str) -> None:
    query = only(read(tmp_path, source))
    assert (query.verb, query.fetch) == (Verb.DELETE, Fetch.NONE)
    assert query.place.transaction is not None


def test_the_end_of_a_transaction(tmp_path: Path) -> None:
    source = PG + (
        "export async function f() { const c = await pool.connect(); try { await c.query('BEGIN'); "
        "await c.query('delete from orders'); await c.query('COMMIT') } "
        "catch (e) { await c.query('ROLLBACK'); throw e } }"
    )
    assert {event.kind for event in read(tmp_path, source).events} == {EventKind.COMMIT, EventKind.ROLLBACK}


def test_rows_in_a_loop(tmp_path: Path) -> None:
    source = PG + (
        "export async function f() { const { rows } = await pool.query('select * from orders');\n"
        "for (const row of rows) { await pool.query('update users set email = $1 where id = $2', ['x', row.id]) } }"
    )
    update = next(q for q in read(tmp_path, source).queries if q.verb is Verb.UPDATE)
    assert [loop.rows for loop in update.place.loops] == [True]


def test_what_is_no_sql(tmp_path: Path) -> None:
    source = (
        "export const f = (client) => client.query('Select a file from the list')\nexport const g = (c) => c.get('x')"
    )
    assert read(tmp_path, source).queries == ()


WRAPPED = {
    "the documentation's": PG + "export const query = (text, params) => pool.query(text, params)\n",
    "one that waits": PG + "export async function query(text, params) { const found = await pool.query(text, params); "
    "console.log(text); return found.rows }\n",
    "an object": PG + "export const query = (text, values) => pool.query({ text, values })\n",
    "through another": PG + "const run = (...args) => pool.query(...args)\n"
    "export const query = async (text, params) => (await run(text, params)).rows\n",
    "a promise": PG + "export function query(text, params) { return new Promise((resolve, reject) => "
    "pool.query(text, params, (error, found) => error ? reject(error) : resolve(found.rows))) }\n",
    "too far to be seen": "import { send } from './wire'\n"
    "export function query(text, params) { const prepared = prepare(text, params); return send(prepared) }\n",
}


@pytest.mark.parametrize("wrapper", list(WRAPPED))
def test_a_function_that_hands_a_text_on_asks_nothing_itself(tmp_path: Path, wrapper: str) -> None:
    asking = (
        "import { query } from './db'\n"
        "export async function first(id) { return query('select * from orders where id = $1', [id]) }\n"
        "export async function second(id) { return query('select * from orders where id = $1', [id]) }\n"
        "export async function third() { const ids = await query('select id from users')\n"
        "for (const one of ids) { await query('update users set email = $1 where id = $2', ['x', one.id]) } }\n"
    )
    code = read_files(tmp_path, {"db.ts": WRAPPED[wrapper], "a.ts": asking})
    asked = [(q.verb, str(q.table), q.place.function, q.origin.line) for q in code.queries]
    assert asked == [
        (Verb.SELECT, "orders", "a.ts:first", 2),
        (Verb.SELECT, "orders", "a.ts:second", 3),
        (Verb.SELECT, "users", "a.ts:third", 4),
        (Verb.UPDATE, "users", "a.ts:third", 5),
    ]
    assert [loop.rows for loop in code.queries[-1].place.loops] == [True]


def test_a_text_that_nothing_runs(tmp_path: Path) -> None:
    source = (
        "function hash(text) { return text.length }\n"
        "export const f = (log) => { hash('select * from orders'); log.info('select * from orders where id = 1') }"
    )
    assert read(tmp_path, source).queries == ()


def test_a_client_of_its_own(tmp_path: Path) -> None:
    query = only(read(tmp_path, f"export const f = (ctx, id) => ctx.client.queryOne({ASK})"))
    assert (str(query.table), query.fetch) == ("orders", Fetch.FIRST)


def test_a_statement_that_is_run_under_a_name_is_told_as_it_is_written(tmp_path: Path) -> None:
    source = f"{PG}const SQL = `select *\n from orders where id = $1`\nexport const f = (id) => pool.query(SQL, [id])"
    assert only(read(tmp_path, source)).text == "select * from orders where id = $1"


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (
            (
                "let q = 'select * from orders where owner_id = $1'\nif (o.s) { q += ` and status = $${o.n}` }\n"
                "q += ' order by id'\nreturn pool.query(q, [])"
            ),
            [("orders", ["owner_id", "status?"], ["orders.id"])],
        ),
        (
            (
                "const where = o.s ? 'owner_id = $1 and status = $2' : 'owner_id = $1'\n"
                "return pool.query(`select * from orders where ${where} order by quantity`, [])"
            ),
            [("orders", ["owner_id", "status?"], ["orders.quantity"])],
        ),
        (
            (
                "const all = ['owner_id = $1']\nif (o.s) all.push(`status = $${o.n}`)\nall.push(`quantity > $${o.m}`)\n"
                "return pool.query(`select * from orders where ${all.join(' and ')}`, [])"
            ),
            [("orders", ["owner_id", "status?", "quantity"], [])],
        ),
        (
            (
                "const all = []\nif (o.s) all.push('status = $1')\nif (o.q) all.push('quantity = $2')\n"
                "const where = all.length ? `where ${all.join(' and ')}` : ''\n"
                "return pool.query(`select * from orders ${where} limit 5`, [])"
            ),
            [("orders", ["status?", "quantity?"], [])],
        ),
        (
            (
                "let order = 'status ASC, id ASC'\nif (o.s) order = `quantity ASC, ${order}`\n"
                "return pool.query(`select * from orders where owner_id = $1 order by ${order}`, [])"
            ),
            [("orders", ["owner_id"], ["orders.quantity?", "orders.status", "orders.id"])],
        ),
        (
            (
                "const order = o.s ? 'desc' : 'asc'\n"
                "return pool.query(`select * from orders where owner_id = $1 order by quantity ${order}`, [])"
            ),
            [("orders", ["owner_id"], ["orders.quantity desc?", "orders.quantity?"])],
        ),
        (
            (
                "const q = o.s ? 'select * from orders where status = 1' : 'select * from users where email = 2'\n"
                "return pool.query(q, [])"
            ),
            [("orders", ["status"], []), ("users", ["email"], [])],
        ),
        (
            (
                "const all = ['owner_id = $1']\nfor (const k of o.keys) all.push(o.conditions[k])\n"
                "return pool.query(`select * from orders where ${all.join(' and ')}`, [])"
            ),
            [("orders", ["owner_id"], [])],
        ),
    ],
)
def test_a_text_that_grows_under_tests(tmp_path: Path, body: str, asked: list[object]) -> None:
    code = read(tmp_path, f"{PG}export async function f(o) {{ {body} }}")
    assert sorted(steps_of(code), key=str) == asked
    assert [query.raw_input for query in code.queries] == [False] * len(asked)


def test_what_a_request_puts_into_one_way_of_a_text_is_seen(tmp_path: Path) -> None:
    source = (
        f"{PG}import express from 'express'\nconst app = express()\n"
        "app.get('/o', async (req, res) => { let q = 'select * from orders where id = 1'\n"
        "if (req.query.s) { q += ` and status = '${req.query.s}'` }\nres.json(await pool.query(q)) })"
    )
    query = only(read(tmp_path, source))
    assert query.raw_input
    assert query.pasted == ("req.query.s",)


def test_the_same_text_on_both_ways_of_a_client_for_requests(tmp_path: Path) -> None:
    source = (
        'import { PrismaClient } from "@prisma/client"\nconst prisma = new PrismaClient()\n'
        "export async function f(o) { let q = 'select * from orders where owner_id = $1'\n"
        "if (o.s) { q += ' and status = $2' }\nreturn prisma.$queryRawUnsafe(q, o.id, o.s) }"
    )
    assert steps_of(read(tmp_path, source)) == [("orders", ["owner_id", "status?"], [])]


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ("'insert into orders (id, status) values %L', rows", (Verb.INSERT, "orders", [])),
        ("'select * from %I where status = %L', 'orders', status", (Verb.SELECT, "orders", ["status"])),
        ("'select * from orders where %I = %L and status like \\'a%%\\'', column, status", None),
        ("'delete from orders where owner_id = %1$L or id = %1$L', owner", (Verb.DELETE, "orders", ["owner_id", "id"])),
    ],
)
def test_texts_whose_values_a_library_quotes(tmp_path: Path, call: str, asked: tuple[object, ...] | None) -> None:
    source = f"{PG}import format from 'pg-format'\nexport const f = (rows, status, column, owner) => "
    query = only(read(tmp_path, f"{source}pool.query(format({call}))"))
    assert not query.raw_input
    assert query.pasted == ()
    if asked is None:
        assert query.dynamic == ("where",)
        assert [p.column.columns[-1] for p in query.predicates] == ["status"]
    else:
        assert (query.verb, str(query.table), [p.column.columns[-1] for p in query.predicates]) == asked


@pytest.mark.parametrize(
    "trap",
    [
        "get(_, name) { const it = (kept as any)[name]; return typeof it === 'function' ? it.bind(kept) : it }",
        "get: (_, name) => Reflect.get(open(), name)",
        "get(_, name) { const client = open()\n return client[name] }",
    ],
)
def test_client_behind_a_proxy(tmp_path: Path, trap: str) -> None:
    source = f"""import Database from "better-sqlite3"
let kept: Database.Database | null = null
const open = () => new Database("x.db")
const db = new Proxy({{}} as Database.Database, {{ {trap} }})
export function copy(rows) {{
  const make = db.prepare("insert into orders (id) values (?)")
  const all = db.transaction(() => {{ for (const row of rows) make.run(row.id) }})
  all()
}}
"""
    query = only(read(tmp_path, source))
    assert query.verb is Verb.INSERT
    assert query.place.transaction is not None
