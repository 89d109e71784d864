"""Kysely: tables and columns by their names in the database."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.drizzleshop import one, read
from support.sqlshop import joined, names, sorted_by, told, written

from dbarchitect.catalog.queries import Bound, Fetch, Idiom, QueryFact, Verb

HEAD = 'import { Kysely, sql } from "kysely"\nconst k = new Kysely<DB>({ dialect })\n'


def asked(folder: Path, body: str, only: str | None = None) -> QueryFact:
    """The only query of a function with this body."""
    return one(folder, body, only, head=HEAD)


def test_a_select_with_all_its_parts(tmp_path: Path) -> None:
    query = asked(
        tmp_path,
        """
        return await k.selectFrom("orders as o").innerJoin("users", "users.id", "o.user_id")
          .leftJoin("items as i", (join) => join.onRef("i.order_id", "=", "o.id").on("i.quantity", ">", 1))
          .where("o.status", "=", "open").where("o.user_id", "in", a)
          .select(["o.id", "users.name as who"]).orderBy("o.created_at", "desc").orderBy("who").limit(5).execute()
        """,
    )
    assert (query.verb, str(query.table), query.fetch, query.limit) == (Verb.SELECT, "orders", Fetch.ALL, Bound(5))
    assert joined(query.joins) == {"orders.user_id = users.id", "orders.id = items.order_id (outer)"}
    assert {told(p) for p in query.predicates} == {
        "items.quantity range '1'",
        "orders.status = 'open'",
        "orders.user_id in parameter",
    }
    assert names(query.columns) == {"orders.id", "users.name"}
    assert sorted_by(query.ordering) == ["orders.created_at desc", "users.name"]
    assert query.library == "kysely"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('"id", "=", a', {"orders.id = parameter"}),
        ('"paid_on", "is", null', {"orders.paid_on is null"}),
        ('"paid_on", "is not", null', {"orders.paid_on is not null"}),
        ('"body", "ilike", `%${a}%`', {"orders.body contains parameter [case_insensitive]"}),
        ('(eb) => eb("id", "=", a)', {"orders.id = parameter"}),
        (
            '(eb) => eb.or([eb("id", "=", 1), eb("total", ">", 2)])',
            {"orders.id = '1' [alternative]", "orders.total range '2' [alternative]"},
        ),
        (
            '({ eb, and, not }) => and([not(eb("status", "=", "x")), eb("total", "=", 2)])',
            {"orders.status <> 'x'", "orders.total = '2'"},
        ),
        (
            '(eb) => eb("id", "=", 1).or("total", "=", 2)',
            {"orders.id = '1' [alternative]", "orders.total = '2' [alternative]"},
        ),
        ('(eb) => eb.between("total", 1, 3)', {"orders.total range '1' '3'"}),
        ('(eb) => eb(eb.fn("lower", ["body"]), "=", a)', {"lower(orders.body) = parameter [case_insensitive]"}),
        ("sql`total > ${a}`", {"orders.total range parameter"}),
        ('sql.ref("orders.total"), "=", sql.lit(3)', {"orders.total = '3'"}),
        ('"status", "=", sql.lit("open")', {"orders.status = 'open'"}),
    ],
)
def test_conditions(tmp_path: Path, where: str, expected: set[str]) -> None:
    query = asked(tmp_path, f'return await k.selectFrom("orders").selectAll().where({where}).execute()')
    assert {told(p) for p in query.predicates} == expected


def test_conditions_on_some_ways_only(tmp_path: Path) -> None:
    query = asked(
        tmp_path,
        """
        let q = k.selectFrom("orders").select("id").$if(b, (q) => q.where("user_id", "=", b))
        if (a) q = q.where("status", "=", a)
        return await q.executeTakeFirst()
        """,
    )
    assert {told(p) for p in query.predicates} == {
        "orders.user_id = parameter [optional]",
        "orders.status = parameter [optional]",
    }
    assert query.fetch is Fetch.FIRST


def test_queries_within(tmp_path: Path) -> None:
    query = asked(
        tmp_path,
        """
        return await k.with("big", (db) => db.selectFrom("orders").select(["id", "user_id"]).where("total", ">", 9))
          .selectFrom("users").innerJoin("big", "big.user_id", "users.id")
          .where((eb) => eb.exists(eb.selectFrom("items").whereRef("items.order_id", "=", "big.id")))
          .select((eb) => ["users.id", eb.fn.countAll().as("n")]).groupBy("users.id").execute()
        """,
    )
    assert names(query.tables) == {"users", "orders", "items"}
    assert joined(query.joins) == {"users.id = orders.user_id", "items.order_id = orders.id"}
    assert [str(g) for g in query.grouping] == ["users.id"]
    assert [a.function for a in query.aggregates] == ["count"]


def test_counting(tmp_path: Path) -> None:
    query = asked(tmp_path, 'return await k.selectFrom("users").select(k.fn.count("id").as("n")).executeTakeFirst()')
    assert query.fetch is Fetch.COUNT


def test_writing(tmp_path: Path) -> None:
    insert = asked(
        tmp_path,
        'await k.insertInto("users").values({ email: a, active: true })'
        '.onConflict((oc) => oc.column("email").doUpdateSet({ name: b })).execute()',
    )
    assert (insert.verb, insert.idiom, names(insert.key)) == (Verb.UPSERT, Idiom.ON_CONFLICT, {"users.email"})
    assert written(insert.assignments) == [
        "users.email := parameter",
        "users.active := 'true'",
        "users.name := parameter",
    ]


@pytest.mark.parametrize(
    ("body", "verb", "assigned"),
    [
        ('k.updateTable("orders").set({ status: "x" }).where("id", "=", a)', Verb.UPDATE, ["orders.status := 'x'"]),
        (
            'k.updateTable("orders").set((eb) => ({ total: eb.fn("abs", ["total"]) })).where("id", "=", a)',
            Verb.UPDATE,
            ["orders.total := expression"],
        ),
        ('k.deleteFrom("orders").where("id", "=", a)', Verb.DELETE, []),
    ],
)
def test_changing(tmp_path: Path, body: str, verb: Verb, assigned: list[str]) -> None:
    query = asked(tmp_path, f"await {body}.execute()")
    assert (query.verb, written(query.assignments)) == (verb, assigned)
    assert {told(p) for p in query.predicates} == {"orders.id = parameter"}


def test_a_transaction(tmp_path: Path) -> None:
    query = asked(
        tmp_path,
        'await k.transaction().setIsolationLevel("serializable").execute(async (trx) => {\n'
        'await trx.deleteFrom("items").where("id", "=", a).execute()\n})',
    )
    assert query.place.transaction is not None


@pytest.mark.parametrize(("level", "isolated"), [("serializable", 1), ("read committed", 0)])
def test_the_level_of_a_transaction(tmp_path: Path, level: str, isolated: int) -> None:
    body = f'await k.transaction().setIsolationLevel("{level}").execute(async (trx) => '
    body += '{ await trx.deleteFrom("items").execute() })'
    code = read(tmp_path, f"export async function f(a, b, c) {{ {body} }}", head=HEAD)
    assert len(code.isolated) == isolated


def test_a_client_that_is_not_known(tmp_path: Path) -> None:
    query = asked(
        tmp_path, 'return await c.$kysely.selectFrom("users").selectAll().where("createdAt", "=", a).execute()'
    )
    assert (str(query.table), query.columns) == ("users", None)


def test_a_statement(tmp_path: Path) -> None:
    query = asked(tmp_path, "return await sql`select id from users where email = ${a}`.execute(k)")
    assert {told(p) for p in query.predicates} == {"users.email = parameter"}


def test_values_that_are_used(tmp_path: Path) -> None:
    query = asked(
        tmp_path,
        'const rows = await k.selectFrom("users").select(["id", "email"]).execute(); return rows.map((r) => r.email)',
    )
    assert names(query.attributes) == {"users.email"}


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        'export async function f(c) { c.selectFrom("ghosts"); await k.selectFrom("ghosts").selectAll().execute() }',
        head=HEAD,
    )
    (query,) = code.queries
    assert (query.table, query.dynamic) == (None, ("table",))


def test_a_query_with_a_name_brings_its_conditions_along(tmp_path: Path) -> None:
    """What a recursive one begins with says which rows it can reach."""
    code = read(
        tmp_path,
        HEAD + "export async function f(a) {\n"
        '  return await k.withRecursive("t", (db) => db.selectFrom("orders").select(["id", "user_id"])\n'
        '    .where("id", "=", a).unionAll((e) => e.selectFrom("orders as o").select(["o.id", "o.user_id"])\n'
        '      .innerJoin("t", "t.id", "o.user_id"))).selectFrom("t").selectAll().execute()\n}\n',
    )
    (query,) = (query for query in code.queries if query.fetch is Fetch.ALL)
    assert [(p.column.columns, p.alternative) for p in query.predicates] == [(("id",), False)]


def test_a_query_that_a_callback_gives_as_the_table(tmp_path: Path) -> None:
    query = asked(
        tmp_path,
        """
        return await k.selectFrom((eb) => eb.selectFrom("orders").selectAll().where("status", "=", "open").as("o"))
          .selectAll().where("o.total", ">", 5).execute()
        """,
    )
    assert {told(p) for p in query.predicates} == {"orders.status = 'open'", "orders.total range '5'"}
    assert (str(query.table), query.dynamic) == ("orders", ())


def test_rows_that_a_query_gives_are_inserted(tmp_path: Path) -> None:
    query = asked(
        tmp_path,
        """
        await k.insertInto("orders").columns(["user_id"])
          .expression((eb) => eb.selectFrom("users").select("id").where("active", "=", true)).execute()
        """,
    )
    assert (query.verb, str(query.table), names(query.tables)) == (Verb.INSERT, "orders", {"orders", "users"})


@pytest.mark.parametrize(
    ("steps", "predicates", "joins"),
    [
        ('.where(ref("orders.user_id"), "=", a)', {"orders.user_id = parameter"}, set()),
        ('.where(sql`${ref("orders.paid_on")} is null`)', {"orders.paid_on is null"}, set()),
        ('.innerJoin("users", ref("users.id"), ref("orders.user_id"))', set(), {"orders.user_id = users.id"}),
        (
            '.whereExists(k.selectFrom("users").whereRef("id", "=", ref("orders.user_id")).where("name", "=", a))',
            {"users.name = parameter"},
            {"users.id = orders.user_id"},
        ),
        (
            '.whereExists((q) => q.selectFrom("users").whereRef("users.id", "=", "orders.user_id"))',
            set(),
            {"users.id = orders.user_id"},
        ),
        (
            '.whereNotExists(k.selectFrom("users").where("name", "=", a))',
            {"users.name = parameter [negated]"},
            set(),
        ),
        (
            '.where("status", "=", "open").orWhere("user_id", "=", a)',
            {"orders.status = 'open' [alternative]", "orders.user_id = parameter [alternative]"},
            set(),
        ),
        ('.if(b, (q) => q.where("user_id", "=", a))', {"orders.user_id = parameter [optional]"}, set()),
        ('.call((q) => q.where("user_id", "=", a))', {"orders.user_id = parameter"}, set()),
    ],
)
def test_columns_by_reference_and_methods_of_earlier_versions(
    tmp_path: Path, steps: str, predicates: set[str], joins: set[str]
) -> None:
    query = asked(
        tmp_path, f'const {{ ref }} = k.dynamic; return await k.selectFrom("orders").selectAll(){steps}.execute()'
    )
    assert ({told(p) for p in query.predicates}, joined(query.joins)) == (predicates, joins)
    assert query.dynamic == ()


def test_two_counts_of_one_table_in_each_row(tmp_path: Path) -> None:
    """No order is asked for what both demand: the second one is told by itself, for one row of the outer query."""
    code = read(
        tmp_path,
        HEAD + "export async function f(a) {\n"
        '  return await k.selectFrom("users").where("users.id", "in", a).select(["users.id",\n'
        '    k.selectFrom("orders").whereRef("orders.user_id", "=", "users.id").select("id").as("made"),\n'
        '    k.selectFrom("orders").whereRef("orders.id", "=", "users.manager_id").select("total").as("last"),\n'
        "  ]).execute()\n}\n",
    )
    whole, inner = sorted(code.queries, key=lambda query: str(query.table), reverse=True)
    assert (names(whole.tables), joined(whole.joins)) == ({"users", "orders"}, {"orders.user_id = users.id"})
    assert {told(p) for p in whole.predicates} == {"users.id in parameter"}
    assert (names(inner.tables), inner.fetch, inner.joins) == ({"orders"}, Fetch.BUILT, ())
    assert {told(p) for p in inner.predicates} == {"orders.id = expression"}
