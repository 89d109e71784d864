"""The columns and tables that we read of a query are those that a server says it uses.

PostgreSQL tells by the dependencies of a view, SQLite by asking its authorizer before each column that it reads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from support.sqlshop import ddl, read, shop

from dbarchitect.shadow import Shadow
from dbarchitect.sources.code.sql import SqlQuery

# Plain SQL for both, and each gives names of its own to its columns, as a view demands.
COMMON = (
    "select id, email from users where active and name = 'x'",
    "select u.id from users u where lower(u.email) = lower('A') order by u.last_name, u.first_name",
    "select u.email, o.total from users u join orders o on o.user_id = u.id where o.status in ('new', 'paid')",
    "select email, total from users left join orders on user_id = users.id and status <> 'void'",
    "select o.id from orders o, users u where u.id = o.user_id and u.org_id = 3",
    "select a.name, b.name as boss from users a join users b on b.id = a.manager_id",
    "select count(*) as n from orders where created_at between '2020-01-01' and '2021-01-01'",
    "select user_id, sum(total) as paid from orders group by user_id having sum(total) > 100 order by paid desc",
    "select status, count(distinct user_id) as buyers from orders group by 1 order by 2",
    "select id from users where id in (select user_id from orders where total > 10)",
    "select id from users u where exists (select 1 from orders o where o.user_id = u.id and o.status = 'paid')",
    "select id from users u where not exists (select 1 from orders o where o.user_id = u.id)",
    "select (select max(created_at) from orders where user_id = users.id) as last, name from users",
    "with big as (select user_id as who from orders where total > 9) select email from big join users on id = who",
    "with big (who, much) as (select user_id, total from orders) select who from big where much > 5",
    "select n.kind from (select status as kind, count(*) as c from orders group by status) n where n.c > 1",
    "select email as word from users where active union select title from products where stock > 0 order by 1 limit 5",
    "select id from users except select user_id from orders",
    "select id, case when total > 10 then status else body end as label from orders",
    "select coalesce(first_name, last_name, email) as shown from users where manager_id is null",
    "select id, row_number() over (partition by user_id order by created_at desc) as rank from orders",
    "select id from orders where (total, id) < (100, 5) order by total desc, id desc limit 20 offset 40",
    "select i.id from items i join orders o on o.id = order_id join products p on p.id = product_id where p.sku = 'a'",
    "select title from products where title like 'abc%' or sku like '%x%' and not (stock = 0)",
    "select first_name || ' ' || last_name as full_name from users where first_name || last_name like '%a%'",
    "select distinct status from orders where total * 2 > user_id + 1",
    (
        "with recursive chain as (select id, manager_id from users where id = 1 union all"
        " select u.id, u.manager_id from users u join chain c on u.manager_id = c.id) select id from chain"
    ),
    (
        "select x.order_id from (select order_id, product_id from items where quantity > 1) as x"
        " join products on products.id = x.product_id where products.stock < 5"
    ),
    "select kind from log.events where at > '2020-01-01'",
    'select "createdAt" from "Mixed" where "Id" = 3',
    "select o.id from orders o where o.total = (select max(total) from orders where user_id = o.user_id)",
    "select cast(total as text) as t from orders where cast(body as text) like 'a%'",
    "select u.org_id, avg(o.total) as mean from users u inner join orders o on u.id = o.user_id group by u.org_id",
    "select * from (select id, title from products) p where p.title = 'x'",
    "select count(case when status = 'new' then 1 end) as new, min(created_at) as first_at from orders",
    "select i.quantity * i.price as line from items i where i.note is not null and i.note <> ''",
    "select id from users where name = 'it''s; -- no comment' /* email */ and org_id = 1 -- first_name",
)
POSTGRESQL_ONLY = (
    "select users.id from users join orders using (id)",
    "select user_id, email from orders natural join users where total > 1",
    "select id from orders where created_at > now() - interval '7 days' and date_trunc('day', paid_on) = current_date",
    "select data->>'name' as name, data#>>'{a,b}' as deep from orders where data @> '{\"k\": 1}' and data ? 'x'",
    "select id from orders where 'red' = any(tags) and status = any(array['a', 'b']) and tags && array['c']",
    "select id from orders where body ilike '%x%' or body::text ~* '^a' or status similar to 'a|b'",
    "select id from orders where search @@ to_tsquery('english', 'a') or to_tsvector(body) @@ plainto_tsquery('b')",
    (
        "select u.email, l.total from users u left join lateral (select total from orders where user_id = u.id"
        " order by created_at desc limit 1) l on true"
    ),
    "select distinct on (user_id) user_id, total from orders order by user_id, created_at desc",
    "select sum(total) filter (where status = 'paid') as paid from orders where extract(year from paid_on) = 2024",
    "select string_agg(email, ',' order by name) as l, mode() within group (order by org_id) as p from users",
    "select t.tag, o.id from orders o cross join lateral unnest(o.tags) as t(tag) where t.tag = 'x'",
    "select e->>'a' as a from orders, jsonb_array_elements(data) as e where e->>'b' = 'c' and archived is not true",
    "select id from orders where data['k'] = '1' and paid_on is distinct from current_date for update skip locked",
    "select id from users where (first_name, last_name) in (('a', 'b'), ('c', 'd')) fetch first 3 rows only",
    "select n, count(o.id) as c from generate_series(1, 3) as g(n) left join orders o on o.user_id = g.n group by n",
    "select id from orders where (data->'a'->>'n')::int > 5 and created_at at time zone 'utc' < now()",
    "select user_id, status, count(*) as c from orders group by grouping sets ((user_id), (status))",
    "select id from public.users where email collate \"C\" = 'x' and name operator(pg_catalog.~) 'a'",
    "select rank() over w as r from orders window w as (partition by user_id order by total)",
)
SQLITE_ONLY = (
    "select id from orders where json_extract(data, '$.a.b') = 1 and data->>'$.k' = 'x'",
    "select id from users where email = ? collate nocase and name glob 'a*' and first_name is ?1",
    "select date(created_at) as day, group_concat(status) as s from orders group by day order by day",
    "select id from orders where strftime('%Y', created_at) = :year and total > @least and user_id = $who",
    "select id from `users` where [name] = 'x' and \"email\" = 'y' limit 5, 10",
    "select j.value from orders, json_each(orders.tags) j where orders.status == 'x'",
)


@pytest.fixture(scope="module")
def server(postgresql: Shadow) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql.database(), autocommit=True) as connection:
        for statement in ddl("postgresql"):
            connection.execute(statement)
        yield connection


@pytest.mark.server
@pytest.mark.parametrize("text", COMMON + POSTGRESQL_ONLY)
def test_the_columns_are_those_that_postgresql_lists_for_a_view(server: psycopg.Connection, text: str) -> None:
    plain = text.removesuffix(" for update skip locked")  # a view may not lock
    with server.transaction(force_rollback=True):
        server.execute(f"create view probe as {plain}".encode())
        used = server.execute(
            "select distinct n.nspname, c.relname, a.attname from pg_depend d join pg_rewrite r on r.oid = d.objid"
            " join pg_class c on c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid"
            " where r.ev_class = 'probe'::regclass and d.refobjsubid > 0 and c.oid <> 'probe'::regclass"
        ).fetchall()
    found = read(text)
    assert {(ref.schema or "public", ref.table, ref.columns[0]) for ref in found.reads} == set(used)
    _holds_together(found)


@pytest.mark.parametrize("text", COMMON + SQLITE_ONLY)
def test_the_columns_are_those_that_sqlite_asks_to_read(text: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        for statement in ddl("sqlite"):
            connection.execute(statement)
        used: set[tuple[str, str]] = set()

        def note(action: int, table: str | None, column: str | None, *_: object) -> int:
            if action == sqlite3.SQLITE_READ and table in tables and column:
                used.add((table, column))
            return sqlite3.SQLITE_OK

        tables = {table.name for table in shop("sqlite").tables}
        connection.set_authorizer(note)
        try:
            connection.execute(f"explain {text}", dict.fromkeys(("1", "year", "least", "who"), 1))
        except sqlite3.ProgrammingError:  # as many values as it has parameters without a name
            connection.execute(f"explain {text}", (1,) * text.count("?"))
    connection.close()
    found = read(text, "sqlite")
    assert {(ref.table, ref.columns[0]) for ref in found.reads} == used
    _holds_together(found)


def _holds_together(query: SqlQuery) -> None:
    """Whatever a part names is among the columns that are read, and belongs to one of the tables."""
    named = {predicate.column for predicate in query.predicates} | set(query.grouping) | set(query.columns or ())
    named |= {column for join in query.joins for pair in join.pairs for column in pair}
    named |= {key.column for key in query.ordering if key.column is not None}
    named |= {aggregate.column for aggregate in query.aggregates if aggregate.column is not None}
    assert named <= set(query.reads)
    assert {column.table_ref for column in query.reads} <= set(query.tables)
    assert "table" not in query.dynamic
