"""Relational queries, with conditions as expressions, callbacks and objects."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.drizzleshop import one
from support.sqlshop import joined, names, sorted_by, told

from dbarchitect.catalog.queries import Bound, Fetch


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("eq(orders.id, a)", {"orders.id = parameter"}),
        (
            "(o, { eq, and, gt }) => and(eq(o.userId, a), gt(o.total, 5))",
            {"orders.user_id = parameter", "orders.total range '5'"},
        ),
        ("(o, op) => op.eq(o.id, a)", {"orders.id = parameter"}),
        ("{ status: 'open', total: { gt: 5 } }", {"orders.status = 'open'", "orders.total range '5'"}),
        ("{ OR: [{ id: 1 }, { total: 2 }] }", {"orders.id = '1' [alternative]", "orders.total = '2' [alternative]"}),
        ("{ NOT: { status: 'open' } }", {"orders.status <> 'open'"}),
        (
            "{ status: { in: ['a', 'b'] }, paidOn: { isNull: true } }",
            {"orders.status in 'a' 'b'", "orders.paid_on is null"},
        ),
        ("{ RAW: (t) => sql`${t.total} = 3` }", {"orders.total = '3'"}),
        ("{ status: a ? 'x' : undefined }", {"orders.status = 'x' [optional]"}),
    ],
)
def test_conditions(tmp_path: Path, where: str, expected: set[str]) -> None:
    query = one(tmp_path, f"return await db.query.orders.findMany({{ where: {where} }})")
    assert {told(p) for p in query.predicates} == expected
    assert (query.fetch, query.dynamic) == (Fetch.ALL, ())


def test_relations_are_loaded_in_the_same_statement(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        return await db.query.users.findFirst({
          columns: { id: true },
          with: { orders: { columns: { status: true }, where: eq(orders.archived, false), with: { items: true } } },
          orderBy: (u, { desc }) => [desc(u.name)],
        })
        """,
    )
    assert (query.fetch, query.limit) == (Fetch.FIRST, Bound(1))
    assert joined(query.joins) == {"users.id = orders.user_id (outer)", "orders.id = items.order_id (outer)"}
    assert {told(p) for p in query.predicates} == {"orders.archived = 'false'"}
    assert {"users.id", "orders.status", "items.note"} <= (names(query.columns) or set())
    assert "users.email" not in (names(query.columns) or set())
    assert sorted_by(query.ordering) == ["users.name desc"]


def test_a_condition_on_a_relation(tmp_path: Path) -> None:
    query = one(
        tmp_path, "return await db.query.orders.findMany({ where: { user: { email: a } }, orderBy: { id: 'desc' } })"
    )
    assert joined(query.joins) == {"orders.user_id = users.id"}
    assert {told(p) for p in query.predicates} == {"users.email = parameter"}
    assert sorted_by(query.ordering) == ["orders.id desc"]


def test_loaded_relations_are_used_without_another_query(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        const all = await db.query.users.findMany({ with: { orders: true } })
        for (const user of all) for (const order of user.orders) console.log(order.status)
        """,
    )
    assert names(query.attributes) == {"orders.status"}


def test_a_configuration_that_is_not_known(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.query.users.findMany(a)")
    assert query.dynamic == ("where",)


def test_an_unknown_relation_is_left_out(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.query.users.findMany({ with: { ghosts: true } })")
    assert query.joins == ()
