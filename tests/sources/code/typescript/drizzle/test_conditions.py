"""What `where(…)` demands, from the library's operators."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.drizzleshop import one
from support.sqlshop import joined, names, told

SIMPLE = [
    ("eq(orders.userId, a)", {"orders.user_id = parameter"}),
    ('eq(orders.status, "open")', {"orders.status = 'open'"}),
    ("ne(orders.total, 3)", {"orders.total <> '3'"}),
    ("gt(orders.total, 5)", {"orders.total range '5'"}),
    ("inArray(orders.status, ['a', 'b'])", {"orders.status in 'a' 'b'"}),
    ("inArray(orders.id, a)", {"orders.id in parameter"}),
    ("between(orders.total, 1, 9)", {"orders.total range '1' '9'"}),
    ("isNull(orders.paidOn)", {"orders.paid_on is null"}),
    ("not(isNull(orders.paidOn))", {"orders.paid_on is not null"}),
    ("not(eq(orders.archived, true))", {"orders.archived <> 'true'"}),
    ("like(orders.body, 'x%')", {"orders.body prefix 'x%'"}),
    ("ilike(orders.body, `%${a}%`)", {"orders.body contains parameter [case_insensitive]"}),
    ("ilike(orders.body, a)", {"orders.body pattern parameter [case_insensitive]"}),
    ("arrayContains(orders.tags, [a])", {"orders.tags contains element parameter"}),
    ("gt(orders.total, orders.id)", {"orders.total range column orders.id", "orders.id range column orders.total"}),
]
TOGETHER = [
    ("and(eq(orders.userId, a), undefined)", {"orders.user_id = parameter"}),
    ("or(eq(orders.status, 'a'), eq(orders.status, 'b'))", {"orders.status in 'a' 'b'"}),
    (
        "or(eq(orders.status, 'a'), gt(orders.total, 5))",
        {"orders.status = 'a' [alternative]", "orders.total range '5' [alternative]"},
    ),
    ("and(a ? eq(orders.userId, a) : undefined)", {"orders.user_id = parameter [optional]"}),
    ("a ? eq(orders.userId, 1) : eq(orders.id, 2)", {"orders.user_id = '1' [optional]", "orders.id = '2' [optional]"}),
    ("and(...(a ? [eq(orders.userId, a)] : []))", {"orders.user_id = parameter [optional]"}),
    ("and()", set()),
    ("undefined", set()),
]


@pytest.mark.parametrize(("condition", "expected"), SIMPLE + TOGETHER)
def test_conditions(tmp_path: Path, condition: str, expected: set[str]) -> None:
    query = one(tmp_path, f"return await db.select().from(orders).where({condition})")
    assert {told(p) for p in query.predicates} == expected
    assert query.dynamic == ()


def test_conditions_gathered_in_a_list(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        """
        const conditions = [eq(orders.userId, a)]
        if (b) conditions.push(eq(orders.status, b))
        return await db.select().from(orders).where(and(...conditions))
        """,
    )
    assert {told(p) for p in query.predicates} == {
        "orders.user_id = parameter",
        "orders.status = parameter [optional]",
    }
    assert query.dynamic == ()


@pytest.mark.parametrize(
    "body",
    [
        "let all = [eq(orders.userId, a)]; if (b) all = [...all, eq(orders.status, b)]",
        "const all = [eq(orders.userId, a), ...(b ? [eq(orders.status, b)] : [])]",
        "const all = [eq(orders.userId, a), ...(b ? [] : [eq(orders.status, c)])]",
        "const all = [eq(orders.userId, a)].concat(b ? [eq(orders.status, b)] : [])",
    ],
)
def test_lists_that_are_longer_on_some_ways(tmp_path: Path, body: str) -> None:
    query = one(tmp_path, f"{body}\nreturn await db.select().from(orders).where(and(...all))")
    assert {told(p) for p in query.predicates} == {
        "orders.user_id = parameter",
        "orders.status = parameter [optional]",
    }
    assert query.dynamic == ()


def test_conditions_made_of_a_list(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.select().from(orders).where(or(...a.map((x) => eq(orders.status, x))))")
    assert {told(p) for p in query.predicates} == {"orders.status = parameter [alternative]"}


def test_a_condition_that_is_not_known_is_said_to_be(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.select().from(orders).where(and(eq(orders.id, a), anything(b)))")
    assert query.dynamic == ("where",)
    assert {told(p) for p in query.predicates} == {"orders.id = parameter"}


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ("inArray(users.id, db.select({ id: orders.userId }).from(orders).where(eq(orders.total, 3)))", "in"),
        ("exists(db.select().from(orders).where(and(eq(orders.userId, users.id), eq(orders.total, 3))))", "join"),
    ],
)
def test_what_a_query_inside_demands_belongs_to_the_one_around_it(tmp_path: Path, condition: str, other: str) -> None:
    query = one(tmp_path, f"return await db.select().from(users).where({condition})")
    assert names(query.tables) == {"users", "orders"}
    assert "orders.total = '3'" in {told(p) for p in query.predicates}
    if other == "in":
        assert "users.id in subquery orders.user_id" in {told(p) for p in query.predicates}
    else:
        assert joined(query.joins) == {"orders.user_id = users.id"}


def test_an_operator_of_a_package_that_is_not_here(tmp_path: Path) -> None:
    head = 'import { eq as same } from "@elsewhere/db"\nimport { eq } from "@elsewhere/db"\n'
    head += 'import { orders } from "./db/schema"\n'
    query = one(tmp_path, "return await c.db.select().from(orders).where(eq(orders.id, a))", head=head)
    assert {told(p) for p in query.predicates} == {"orders.id = parameter"}


def test_columns_named_by_a_list_of_the_program(tmp_path: Path) -> None:
    body = """
    const keys = { one: ['id'], two: ['userId', 'status'] }
    const scoped = (level, table, scope) => and(...keys[level].map((key) => eq(table[key], scope[key])))
    return await db.select().from(orders).where(and(scoped('two', orders, a), eq(orders.id, 1)))"""
    query = one(tmp_path, body)
    assert {told(p) for p in query.predicates} == {
        "orders.user_id = parameter", "orders.status = parameter", "orders.id = '1'"
    }  # fmt: skip
    assert query.dynamic == ()


def test_what_both_ways_demand_is_demanded_in_any_case(tmp_path: Path) -> None:
    body = """
    const all = [eq(orders.userId, a), eq(orders.status, b)]
    const mine = b ? all[0] : and(...all)
    return await db.select().from(orders).where(mine)"""
    query = one(tmp_path, body)
    assert {told(p) for p in query.predicates} == {
        "orders.user_id = parameter", "orders.status = parameter [optional]"
    }  # fmt: skip


def test_what_one_side_of_an_or_asks_for_together(tmp_path: Path) -> None:
    sides = "or(and(eq(orders.userId, a), eq(orders.status, 'x')), eq(orders.id, b))"
    query = one(tmp_path, f"return await db.select().from(orders).where({sides})")
    along = {str(p.column): [str(ref) for ref in p.along] for p in query.predicates}
    assert along == {"orders.user_id": ["orders.status"], "orders.status": ["orders.user_id"], "orders.id": []}
