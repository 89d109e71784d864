"""INSERT, UPDATE and DELETE: what is written, by which key, how often."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.drizzleshop import one
from support.sqlshop import names, told, written

from dbarchitect.catalog.queries import Fetch, Idiom, Verb


def test_a_row(tmp_path: Path) -> None:
    query = one(tmp_path, "await db.insert(users).values({ email: a, active: true, lastName: undefined })")
    assert (query.verb, str(query.table), query.fetch) == (Verb.INSERT, "users", Fetch.NONE)
    assert written(query.assignments) == ["users.email := parameter", "users.active := 'true'"]
    assert query.dynamic == ()


@pytest.mark.parametrize(
    "values",
    ["a.map((x) => ({ orderId: x.id, note: 'n' }))", "[{ orderId: 1, note: 'n' }, { orderId: a, note: 'n' }]"],
)
def test_many_rows(tmp_path: Path, values: str) -> None:
    query = one(tmp_path, f"await db.insert(items).values({values})")
    assert query.idiom is Idiom.BULK
    assert written(query.assignments) == ["items.order_id := parameter", "items.note := 'n'"]


def test_an_upsert(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        await db.insert(users).values({ email: a, name: b })
          .onConflictDoUpdate({ target: [users.email], set: { name: sql`excluded.name`, active: true } })
        """,
    )
    assert (query.verb, query.idiom, names(query.key)) == (Verb.UPSERT, Idiom.ON_CONFLICT, {"users.email"})
    assert written(query.assignments) == [
        "users.email := parameter",
        "users.name := parameter",
        "users.active := 'true'",
    ]


def test_what_is_set_on_conflict_alone_is_not_always_written(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "await db.insert(users).values({ email: a })"
        ".onConflictDoUpdate({ target: users.email, set: { active: true } })",
    )
    assert [(a.column.columns, a.optional) for a in query.assignments] == [(("email",), False), (("active",), True)]


def test_one_key_or_another_is_not_both(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        await db.insert(users).values({ id: a, email: b })
          .onConflictDoUpdate({ target: a ? [users.id] : [users.email], set: { email: b } })
        """,
    )
    assert (query.verb, query.key) == (Verb.UPSERT, ())


def test_an_update_computed_by_the_database(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "await db.update(orders)"
        ".set({ total: sql`${orders.total} + 1`, body: orders.status, status: b ? 'x' : undefined })"
        ".where(eq(orders.id, a))",
    )
    assert written(query.assignments) == [
        "orders.total := expression",
        "orders.body := column",
        "orders.status := 'x'",
    ]
    assert [a.optional for a in query.assignments] == [False, False, True]
    assert {told(p) for p in query.predicates} == {"orders.id = parameter"}


def test_a_value_computed_from_what_was_read(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "const [o] = await db.select().from(orders).where(eq(orders.id, a))\n"
        "await db.update(orders).set({ total: o.total + 1 }).where(eq(orders.id, a))",
        only="update",
    )
    assert written(query.assignments) == ["orders.total := parameter of orders.total"]


@pytest.mark.parametrize("values", ["a", "{ ...a, name: 'x' }"])
def test_what_is_written_is_not_known(tmp_path: Path, values: str) -> None:
    query = one(tmp_path, f"await db.update(users).set({values}).where(eq(users.id, b))")
    assert query.dynamic == ("columns",)


def test_deleting(tmp_path: Path) -> None:
    query = one(tmp_path, "await db.delete(items).where(lt(items.quantity, 1))")
    assert (query.verb, {told(p) for p in query.predicates}) == (Verb.DELETE, {"items.quantity range '1'"})


def test_rows_that_are_given_back(tmp_path: Path) -> None:
    query = one(tmp_path, "const [user] = await db.insert(users).values({ email: a }).returning(); return user.id")
    assert (query.fetch, names(query.attributes)) == (Fetch.ALL, {"users.id"})


def test_rows_that_come_from_another_query(tmp_path: Path) -> None:
    query = one(tmp_path, "await db.insert(orders).select(db.select().from(items).where(eq(items.price, 5)))")
    assert (query.verb, query.idiom, names(query.tables)) == (Verb.INSERT, Idiom.BULK, {"orders", "items"})
