"""Templates of SQL: conditions, keys, expressions, statements; and what is put into them unparameterised."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.drizzleshop import one, read
from support.sqlshop import joined, names, sorted_by, told

from dbarchitect.catalog.queries import Fetch


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("sql`${orders.status} = 'open'`", {"orders.status = 'open'"}),
        ("sql`${orders.total} > ${a}`", {"orders.total range parameter"}),
        ("sql`lower(${orders.body}) = ${a.toLowerCase()}`", {"lower(orders.body) = parameter"}),
        ("eq(sql`lower(${orders.body})`, a)", {"lower(orders.body) = parameter"}),
        ("sql`${orders.body} ilike ${'%' + a + '%'}`", {"orders.body contains parameter [case_insensitive]"}),
        (
            "sql`status = ${'open'} or total = 3`",
            {"orders.status = 'open' [alternative]", "orders.total = '3' [alternative]"},
        ),
        ("sql`${orders.id} in ${[1, 2]}`", {"orders.id in '1' '2'"}),
        (
            "and(eq(orders.id, 1), sql`${orders.data}->>'k' = ${a}`)",
            {"orders.id = '1'", "orders.data.[k] json parameter"},
        ),
        ("sql`${orders.id} = ${1} and ${a ? sql`true` : sql`false`}`", {"orders.id = '1'"}),
        (
            "sql.join([sql`${orders.id} = 1`, sql`${orders.total} = 2`], sql` and `)",
            {"orders.id = '1'", "orders.total = '2'"},
        ),
        ("not(sql`${orders.total} = 1`)", {"orders.total = '1' [negated]"}),
        ("a ? sql`${orders.total} = 1` : undefined", {"orders.total = '1' [optional]"}),
    ],
)
def test_conditions(tmp_path: Path, condition: str, expected: set[str]) -> None:
    query = one(tmp_path, f"return await db.select().from(orders).where({condition})")
    assert {told(p) for p in query.predicates} == expected
    assert query.interpolated == ()


def test_keys_and_expressions(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "return await db.select({ day: sql`date(${orders.createdAt})`, n: sql<number>`count(*)` }).from(orders)"
        ".groupBy(sql`date(${orders.createdAt})`).orderBy(sql`lower(${orders.body}) desc`)",
    )
    assert names(query.columns) == {"orders.created_at"}
    assert [a.function for a in query.aggregates] == ["count"]
    assert [str(g) for g in query.grouping] == ["orders.created_at"]
    assert sorted_by(query.ordering) == ["lower(orders.body) desc"]


def test_a_count_written_as_a_template_is_a_count(tmp_path: Path) -> None:
    query = one(tmp_path, "const [{ n }] = await db.select({ n: sql`count(*)` }).from(orders); return n")
    assert query.fetch is Fetch.COUNT


def test_a_statement(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "return await db.execute(sql`select o.id from ${orders} o join ${users} u on u.id = o.user_id"
        " where u.email = ${a}`)",
    )
    assert (str(query.table), query.as_text) == ("orders", True)
    assert joined(query.joins) == {"orders.user_id = users.id"}
    assert {told(p) for p in query.predicates} == {"users.email = parameter"}
    assert query.interpolated == ()


def test_what_is_put_into_the_text_as_it_is(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.execute(sql`select id from users where name = ${sql.raw(a)}`)")
    assert (query.interpolated, query.pasted) == (("a",), ("a",))


def test_a_raw_text_of_pieces(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.execute(sql.raw(`select id from users where name = '${a}'`))")
    assert (query.interpolated, query.pasted) == (("a",), ("a",))


def test_texts_of_the_program_are_no_danger(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "const way = a ? 'asc' : 'desc'\n"
        "return await db.execute(sql`select id from users where id = ${b} order by name ${sql.raw(way)}`)",
    )
    assert (query.interpolated, sorted_by(query.ordering)) == ((), ["users.name"])


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    query = one(tmp_path, "return await db.select().from(orders).where(sql`${orders.id} =? (]`)")
    assert query.dynamic == ("where",)


def test_names_with_quotes_survive(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "export const f = async (a) => db.execute("
        'sql`select id from users where name = ${"it\'s"} and email = ${a}`)\n',
    )
    (query,) = code.queries
    assert {c for p in query.predicates for c in p.constants} == {"it's"}


@pytest.mark.parametrize("engine", ["sqlite", "mysql"])
def test_other_engines(tmp_path: Path, engine: str) -> None:
    query = one(
        tmp_path,
        "return await db.select().from(orders).where(sql`lower(${orders.body}) = ${a}`)"
        ".orderBy(sql`${orders.total} desc`)",
        engine=engine,
    )
    assert {told(p) for p in query.predicates} == {"lower(orders.body) = parameter"}
    assert sorted_by(query.ordering) == ["orders.total desc"]
