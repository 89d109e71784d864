"""Queries of the builder: tables, joins, columns, order, groups, limits, subqueries."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.drizzleshop import one, read
from support.sqlshop import joined, names, sorted_by, told

from dbarchitect.catalog.queries import Aggregate, Bound, Fetch, Verb
from dbarchitect.catalog.refs import Ref

ORDERS = Ref.of_table("orders")


def test_a_select_with_all_its_parts(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        return await db.select({ id: users.id, n: count(), s: sum(orders.total) }).from(users)
          .leftJoin(orders, and(eq(orders.userId, users.id), eq(orders.archived, false)))
          .where(eq(users.active, true)).groupBy(users.id, users.name).having(gt(count(), 3))
          .orderBy(desc(users.name), users.id).limit(10).offset(a)
        """,
    )
    assert (query.verb, str(query.table), names(query.tables)) == (Verb.SELECT, "users", {"users", "orders"})
    assert joined(query.joins) == {"users.id = orders.user_id (outer)"}
    assert {told(p) for p in query.predicates} == {"orders.archived = 'false'", "users.active = 'true'"}
    assert sorted_by(query.ordering) == ["users.name desc", "users.id"]
    assert [str(g) for g in query.grouping] == ["users.id", "users.name"]
    assert (query.limit, query.offset) == (Bound(10), Bound())
    assert names(query.columns) == {"users.id", "orders.total"}
    assert query.aggregates == (Aggregate("count"), Aggregate("sum", ORDERS.column("total")))
    assert query.text.startswith("await db.select({ id: users.id, n: count()")


def test_whole_rows_and_duplicates(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.selectDistinct().from(users).for('update')")
    assert (query.columns, query.distinct, query.locks) == (None, True, True)


def test_a_table_under_another_name_is_joined_with_itself(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        'const m = alias(users, "m"); return await db.select().from(users).innerJoin(m, eq(users.managerId, m.id))',
    )
    assert joined(query.joins) == {"users.manager_id = users.id"}


@pytest.mark.parametrize("begin", ["const s = {q}.as('s')", "const s = db.$with('s').as({q})"])
def test_a_query_as_a_table(tmp_path: Path, begin: str) -> None:
    inner = "db.select({ uid: orders.userId }).from(orders).where(eq(orders.status, 'open'))"
    query = one(
        tmp_path,
        f"{begin.format(q=inner)}; return await db.with(s).select().from(users).innerJoin(s, eq(s.uid, users.id))",
    )
    assert (str(query.table), names(query.tables)) == ("users", {"users", "orders"})
    assert joined(query.joins) == {"users.id = orders.user_id"}
    assert {told(p) for p in query.predicates} == {"orders.status = 'open'"}


def test_a_key_and_a_direction_that_the_program_decides(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        const key = a === "name" ? users.name : users.email
        const way = b ? asc : desc
        return await db.select().from(users).orderBy(way(key))
        """,
    )
    assert sorted(sorted_by(query.ordering)) == ["users.email", "users.email desc", "users.name", "users.name desc"]
    assert all(key.optional for key in query.ordering)


def test_steps_on_some_ways_only(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        let q = db.select().from(orders).$dynamic()
        if (a) q = q.where(eq(orders.id, a))
        return await q.limit(3)
        """,
    )
    assert {told(p) for p in query.predicates} == {"orders.id = parameter [optional]"}
    assert query.fetch is Fetch.ALL


def test_a_helper_adds_to_a_query(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "return await paged(db.select().from(orders).$dynamic(), a)\n}\n"
        "function paged(q, page) {\nreturn q.limit(20).offset(page * 20)",
    )
    assert (query.limit, query.offset) == (Bound(20), Bound())
    assert query.place.function == "app.ts:f"


def test_unions(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "return await db.select().from(orders).where(eq(orders.id, 1))"
        ".union(db.select().from(orders).where(eq(orders.userId, 2)))",
    )
    assert {told(p) for p in query.predicates} == {
        "orders.id = '1' [alternative]",
        "orders.user_id = '2' [alternative]",
    }


def test_a_query_that_a_function_hands_on_is_told_where_it_is_run(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "const base = () => db.select().from(orders).$dynamic()\n"
        "export async function f(a) {\n  return await base().where(eq(orders.id, a))\n}\n",
    )
    (query,) = code.queries
    assert (query.place.function, query.origin.line, query.fetch) == ("app.ts:f", 9, Fetch.ALL)


def test_several_queries_run_at_once_stand_where_they_are_written(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "export async function f(a) {\nreturn await Promise.all([\n"
        "db.select().from(orders).where(eq(orders.id, a)),\ndb.select().from(orders).where(eq(orders.id, a)),\n])\n}\n",
    )
    assert len({q.origin.line for q in code.queries}) == 2


def test_counting(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.$count(users, eq(users.active, true))")
    assert (query.fetch, query.aggregates) == (Fetch.COUNT, (Aggregate("count"),))


def test_one_of_two_queries(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        """
        export async function f(a) {
          let q = a ? db.select().from(users).where(eq(users.id, a)) : db.select().from(orders)
          if (a > 3) q = q.limit(7)
          return await q
        }
        """,
    )
    assert {(str(q.table), q.fetch, len(q.predicates)) for q in code.queries} == {
        ("users", Fetch.ALL, 1),
        ("orders", Fetch.ALL, 0),
    }


def test_one_of_several_tables_is_none_that_is_known(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "const t = a ? users : orders; return await db.select().from(t).where(and(eq(t.id, b), eq(users.name, b)))",
    )
    assert (query.table, query.dynamic) == (None, ("table", "where"))


@pytest.mark.parametrize(
    "inner",
    [
        "select count(*) from orders o where o.user_id = ${users.id}",
        "select count(*) from ${orders} where ${orders.userId} = ${users.id}",
    ],
)
def test_a_query_that_gives_a_value_of_each_row(tmp_path: Path, inner: str) -> None:
    query = one(
        tmp_path,
        f"const n = sql`({inner})`\nreturn await db.select({{ id: users.id, n }}).from(users)",
    )
    assert names(query.tables) == {"users", "orders"}
    assert joined(query.joins) == {"users.id = orders.user_id"}
    assert (query.aggregates, query.fetch) == ((), Fetch.ALL)


def test_all_columns_but_one(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "const { email, ...rest } = getTableColumns(users)\n"
        "const rows = await db.select({ ...rest, total: orders.total }).from(users)"
        ".leftJoin(orders, eq(orders.id, a))\n"
        "return rows.map((r) => r.firstName)",
    )
    assert "users.email" not in (names(query.columns) or set())
    assert {"users.name", "orders.total"} <= (names(query.columns) or set())
    assert names(query.attributes) == {"users.first_name"}


def test_an_aggregate_of_a_query_within(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "const rate = sql`(select price from items i where i.id = ${orders.id} limit 1)`\n"
        "return await db.select({ s: sql`coalesce(sum(${orders.total} * ${rate}), 0)` }).from(orders)",
    )
    assert (query.fetch, [a.function for a in query.aggregates]) == (Fetch.SCALAR, ["sum"])
    assert names(query.tables) == {"orders", "items"}


def test_two_queries_of_one_table_give_values_of_each_row(tmp_path: Path) -> None:
    """No row is asked for what both demand: the second one is told by itself."""
    code = read(
        tmp_path,
        """
        export async function f(a) {
          const mine = db.select({ n: count() }).from(orders).where(eq(orders.userId, a))
          const open = db.select({ n: count() }).from(orders).where(eq(orders.status, "open"))
          return await db.select({ id: users.id, mine: mine.as("m"), open: open.as("o") }).from(users)
        }
        """,
    )
    asked = {str(q.table): (q.fetch, {told(p) for p in q.predicates}) for q in code.queries}
    assert asked == {
        "users": (Fetch.ALL, {"orders.user_id = parameter"}),
        "orders": (Fetch.BUILT, {"orders.status = 'open'"}),
    }
