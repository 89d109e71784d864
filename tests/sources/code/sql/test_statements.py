"""The other parts of a query: tables, joins, order, bounds, what is counted and what is written."""

from __future__ import annotations

import pytest
from support.sqlshop import all_told, joined, names, read, read_all, shop, sorted_by, written

from dbarchitect.catalog.queries import Bound, Idiom, Verb
from dbarchitect.sources.code.sql import Hole, StatementKind, read_sql

JOINS = {
    "select 1 from orders o join users u on u.id = o.user_id": {"orders.user_id = users.id"},
    "select 1 from orders o left join users u on o.user_id = u.id": {"orders.user_id = users.id (outer)"},
    "select 1 from users u, orders o where o.user_id = u.id": {"users.id = orders.user_id"},
    "select 1 from users join orders using (id)": {"users.id = orders.id"},
    "select 1 from users a join users b on b.manager_id = a.id": {"users.id = users.manager_id"},
    "select 1 from items join orders on order_id = orders.id join products on product_id = products.id": {
        "items.order_id = orders.id",
        "items.product_id = products.id",
    },
    "select 1 from users u join orders o on o.user_id = u.id and o.total = u.org_id": {
        "users.id = orders.user_id and users.org_id = orders.total"
    },
    "select 1 from users u where exists (select 1 from orders o where o.user_id = u.id)": {"users.id = orders.user_id"},
    "select 1 from users u left join lateral (select id from orders o where o.user_id = u.id limit 1) l on true": {
        "users.id = orders.user_id"
    },
    "select 1 from users, (items join orders on items.order_id = orders.id) where users.id = orders.user_id": {
        "items.order_id = orders.id",
        "users.id = orders.user_id",
    },
    "with o as (select user_id as who, total from orders) select 1 from users join o on o.who = users.id": {
        "users.id = orders.user_id"
    },
    "select 1 from (select user_id, max(total) from orders group by user_id) x join users on users.id = x.user_id": {
        "orders.user_id = users.id"
    },
    "with recursive c as (select id, manager_id from users where id = 1 union all"
    " select u.id, u.manager_id from users u join c on u.manager_id = c.id) select 1 from c": {
        "users.manager_id = users.id"
    },
    "update orders set total = 1 from users where users.id = orders.user_id": {"orders.user_id = users.id"},
    "delete from orders using users where users.id = orders.user_id": {"orders.user_id = users.id"},
    "select 1 from users u cross join orders o": set(),
    "select 1 from users u join orders o on o.total > u.org_id": set(),
    "select 1 from users u join orders o on lower(o.status) = u.name": set(),
    "select 1 from users u join nowhere n on n.user_id = u.id": set(),
}
ORDERS = {
    "select id from users order by name, email desc": ["users.name", "users.email desc"],
    "select id from users order by lower(name)": ["lower(users.name)"],
    "select id, name as shown from users order by shown desc": ["users.name desc"],
    "select id, lower(name) as name from users order by name": ["lower(users.name)"],
    "select id, name from users order by 2 desc nulls last": ["users.name desc"],
    "select user_id, count(*) as n from orders group by user_id order by n desc": ["count(?) desc"],
    "select id from users order by random()": ["random(?)"],
    "select id from users order by first_name || last_name": ["?"],
    "select id from users order by case when active then 1 else 2 end": ["?"],
    "select id from orders order by data->>'rank'": ["json(orders.data)"],
    "select id from users union select id from orders order by id": ["?"],
    "select id from (select id, name from users order by name limit 3) as x": ["users.name"],
    "with x as (select id, total from orders) select id from x order by x.total": ["orders.total"],
}
BOUNDS = {
    "select id from users limit 10": (Bound(10), None),
    "select id from users limit 10 offset 20": (Bound(10), Bound(20)),
    "select id from users limit $1 offset $2": (Bound(), Bound()),
    "select id from users limit all": (None, None),
    "select id from users fetch first 5 rows only": (Bound(5), None),
    "select id from users fetch first row only": (Bound(1), None),
    "select id from users offset 5 rows fetch next $1 rows only": (Bound(), Bound(5)),
    "select id from users": (None, None),
    "(select id from users limit 5) union all (select id from orders limit 7)": (Bound(12), None),
    "select id from users union all select id from orders limit 7": (Bound(7), None),
    "select * from (select id from users limit 5) x": (Bound(5), None),
    "select id from users where id in (select user_id from orders limit 5)": (None, None),
}
COLUMNS = {
    "select * from users": None,
    "select u.* from users u": None,
    "select id, name from users": {"users.id", "users.name"},
    "select lower(name) as n from users": {"users.name"},
    "select count(*) from users": set(),
    "select 1 from users": set(),
    "select name from (select * from users) x": {"users.name"},
    "with x as (select id, lower(name) as n from users) select n from x": {"users.name"},
    "select * from (select id, name from users) x": {"users.id", "users.name"},
    "select id from users union select user_id from orders": {"users.id", "orders.user_id"},
    "select (select max(total) from orders where user_id = users.id) as m from users": {"orders.total"},
    "update users set name = 'x'": set(),
    "update users set name = 'x' returning id, name": {"users.id", "users.name"},
    "delete from users returning *": None,
    "insert into orders (user_id) select id from users": {"users.id"},
}
WRITES = {
    "insert into users (email, name) values ($1, 'x')": ["users.email := parameter", "users.name := 'x'"],
    "insert into users (email, name) values ($1, 'x'), ($2, 'y')": [
        "users.email := parameter",
        "users.name := 'x' 'y'",
    ],
    "insert into items values (1, $1, default, now())": [
        "items.id := '1'",
        "items.order_id := parameter",
        "items.quantity := expression",
    ],
    "insert into users (id, active, name) values (default, true, null)": [
        "users.active := 'true'",
        "users.name := 'null'",
    ],
    "insert into users (name) values (lower($1))": ["users.name := parameter"],
    "insert into users (name) values ((select title from products where id = 1))": ["users.name := subquery"],
    "insert into users default values": [],
    "insert into orders (user_id, status, created_at, total) select id, 'new', now(), $1 from users": [
        "orders.user_id := column of users.id",
        "orders.status := 'new'",
        "orders.created_at := expression",
        "orders.total := parameter",
    ],
    "update orders set status = 'paid', total = $1": ["orders.status := 'paid'", "orders.total := parameter"],
    "update orders set total = total + 1": ["orders.total := expression of orders.total"],
    "update orders set total = user_id": ["orders.total := column of orders.user_id"],
    "update orders set (status, total) = ('a', $1)": ["orders.status := 'a'", "orders.total := parameter"],
    "update orders set (status, total) = (select name, org_id from users where id = 1)": [
        "orders.status := subquery",
        "orders.total := subquery",
    ],
    "update orders set total = u.org_id * 2 from users u where u.id = user_id": [
        "orders.total := expression of users.org_id"
    ],
    "update orders set paid_on = default, archived = not archived": [
        "orders.archived := expression of orders.archived"
    ],
    "update orders set data['k'] = '1'": ["orders.data := '1'"],
    "insert into users (email, name) values ($1, $2) on conflict (email) do update set name = excluded.name": [
        "users.email := parameter",
        "users.name := parameter",
    ],
    "insert into products (sku, stock) values ($1, 1) on conflict (sku) do update set stock = products.stock + 1": [
        "products.sku := parameter",
        "products.stock := '1'",
        "products.stock := expression of products.stock",
    ],
}


@pytest.mark.parametrize("text", JOINS)
def test_joins(text: str) -> None:
    assert joined(read(text).joins) == JOINS[text]


@pytest.mark.parametrize("text", ORDERS)
def test_order(text: str) -> None:
    assert sorted_by(read(text).ordering) == ORDERS[text]


@pytest.mark.parametrize("text", BOUNDS)
def test_bounds(text: str) -> None:
    found = read(text)
    assert (found.limit, found.offset) == BOUNDS[text]


@pytest.mark.parametrize("text", COLUMNS)
def test_columns(text: str) -> None:
    assert names(read(text).columns) == COLUMNS[text]


@pytest.mark.parametrize("text", WRITES)
def test_what_is_written(text: str) -> None:
    assert written(read(text).assignments) == WRITES[text]


def test_grouping_and_aggregates() -> None:
    found = read(
        "select status, date(created_at), count(*), sum(total), count(distinct user_id), avg(total * 2),"
        " max(total) filter (where archived), rank() over (order by sum(total))"
        " from orders group by status, date(created_at), user_id having min(paid_on) > $1"
    )
    assert names(found.grouping) == {"orders.status", "orders.user_id"}
    assert {(each.function, str(each.column) if each.column else None) for each in found.aggregates} == {
        ("count", None),
        ("sum", "orders.total"),
        ("count", "orders.user_id"),
        ("avg", None),
        ("max", "orders.total"),
        ("min", "orders.paid_on"),
    }


def test_an_aggregate_over_a_window_is_none() -> None:
    assert read("select sum(total) over (partition by user_id) from orders").aggregates == ()


def test_minimum_of_two_is_none_in_sqlite() -> None:
    assert read("select max(total, 5) from orders", "sqlite").aggregates == ()


def test_tables_in_every_place() -> None:
    found = read(
        "with e as (select id from log.events where kind = 'a') select u.id from users u"
        " join (select user_id from orders where total > 1) o on o.user_id = u.id"
        " where exists (select 1 from items) and u.id in (select id from e) and u.name = (select title from products)"
    )
    assert names(found.tables) == {"users", "orders", "items", "products", "log.events"}
    assert str(found.table) == "users"


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("select 1 from (select id from orders) x join users on true", "orders"),
        ("select exists(select 1 from users where email = $1)", "users"),
        ("with x as (select id from orders) select 1 from x", "orders"),
        ("update orders set total = 1 from users", "orders"),
        ("insert into users (id) select user_id from orders", "users"),
        ("select 1 from public.users", "users"),
        ("select 1 from events", "log.events"),
        ('select 1 from "users"', "users"),
        ("select 1 from USERS", "users"),
        ('select 1 from "Mixed"', "Mixed"),
    ],
)
def test_the_main_table(text: str, table: str) -> None:
    assert str(read(text).table) == table


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("select id from nowhere where id = $1", set()),
        ("select n.id from nowhere n join users on users.id = n.user_id where n.x = 1 and users.name = 'a'", {"users"}),
        ("insert into nowhere (id) select id from users", {"users"}),
        ("select 1 from other.users", set()),
    ],
)
def test_an_unknown_table_is_said_to_be_unknown(text: str, tables: set[str]) -> None:
    found = read(text)
    assert names(found.tables) == tables
    assert "table" in found.dynamic
    assert found.table is None


def test_what_is_known_beside_an_unknown_table_still_counts() -> None:
    found = read("select 1 from nowhere n join users u on u.id = n.user_id where n.x = 1 and u.name = 'a'")
    assert all_told(found) == {"users.name = 'a'", "users.id = column"}


@pytest.mark.parametrize(
    "text", ["select relname from pg_class where oid = $1", "select 1 from information_schema.tables", "select 1"]
)
def test_the_servers_own_tables_are_not_unknown(text: str) -> None:
    found = read(text)
    assert (found.table, found.tables, found.dynamic) == (None, (), ())


def test_an_ambiguous_column_is_left_out() -> None:
    assert all_told(read("select 1 from users, orders where id = 3 and email = 'a'")) == {"users.email = 'a'"}


def test_a_column_of_the_query_around_it_is_found() -> None:
    found = read("select 1 from users where exists (select 1 from orders where user_id = users.id and org_id = 3)")
    assert all_told(found) == {"users.org_id = '3'"}


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("select 1", Verb.SELECT),
        ("values (1)", Verb.SELECT),
        ("table users", Verb.SELECT),
        ("insert into users (id) values (1)", Verb.INSERT),
        ("update users set id = 1", Verb.UPDATE),
        ("delete from users", Verb.DELETE),
        ("insert into users (id) values (1) on conflict do nothing", Verb.UPSERT),
        ("with x as (select 1) delete from users", Verb.DELETE),
        ("truncate users", Verb.OTHER),
    ],
)
def test_the_verb(text: str, verb: Verb) -> None:
    assert read(text).verb is verb


@pytest.mark.parametrize(
    ("text", "engine", "key"),
    [
        ("insert into users (email) values ($1) on conflict (email) do nothing", "postgresql", {"users.email"}),
        (
            "insert into users (id) values ($1) on conflict on constraint users_email_key do nothing",
            "postgresql",
            {"users.email"},
        ),
        (
            (
                "insert into users (id, email) values (1, 'a') on conflict (lower(email), org_id) where active"
                " do update set email = excluded.email where users.name <> 'a'"
            ),
            "postgresql",
            {"users.email", "users.org_id"},
        ),
        (
            "insert into users (email) values (?) on conflict (email) do update set name = 'a'",
            "sqlite",
            {"users.email"},
        ),
        ("insert or replace into users (email) values (?)", "sqlite", set()),
        ("insert or ignore into users (email) values (?)", "sqlite", set()),
        ("replace into users (email) values (?)", "sqlite", set()),
        ("replace into users (email) values (%s)", "mysql", set()),
        ("insert ignore into users (email) values (%s)", "mysql", set()),
        ("insert into users (email) values (%s) on duplicate key update name = values(name)", "mysql", set()),
    ],
)
def test_upserts(text: str, engine: str, key: set[str]) -> None:
    found = read(text, engine)
    assert (found.verb, found.idiom, names(found.key)) == (Verb.UPSERT, Idiom.ON_CONFLICT, key)
    assert found.assignments[0].column.table == "users"


@pytest.mark.parametrize("before, after", [("(email, ", ") do nothing"), ('(email, "', '_id") do nothing')])
def test_a_key_of_a_conflict_that_code_puts_together_is_not_known(before: str, after: str) -> None:
    text = (f"insert into users (email) values ($1) on conflict {before}", Hole("column"), after)
    (found,) = read_sql(text, shop("postgresql"))
    assert (found.verb, found.key) == (Verb.UPSERT, ())


def test_merge() -> None:
    found = read(
        "merge into products p using (select $1 as sku, 5 as n) s on p.sku = s.sku"
        " when matched then update set stock = p.stock + s.n"
        " when not matched then insert (sku, stock) values (s.sku, 0)"
    )
    assert found.verb is Verb.UPSERT
    assert names(found.key) == {"products.sku"}
    assert "products.stock := '0'" in written(found.assignments)
    assert "products.stock := expression of products.stock" in written(found.assignments)


def test_a_change_inside_with_is_a_statement_of_its_own() -> None:
    deleted, inserted = read_all(
        "with gone as (delete from orders where total = 0 returning id, user_id)"
        " insert into log.events (id, kind) select user_id, 'gone' from gone"
    )
    assert (deleted.verb, str(deleted.table), all_told(deleted)) == (Verb.DELETE, "orders", {"orders.total = '0'"})
    assert (inserted.verb, str(inserted.table)) == (Verb.INSERT, "log.events")
    assert written(inserted.assignments) == ["log.events.id := column of orders.user_id", "log.events.kind := 'gone'"]


def test_taking_a_job_from_a_queue() -> None:
    found = read(
        "with next as (select id from orders where status = 'new' order by created_at limit 1 for update skip locked)"
        " update orders set status = 'taken' from next where orders.id = next.id returning orders.*"
    )
    assert found.locks
    assert found.columns is None
    assert all_told(found) == {"orders.status = 'new'"}


@pytest.mark.parametrize(
    ("text", "locks", "distinct"),
    [
        ("select id from users for update", True, False),
        ("select id from users for share nowait", True, False),
        ("select distinct name from users", False, True),
        ("select distinct on (name) id from users", False, True),
        ("select id from users union select id from orders", False, True),
        ("select id from users union all select id from orders", False, False),
        ("select count(distinct name) from users", False, False),
    ],
)
def test_locks_and_distinct(text: str, locks: bool, distinct: bool) -> None:
    found = read(text)
    assert (found.locks, found.distinct) == (locks, distinct)


def test_mysql_changes_several_tables() -> None:
    changed = read("update orders o join users u on u.id = o.user_id set o.status = 'x' where u.email = %s", "mysql")
    assert (str(changed.table), joined(changed.joins)) == ("orders", {"orders.user_id = users.id"})
    assert written(changed.assignments) == ["orders.status := 'x'"]
    deleted = read("delete u from orders o join users u on u.id = o.user_id where o.status = 'x' limit 5", "mysql")
    assert (str(deleted.table), all_told(deleted)) == ("users", {"orders.status = 'x'"})


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("begin", ["begin"]),
        ("BEGIN IMMEDIATE", ["begin"]),
        ("start transaction isolation level serializable", ["begin"]),
        ("commit; rollback", ["commit", "rollback"]),
        ("end", ["commit"]),
        ("savepoint a; release savepoint a", ["savepoint", "release"]),
        ("rollback to a", ["rollback to savepoint"]),
        ("pragma journal_mode = wal", ["pragma"]),
        ("set local statement_timeout = '5s'", ["set"]),
        ("lock table users in share mode", ["lock"]),
        ("create table x (id int); create index on x (id)", ["schema", "schema"]),
        ("create trigger a after insert on users begin delete from orders; end", ["schema"]),
        ("copy users (id) from stdin", ["copy"]),
        ("truncate users, log.events", ["truncate"]),
        ("explain select 1", ["other"]),
        ("delete from users; return null; end", ["query", "other", "commit"]),
        ("select ';' from users -- ;\n; /* ; */ select $$;$$; ;", ["query", "query"]),
        ("", []),
        (" ; -- nothing", []),
    ],
)
def test_kinds_of_statements(text: str, kinds: list[str]) -> None:
    assert [found.kind for found in read_all(text)] == [StatementKind(kind) for kind in kinds]


def test_tables_of_statements_that_are_no_queries() -> None:
    assert names(read("truncate table only users, log.events restart identity").tables) == {"users", "log.events"}
    lock = read('lock table "users" in exclusive mode')
    assert (names(lock.tables), lock.locks) == ({"users"}, True)
    copied, given = read("copy orders (id) from stdin"), read("copy orders to stdout")
    assert (copied.verb, given.verb, str(given.table)) == (Verb.INSERT, Verb.SELECT, "orders")


def test_names_that_differ_by_case_in_postgresql() -> None:
    found = read('select "createdAt" from "Mixed" where "Id" = 3')
    assert (names(found.columns), all_told(found)) == ({"Mixed.createdAt"}, {"Mixed.Id = '3'"})


@pytest.mark.parametrize("engine", ["postgresql", "sqlite", "mysql"])
def test_another_dialect_helps_where_the_engines_own_fails(engine: str) -> None:
    assert all_told(read("select id from users where `name` = 'x'", engine)) == {"users.name = 'x'"}
    assert read("insert into users (id) values (1) on duplicate key update name = 'a'", engine).verb is Verb.UPSERT
