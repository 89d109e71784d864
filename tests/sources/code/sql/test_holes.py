"""Where code puts something into the text: a value, a name, or a piece of SQL that we cannot know."""

from __future__ import annotations

import pytest
from support.sqlshop import all_told, names, read_with_holes, shop, sorted_by, written

from dbarchitect.catalog.queries import Bound, Verb
from dbarchitect.sources.code.sql import Hole, Unreadable, read_sql

VALUES = {
    "select id from orders where user_id = {x}": {"orders.user_id = parameter"},
    "select id from orders where status = '{x}'": {"orders.status = parameter"},
    "select id from orders where status = 'a-{x}'": {"orders.status = parameter"},
    "select id from orders where status like '%{x}%'": {"orders.status contains parameter"},
    "select id from orders where status like '{x}%'": {"orders.status prefix parameter"},
    "select id from orders where status like '%%{x}'": {"orders.status suffix parameter"},
    "select id from orders where status like '{x}'": {"orders.status pattern parameter"},
    "select id from orders where user_id in ({x})": {"orders.user_id in parameter"},
    "select id from orders where user_id in {x}": {"orders.user_id in parameter"},
    "select id from orders where user_id in ({x}, {y})": {"orders.user_id in parameter"},
    "select id from orders where user_id not in ({x}) and total = 1": {
        "orders.user_id not in parameter",
        "orders.total = '1'",
    },
    "select id from orders where created_at > now() - interval '{n} days'": {"orders.created_at range expression"},
    "select id from orders where created_at > '{day}'::date": {"orders.created_at range parameter"},
    "select id from orders where total between {a} and {b}": {"orders.total range parameter"},
    "select id from orders where lower({x}) = status": {"orders.status = parameter"},
    "select id from orders where data->>'{key}' = 'x'": {"orders.data.[?] json 'x'"},
    "select id from orders where user_id = {x}::int and status = {y}": {
        "orders.user_id = parameter",
        "orders.status = parameter",
    },
    "select id from orders where total {operator} %s and status = 'a'": {
        "orders.total other parameter",
        "orders.status = 'a'",
    },
    "select id from orders where total {operator} {x}": {"orders.total other parameter"},
    "delete from orders where id = {x}": {"orders.id = parameter"},
    "update orders set total = {x} where id = {y}": {"orders.id = parameter"},
}
UNKNOWN = {
    "select * from {t}": {"table"},
    "select * from {schema}.users": set(),
    "select * from t_{year} where id = 1": {"table"},
    'select * from "{t}"': {"table"},
    "select {cols} from users": {"columns"},
    "select id, {cols} from users": {"columns"},
    "select id {more} from users": {"columns"},
    "select * from users {where}": {"where", "order by", "limit"},
    "select * from users{where}": {"where", "order by", "limit"},
    "select * from users u {where} order by u.id": {"where"},
    "select * from users {joins} where users.id = 1": {"table"},
    "select * from users u {joins}where u.id = 1": {"table"},
    "select * from users where {condition}": {"where"},
    "select * from users where id = 1 and {condition}": {"where"},
    "select * from users where {column} = %s": {"where"},
    "select * from users where {column} in (1, 2) and lower({column}) is null": {"where"},
    "select * from users where id = 1 {more}": {"where", "order by", "limit"},
    "select * from users where id = 1 {more} limit 5": {"where"},
    "select * from users where id = 1 {more} and name = 'a'": {"where"},
    "select * from users where (id = 1 {more}) and name = 'a'": {"where"},
    "select * from users order by {key}": {"order by"},
    "select * from users order by {key} {direction}": {"order by", "limit"},
    "select * from users order by id {direction} limit 3": {"order by"},
    "select * from users order by id {direction}, name": {"order by"},
    "select * from users limit {n}": set(),
    "select * from users limit 10 {offset}": set(),
    "select * from users u where u.id in (select user_id from orders {where})": {"where"},
    "{prefix} select * from users": {"text"},
    "update users set {sets}": {"columns"},
    "update users set {sets} where id = 1": {"columns"},
    "update users set {column} = %s where id = 1": {"columns"},
    "update users set name = 'a' {where}": {"where"},
    "update {t} set name = 'a'": {"table"},
    "delete from users {where}": {"where"},
    "delete from {t} where id = 1": {"table"},
    "insert into users ({columns}) values ({values})": {"columns"},
    "insert into users {columns} values {values}": {"columns"},
    "insert into users (name) values {values}": set(),
    "insert into users (name) values (%s) {conflict}": {"text"},
    "insert into {t} (a) values (1)": {"table"},
    "select * from users group by {key}": {"columns"},
    "with x as ({query}) select * from x": {"text"},
}


@pytest.mark.parametrize("text", VALUES)
def test_a_value(text: str) -> None:
    found = read_with_holes(text)
    assert all_told(found) == VALUES[text]
    assert found.dynamic == ()


@pytest.mark.parametrize("text", UNKNOWN)
@pytest.mark.parametrize("engine", ["postgresql", "sqlite", "mysql"])
def test_what_is_not_known(text: str, engine: str) -> None:
    found = read_with_holes(text, engine)
    assert set(found.dynamic) == UNKNOWN[text]


def test_places_in_two_braces_are_values() -> None:
    text = "select id from orders where user_id = {{user::int}} and total between {{low}} and {{ high }} "
    (found,) = read_sql((text, Hole("more"), " order by id"), shop("postgresql"))
    assert all_told(found) == {"orders.user_id = parameter", "orders.total range parameter"}
    assert found.dynamic == ("where",)


@pytest.mark.parametrize("condition", ["nowhere = 1", "lower(nowhere) = 'a'", "nowhere"])
def test_a_condition_on_columns_that_are_not_known_is_one(condition: str) -> None:
    assert read_with_holes(f"delete from orders where {condition}").dynamic == ("where",)


@pytest.mark.parametrize("condition", ["$1 and status = $2", "status = $2 and ($1)", "not $1 and status = $2"])
def test_what_is_bound_in_place_of_a_condition_may_be_any(condition: str) -> None:
    found = read_with_holes(f"select id from orders where {condition} limit 3")
    assert (all_told(found), found.dynamic) == ({"orders.status = parameter"}, ("where",))


def test_what_is_bound_in_place_of_a_key_may_be_any() -> None:
    found = read_with_holes("select id from orders order by total, $1 desc")
    assert (sorted_by(found.ordering), found.dynamic) == (["orders.total"], ("order by",))


def test_what_is_known_beside_a_hole_counts() -> None:
    found = read_with_holes(
        "select id, {cols} from orders where user_id = %s {more} order by total desc, {key} limit {n}"
    )
    assert all_told(found) == {"orders.user_id = parameter"}
    assert names(found.columns) == {"orders.id"}
    assert sorted_by(found.ordering) == ["orders.total desc"]
    assert found.limit == Bound()
    assert set(found.dynamic) == {"columns", "where", "order by"}


def test_what_is_written_beside_a_hole_counts() -> None:
    assert written(read_with_holes("update users set name = {x}, {more}").assignments) == ["users.name := parameter"]
    assert written(read_with_holes("insert into users (name, {more}) values (%s, {x})").assignments) == [
        "users.name := parameter"
    ]
    assert written(read_with_holes("insert into users (name, email) values {rows}").assignments) == [
        "users.name := parameter",
        "users.email := parameter",
    ]


def test_a_name_that_a_hole_is_part_of() -> None:
    found = read_with_holes("select id from {schema}.users where id = 1")
    assert (str(found.table), all_told(found)) == ("users", {"users.id = '1'"})
    assert read_with_holes("select id from users_{year}").table is None


def test_each_statement_has_its_own_holes() -> None:
    first, second = read_sql(("select id from users where id = ", Hole("a"), "; delete from ", Hole("b")), shop())
    assert [hole.text for hole in first.holes] == ["a"]
    assert [hole.text for hole in second.holes] == ["b"]
    assert first.text == "select id from users where id = {a}"


def test_a_hole_in_a_comment_is_none_of_the_statement() -> None:
    found = read_with_holes("select id from users -- {x}\nwhere id = 1 /* {y} */")
    assert (all_told(found), found.dynamic) == ({"users.id = '1'"}, ())


def test_a_text_that_uses_our_own_words_keeps_them() -> None:
    found = read_sql(
        ("select id as dba_h0_, name as dba_p_ from users where name = 'dba_h0_' and id = ", Hole()), shop()
    )
    assert all_told(found[0]) == {"users.name = 'dba_h0_'", "users.id = parameter"}
    assert found[0].dynamic == ()


@pytest.mark.parametrize(
    ("text", "dynamic"),
    [
        ("select {} from users where id = {id}", {"columns"}),
        ("select id from {table} where id = %s", {"table"}),
        ("select id from users {where} order by {0}", {"where", "order by"}),
        ("select id from users where name = '{}' and data = '{a,b}'", set()),
        ("select id from %(table)s", {"table"}),
    ],
)
def test_a_template_whose_holes_nobody_told_of(text: str, dynamic: set[str]) -> None:
    (found,) = read_sql(text, shop())
    assert (set(found.dynamic), found.holes, found.text) == (dynamic, (), text)


@pytest.mark.parametrize("parts", [(Hole(),), (Hole(), " ", Hole()), (Hole(), " users"), ("(", Hole(), ")")])
def test_a_statement_of_nothing_but_holes_is_unreadable(parts: tuple[str | Hole, ...]) -> None:
    with pytest.raises(Unreadable):
        read_sql(parts, shop())


def test_a_query_built_of_pieces() -> None:
    found = read_sql(("SELECT ", Hole("cols"), " FROM orders WHERE ", Hole("filters"), " ORDER BY created_at"), shop())[
        0
    ]
    assert (found.verb, str(found.table)) == (Verb.SELECT, "orders")
    assert set(found.dynamic) == {"columns", "where"}
