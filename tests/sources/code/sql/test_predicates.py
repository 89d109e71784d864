"""Each way to compare a column is read as what it is; the statements are valid on their engine's own server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from support.sqlshop import all_told, ddl, read

from dbarchitect.shadow import Shadow

POSTGRESQL = {
    # comparisons and operands
    "user_id = $1": {"orders.user_id = parameter"},
    "$1 = user_id": {"orders.user_id = parameter"},
    "status = 'paid'": {"orders.status = 'paid'"},
    "status <> 'paid'": {"orders.status <> 'paid'"},
    "status != 'paid'": {"orders.status <> 'paid'"},
    "total > -5": {"orders.total range '-5'"},
    "$1 < total": {"orders.total range parameter"},
    "total >= 10 and total < $1": {"orders.total range '10'", "orders.total range parameter"},
    "total between 1 and 9": {"orders.total range '1' '9'"},
    "total not between 1 and $1": {"orders.total range parameter [negated]"},
    "status = 'paid'::text": {"orders.status = 'paid'"},
    "user_id = $1::int": {"orders.user_id = parameter"},
    "user_id = cast($1 as int)": {"orders.user_id = parameter"},
    "status = lower($1)": {"orders.status = parameter"},
    "created_at > now()": {"orders.created_at range expression"},
    "created_at > now() - interval '7 days'": {"orders.created_at range expression"},
    "created_at > now() - $1::interval": {"orders.created_at range expression"},
    "paid_on = current_date": {"orders.paid_on = expression"},
    "paid_on >= date '2024-01-01'": {"orders.paid_on range '2024-01-01'"},
    "paid_on > date '2024-01-01' + 1": {"orders.paid_on range expression"},
    "created_at > $1::timestamp - interval '1 day'": {"orders.created_at range parameter"},
    "status = body": {"orders.status = column orders.body"},
    "total > user_id + 1": {"orders.total range column orders.user_id"},
    "total = (select max(total) from orders)": {"orders.total = subquery"},
    "status is distinct from $1": {"orders.status <> parameter"},
    "status is not distinct from 'a'": {"orders.status = 'a'"},
    # null and booleans
    "paid_on is null": {"orders.paid_on is null"},
    "paid_on is not null": {"orders.paid_on is not null"},
    "not paid_on is null": {"orders.paid_on is not null"},
    "paid_on isnull": {"orders.paid_on is null"},
    "archived": {"orders.archived = 'true'"},
    "not archived": {"orders.archived = 'false'"},
    "archived is true": {"orders.archived = 'true'"},
    "archived is not true": {"orders.archived <> 'true'"},
    "archived = false": {"orders.archived = 'false'"},
    "(status = 'a') is true": {"orders.status = 'a'"},
    "(status = 'a') is not true": {"orders.status = 'a' [negated]"},
    # sets
    "status in ('a', 'b')": {"orders.status in 'a' 'b'"},
    "status not in ('a', 'b')": {"orders.status not in 'a' 'b'"},
    "not (status in ('a'))": {"orders.status not in 'a'"},
    "user_id in ($1, $2)": {"orders.user_id in parameter"},
    "user_id in (1, $1)": {"orders.user_id in parameter"},
    "user_id = any($1)": {"orders.user_id in parameter"},
    "user_id = any($1::int[])": {"orders.user_id in parameter"},
    "user_id = any(array[1, 2])": {"orders.user_id in '1' '2'"},
    "user_id <> all($1)": {"orders.user_id not in parameter"},
    "user_id in (select unnest($1::int[]))": {"orders.user_id in parameter"},
    "user_id in (select id from users)": {"orders.user_id in subquery users.id"},
    "user_id not in (select id from users where active)": {
        "orders.user_id not in subquery users.id",
        "users.active = 'true'",
    },
    "user_id = any(select id from users)": {"orders.user_id in subquery users.id"},
    "total > all(select price from items)": {"orders.total range subquery"},
    "(user_id, status) in ((1, 'a'), (2, 'b'))": {"orders.user_id in '1' '2'", "orders.status in 'a' 'b'"},
    "(user_id, total) in (select id, org_id from users)": {
        "orders.user_id in subquery users.id",
        "orders.total in subquery users.org_id",
    },
    # rows
    "(created_at, id) < ($1, $2)": {"orders.created_at range parameter", "orders.id range parameter"},
    "row(created_at, id) > row($1, $2)": {"orders.created_at range parameter", "orders.id range parameter"},
    "(user_id, status) = ($1, 'a')": {"orders.user_id = parameter", "orders.status = 'a'"},
    # patterns
    "status like 'abc%'": {"orders.status prefix 'abc'"},
    "status like '%abc'": {"orders.status suffix 'abc'"},
    "status like '%abc%'": {"orders.status contains 'abc'"},
    "status like 'abc'": {"orders.status = 'abc'"},
    "status like 'a%c'": {"orders.status prefix 'a%c'"},
    "status like '_bc%'": {"orders.status pattern '_bc%'"},
    "status like $1": {"orders.status pattern parameter"},
    "status like $1 || '%'": {"orders.status prefix parameter"},
    "status like '%' || $1": {"orders.status suffix parameter"},
    "status like '%' || $1 || '%'": {"orders.status contains parameter"},
    "status like concat('%', $1::text, '%')": {"orders.status contains parameter"},
    "status like 'a-' || $1": {"orders.status prefix parameter"},
    "status like lower($1) || '%'": {"orders.status prefix parameter"},
    "status like '%' || body || '%'": {"orders.status contains expression"},
    "status not like '%x%'": {"orders.status contains 'x' [negated]"},
    "status like '10!%%' escape '!'": {"orders.status prefix '10!'"},
    "status ilike '%x%'": {"orders.status contains 'x' [case_insensitive]"},
    "status ilike $1": {"orders.status pattern parameter [case_insensitive]"},
    "status ~ '^a'": {"orders.status pattern '^a'"},
    "status !~ $1": {"orders.status pattern parameter [negated]"},
    "status ~* $1": {"orders.status pattern parameter [case_insensitive]"},
    "status similar to 'a|b'": {"orders.status pattern 'a|b'"},
    "status like any(array['a%', 'b%'])": {"orders.status pattern 'a%' 'b%'"},
    "body || status like '%x%'": {"orders.body contains 'x'", "orders.status contains 'x'"},
    "starts_with(status, $1)": {"orders.status prefix parameter"},
    # what is done to the column
    "lower(status) = lower($1)": {"lower(orders.status) = parameter"},
    "lower(status) like '%x%'": {"lower(orders.status) contains 'x'"},
    "upper(status::text) = 'A'": {"upper(orders.status) = 'A'"},
    "body::varchar ilike '%' || $1 || '%'": {"cast(orders.body) contains parameter [case_insensitive]"},
    "created_at::date = $1": {"cast(orders.created_at) = parameter"},
    "date(created_at) = $1": {"date(orders.created_at) = parameter"},
    "date_trunc('day', created_at) = $1": {"date_trunc(orders.created_at) = parameter"},
    "extract(year from created_at) = 2024": {"extract(orders.created_at) = '2024'"},
    "created_at at time zone 'utc' > $1": {"timezone(orders.created_at) range parameter"},
    "created_at + interval '1 day' < now()": {"+(orders.created_at) range expression"},
    "total % 2 = 0": {"%(orders.total) = '0'"},
    "coalesce(status, 'x') = $1": {"coalesce(orders.status) = parameter"},
    "coalesce(status, body) = $1": set(),
    "length(body) > 10": {"length(orders.body) range '10'"},
    'status collate "C" = $1': {"orders.status = parameter"},
    "pg_catalog.lower(status) = 'a'": {"lower(orders.status) = 'a'"},
    # documents and arrays
    "data->>'k' = 'x'": {"orders.data.[k] json 'x'"},
    "data->'a'->>'b' = $1": {"orders.data.[a].[b] json parameter"},
    "data#>>'{a,b}' = $1": {"orders.data.[a].[b] json parameter"},
    "data['k'] = $1": {"orders.data.[k] json parameter"},
    "(data->>'n')::int > 5": {"cast(orders.data.[n]) json '5'"},
    "data->>'k' in ('a', 'b')": {"orders.data.[k] json 'a' 'b'"},
    "data->>'k' ilike '%a%'": {"orders.data.[k] json 'a' [case_insensitive]"},
    "data->>'k' is null": {"orders.data.[k] is null"},
    "data->>$1 = 'x'": {"orders.data.[?] json 'x'"},
    "jsonb_extract_path_text(data, 'a', 'b') = $1": {"orders.data.[a].[b] json parameter"},
    "data::text like '%x%'": {"cast(orders.data) contains 'x'"},
    "data @> '{\"a\": 1}'": {"orders.data contains element '{\"a\": 1}'"},
    "data @> $1::jsonb": {"orders.data contains element parameter"},
    "data ? 'k'": {"orders.data contains element 'k'"},
    "data ?| array['k', 'l']": {"orders.data contains element 'k' 'l'"},
    "$1 = any(tags)": {"orders.tags contains element parameter"},
    "tags @> array['a']": {"orders.tags contains element 'a'"},
    "tags && $1": {"orders.tags contains element parameter"},
    "data @? '$.a'": {"orders.data other '$.a'"},
    # full text
    "search @@ to_tsquery($1)": {"orders.search full text parameter"},
    "search @@ plainto_tsquery('english', 'word')": {"orders.search full text 'word'"},
    "to_tsvector('english', body) @@ to_tsquery($1)": {"to_tsvector(orders.body) full text parameter"},
    # logic
    "status = 'a' and total > 1": {"orders.status = 'a'", "orders.total range '1'"},
    "status = 'a' or total > 1": {"orders.status = 'a' [alternative]", "orders.total range '1' [alternative]"},
    "status = 'a' or status = 'b'": {"orders.status in 'a' 'b'"},
    "status = 'a' or status is null": {"orders.status = 'a' [alternative]", "orders.status is null [alternative]"},
    "not (status = 'a')": {"orders.status = 'a' [negated]"},
    "not (status = 'a' and total > 1)": {"orders.status = 'a' [negated]", "orders.total range '1' [negated]"},
    "not not archived": {"orders.archived = 'false' [negated]"},
    "user_id = 1 and (status = 'a' or (total > 1 and archived))": {
        "orders.user_id = '1'",
        "orders.status = 'a' [alternative]",
        "orders.total range '1' [alternative]",
        "orders.archived = 'true' [alternative]",
    },
    "($1::int is null or user_id = $1)": {"orders.user_id = parameter [optional]"},
    "($1::bool or user_id = $2)": {"orders.user_id = parameter [optional]"},
    "(status = $1 or $1 is null)": {"orders.status = parameter [optional]"},
    "($1 = '' or status = $1 or body = $1)": {
        "orders.status = parameter [optional] [alternative]",
        "orders.body = parameter [optional] [alternative]",
    },
    "true": set(),
    "1 = 1 and total = 3": {"orders.total = '3'"},
    # queries inside
    "exists (select 1 from items i where i.order_id = orders.id and i.quantity > $1)": {
        "items.quantity range parameter"
    },
    "not exists (select 1 from items where order_id = orders.id and note is null)": {"items.note is null"},
    "user_id = (select id from users where email = $1)": {"orders.user_id = subquery", "users.email = parameter"},
}
SQLITE = {
    "status = ?": {"orders.status = parameter"},
    "status = ?1 and user_id = :user": {"orders.status = parameter", "orders.user_id = parameter"},
    "status = @status or status = $other": {"orders.status in parameter"},
    "status == 'a'": {"orders.status = 'a'"},
    "status is ?": {"orders.status = parameter"},
    "status is not 'a'": {"orders.status <> 'a'"},
    "archived = 1 and not archived": {"orders.archived = '1'", "orders.archived = 'false'"},
    "status = ? collate nocase": {"orders.status = parameter [case_insensitive]"},
    "status collate nocase = ?": {"orders.status = parameter [case_insensitive]"},
    "status glob 'a*'": {"orders.status prefix 'a'"},
    "status glob '*a*'": {"orders.status contains 'a'"},
    "status like '%' || ? || '%'": {"orders.status contains parameter"},
    "json_extract(data, '$.a.b') = ?": {"orders.data.[a].[b] json parameter"},
    "data->>'$.k' = 'x'": {"orders.data.[k] json 'x'"},
    "date(created_at) = date('now')": {"date(orders.created_at) = expression"},
    "created_at > datetime('now', '-7 days')": {"orders.created_at range expression"},
    "created_at >= date(?)": {"orders.created_at range parameter"},
    "strftime('%Y', created_at) = ?": {"strftime(orders.created_at) = parameter"},
    "[status] = 'a' and `body` = 'b' and \"total\" = 3": {
        "orders.status = 'a'",
        "orders.body = 'b'",
        "orders.total = '3'",
    },
    'status = "paid"': {"orders.status = 'paid'"},
    "instr(status, ?) > 0": {"instr(orders.status) range '0'"},
    "ifnull(status, '') = ?": {"ifnull(orders.status) = parameter"},
    "STATUS = ? and Orders.Total = 1": {"orders.status = parameter", "orders.total = '1'"},
}
MYSQL = {
    "status = %s and user_id = %(user)s": {"orders.status = parameter", "orders.user_id = parameter"},
    'status = "paid"': {"orders.status = 'paid'"},
    "status = 'it\\'s'": {"orders.status = 'it's'"},
    "`status` like concat('%%', %s, '%%')": {"orders.status contains parameter"},
    "match(body, status) against (%s in boolean mode)": {
        "orders.body full text parameter",
        "orders.status full text parameter",
    },
    "match(body) against ('word')": {"orders.body full text 'word'"},
    "json_extract(data, '$.a') = 1": {"orders.data.[a] json '1'"},
    "json_unquote(json_extract(data, '$.a')) = 'x'": {"orders.data.[a] json 'x'"},
    "data->>'$.k' = %s": {"orders.data.[k] json parameter"},
    "json_contains(data, %s)": {"orders.data contains element parameter"},
    "status regexp '^a'": {"orders.status pattern '^a'"},
    "status <=> null": {"orders.status = 'null'"},
    "created_at > date_sub(now(), interval %s day)": {"orders.created_at range expression"},
    "created_at > now() - interval 7 day": {"orders.created_at range expression"},
    "date_format(created_at, '%%Y') = '2024'": {"date_format(orders.created_at) = '2024'"},
    "user_id = 1 # and total = 2": {"orders.user_id = '1'"},
    "binary status = 'a'": {"cast(orders.status) = 'a'"},
    "status = 'a' && total = 1": {"orders.status = 'a'", "orders.total = '1'"},
}


@pytest.mark.parametrize("condition", POSTGRESQL)
def test_postgresql(condition: str) -> None:
    assert all_told(read(f"select id from orders where {condition}")) == POSTGRESQL[condition]


@pytest.mark.parametrize("condition", SQLITE)
def test_sqlite(condition: str) -> None:
    assert all_told(read(f"select id from orders where {condition}", "sqlite")) == SQLITE[condition]


@pytest.mark.parametrize("condition", MYSQL)
def test_mysql(condition: str) -> None:
    assert all_told(read(f"select id from orders where {condition}", "mysql")) == MYSQL[condition]


@pytest.mark.parametrize("condition", ["user_id = $1", "lower(status) like '%x%'", "status in ('a', 'b')"])
def test_the_same_in_an_update_a_delete_and_a_join(condition: str) -> None:
    expected = POSTGRESQL[condition]
    assert all_told(read(f"update orders set total = 1 where {condition}")) == expected
    assert all_told(read(f"delete from orders where {condition}")) == expected
    assert (
        all_told(read(f"select 1 from items left join orders on items.order_id = orders.id and {condition}"))
        == expected
    )


def test_a_condition_on_an_aggregate_is_none_on_its_column() -> None:
    found = read("select user_id from orders group by user_id having sum(total) > 5 and user_id > 7")
    assert all_told(found) == {"orders.user_id range '7'"}
    assert all_told(read("select user_id from orders group by user_id having user_id = any(array_agg(total))")) == set()


@pytest.fixture(scope="module")
def server(postgresql: Shadow) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql.database(), autocommit=True) as connection:
        for statement in ddl("postgresql"):
            connection.execute(statement)
        yield connection


@pytest.mark.server
def test_the_cases_are_valid_on_postgresql(server: psycopg.Connection) -> None:
    for condition in POSTGRESQL:
        server.execute(f"prepare probe as select id from orders where {condition}".encode())
        server.execute("deallocate probe")


def test_the_cases_are_valid_on_sqlite() -> None:
    with sqlite3.connect(":memory:") as connection:
        for statement in ddl("sqlite"):
            connection.execute(statement)
        for condition in SQLITE:
            try:
                connection.execute(f"explain select id from orders where {condition}")
            except sqlite3.ProgrammingError as error:
                assert "binding" in str(error) or "bindings" in str(error)  # it is valid, and wants values
    connection.close()


def test_what_one_side_of_an_or_asks_for_together() -> None:
    query = read("select * from orders where (user_id = $1 and status = 'x') or id = $2")
    along = {str(p.column): [str(ref) for ref in p.along] for p in query.predicates}
    assert along == {"orders.user_id": ["orders.status"], "orders.status": ["orders.user_id"], "orders.id": []}
