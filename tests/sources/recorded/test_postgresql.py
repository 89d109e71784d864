"""Statements of PostgreSQL and the operations that they are, judged by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dbarchitect.catalog.migrations import Operation
from dbarchitect.catalog.refs import Diagnostic, Ref
from dbarchitect.sources.sqlfiles.recorder import record_sql
from dbarchitect.sources.sqlfiles.schema import Schema

SETUP = """
create table account (id bigint primary key, email varchar(50), age integer, city text not null default 'x');
create table orders (
  id bigserial primary key, account_id bigint references account, total numeric(10, 2), placed timestamptz,
  constraint orders_total_known check (total is not null)
);
alter table orders add constraint orders_age check (id > 0) not valid;
create index orders_placed on orders (placed);
create unique index account_email on account (email);
create table events (id bigint, at timestamptz) partition by range (at);
create table events_old (id bigint, at timestamptz);
create view seen as select id from orders;
create materialized view stored as select id from orders;
create type mood as enum ('good');
create domain positive as integer check (value > 0);
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger orders_touch before update on orders for each row execute function touch();
create policy mine on orders;
create schema attic;
create table attic.thing (id integer);
"""

FLAGS = ("on_new_table", "concurrently", "not_valid", "using_index", "cascade", "conditional", "required", "filtered")


def drafted() -> Schema:
    schema = Schema()
    list(record_sql(schema, SETUP))
    return schema


def recorded(sql: str, schema: Schema | None = None, new_tables: set[Ref] | None = None) -> tuple[Operation, ...]:
    problems: list[Diagnostic] = []
    operations = record_sql(schema or drafted(), sql, new_tables=new_tables, problems=problems)
    return tuple(operations)


def shown(operation: Operation) -> str:
    """An operation in one line: kind, object, lock, what happens to the rows, flags, what it is renamed or set to."""
    cost = operation.cost
    words = [f"{operation.kind.value}: {operation.object}", "?" if cost is None else cost.lock or "no lock"]
    if cost is not None and cost.rewrites:
        words.append("rewrites")
    elif cost is not None and cost.scans:
        words.append("scans")
    words += [flag for flag in FLAGS if getattr(operation, flag)]
    if operation.value is not None:
        words.append(f"= {operation.value}")
    return ", ".join(words)


ALTER_TABLE = [
    ("alter table account add column x int", ["add column: account.x, ACCESS EXCLUSIVE"]),
    (
        "alter table account add column x int not null",
        ["add column: account.x, ACCESS EXCLUSIVE, scans, required"],
    ),
    ("alter table account add column x int not null default 0", ["add column: account.x, ACCESS EXCLUSIVE"]),
    (
        "alter table account add column x uuid default gen_random_uuid()",
        ["add column: account.x, ACCESS EXCLUSIVE, rewrites"],
    ),
    ("alter table account add column x bigserial", ["add column: account.x, ACCESS EXCLUSIVE, rewrites"]),
    ("alter table account add column x positive", ["add column: account.x, ACCESS EXCLUSIVE, rewrites"]),
    ("alter table account add column if not exists email text", []),
    (
        "alter table account add column if not exists mail text",
        ["add column: account.mail, ACCESS EXCLUSIVE, conditional"],
    ),
    (
        "alter table account add column x bigint references orders",
        [
            "add column: account.x, ACCESS EXCLUSIVE",
            "add foreign key: account.x constraint account_x_fkey, SHARE ROW EXCLUSIVE",
        ],
    ),
    (
        "alter table account add column x bigint default 1 references orders unique",
        [
            "add column: account.x, ACCESS EXCLUSIVE",
            "add unique: account.x constraint account_x_key, ACCESS EXCLUSIVE, scans",
            "add foreign key: account.x constraint account_x_fkey, SHARE ROW EXCLUSIVE, scans",
        ],
    ),
    (
        "alter table account drop column city, drop column if exists gone",
        ["drop column: account.city, ACCESS EXCLUSIVE"],
    ),
    ("alter table orders drop column placed cascade", ["drop column: orders.placed, ACCESS EXCLUSIVE, cascade"]),
    ("alter table account alter age set not null", ["set not null: account.age, ACCESS EXCLUSIVE, scans"]),
    ("alter table orders alter total set not null", ["set not null: orders.total, ACCESS EXCLUSIVE"]),
    ("alter table account alter city set not null", ["set not null: account.city, ACCESS EXCLUSIVE"]),
    ("alter table account alter city drop not null", ["drop not null: account.city, ACCESS EXCLUSIVE"]),
    ("alter table account alter age set default 18", ["set default: account.age, ACCESS EXCLUSIVE"]),
    ("alter table account alter city drop default", ["drop default: account.city, ACCESS EXCLUSIVE"]),
    ("alter table account alter email type text", ["change type: account.email, ACCESS EXCLUSIVE"]),
    ("alter table account alter email type text using email::text", ["change type: account.email, ACCESS EXCLUSIVE"]),
    (
        "alter table account alter email type text using cast(email as text)",
        ["change type: account.email, ACCESS EXCLUSIVE"],
    ),
    (
        "alter table account alter email type text using lower(email)",
        ["change type: account.email, ACCESS EXCLUSIVE, rewrites"],
    ),
    ("alter table account alter age type bigint", ["change type: account.age, ACCESS EXCLUSIVE, rewrites"]),
    (
        "alter table account add constraint grown check (age > 17)",
        ["add check: account constraint grown, ACCESS EXCLUSIVE, scans"],
    ),
    (
        "alter table account add constraint grown check (age > 17) not valid",
        ["add check: account constraint grown, ACCESS EXCLUSIVE, not_valid"],
    ),
    (
        "alter table account add constraint buys foreign key (age) references orders (id)",
        ["add foreign key: account.age constraint buys, SHARE ROW EXCLUSIVE, scans"],
    ),
    (
        "alter table account add constraint buys foreign key (age) references orders (id) not valid",
        ["add foreign key: account.age constraint buys, SHARE ROW EXCLUSIVE, not_valid"],
    ),
    (
        "alter table account add unique (age)",
        ["add unique: account.age constraint account_age_key, ACCESS EXCLUSIVE, scans"],
    ),
    (
        "alter table account add constraint mail unique using index account_email",
        ["add unique: account.email constraint mail, ACCESS EXCLUSIVE, using_index"],
    ),
    (
        "alter table events_old add primary key (id)",
        ["add primary key: events_old.id, ACCESS EXCLUSIVE, scans"],
    ),
    (
        "alter table account add exclude using gist (age with =)",
        ["add exclusion: account constraint account_age_excl, ACCESS EXCLUSIVE, scans"],
    ),
    (
        "alter table orders validate constraint orders_age",
        ["validate constraint: orders constraint orders_age, SHARE UPDATE EXCLUSIVE, scans"],
    ),
    (
        "alter table orders validate constraint orders_total_known",
        ["validate constraint: orders constraint orders_total_known, SHARE UPDATE EXCLUSIVE"],
    ),
    (
        "alter table orders drop constraint orders_account_id_fkey",
        ["drop constraint: orders.account_id constraint orders_account_id_fkey, ACCESS EXCLUSIVE"],
    ),
    ("alter table orders drop constraint if exists nothing", []),
    ("alter table orders enable row level security", ["set table options: orders, ACCESS EXCLUSIVE"]),
    ("alter table orders set (fillfactor = 70)", ["set table options: orders, SHARE UPDATE EXCLUSIVE"]),
    ("alter table orders set unlogged", ["set table options: orders, ACCESS EXCLUSIVE, rewrites"]),
    ("alter table orders set tablespace fast", ["set table options: orders, ACCESS EXCLUSIVE, rewrites"]),
    ("alter table orders disable trigger all", ["other: orders, SHARE ROW EXCLUSIVE"]),
    ("alter table orders disable trigger orders_touch", ["other: orders trigger orders_touch, SHARE ROW EXCLUSIVE"]),
    ("alter table orders owner to somebody", ["other: orders, ACCESS EXCLUSIVE"]),
    (
        "alter table events attach partition events_old for values from ('2020-01-01') to ('2021-01-01')",
        ["attach partition: events, ACCESS EXCLUSIVE, scans"],
    ),
    ("alter table events detach partition events_old", ["detach partition: events, ACCESS EXCLUSIVE"]),
    (
        "alter table events detach partition events_old concurrently",
        ["detach partition: events, SHARE UPDATE EXCLUSIVE, concurrently"],
    ),
    (
        "alter table if exists only account drop column age, add column b int",
        [
            "drop column: account.age, ACCESS EXCLUSIVE, conditional",
            "add column: account.b, ACCESS EXCLUSIVE, conditional",
        ],
    ),
    ("alter table if exists nothing drop column age", []),
    (
        "create table copied as select x.* from orders x, account; alter table copied drop column id",
        ["create table: copied, no lock", "drop column: copied.id, no lock, on_new_table"],
    ),
    (
        """
        alter table orders add constraint known check (placed is not null) not valid;
        alter table orders validate constraint known; alter table orders alter placed set not null
        """,
        [
            "add check: orders constraint known, ACCESS EXCLUSIVE, not_valid",
            "validate constraint: orders constraint known, SHARE UPDATE EXCLUSIVE, scans",
            "set not null: orders.placed, ACCESS EXCLUSIVE",
        ],
    ),
]

NAMES = [
    ("alter table account rename to customer", ["rename table: account, ACCESS EXCLUSIVE, = customer"]),
    ("alter table account rename column age to years", ["rename column: account.age, ACCESS EXCLUSIVE, = years"]),
    (
        "alter table orders rename constraint orders_age to positive_id",
        ["rename constraint: orders constraint orders_age, ACCESS EXCLUSIVE, = positive_id"],
    ),
    (
        "alter index orders_placed rename to orders_at",
        ["rename index: orders.placed index orders_placed, SHARE UPDATE EXCLUSIVE, = orders_at"],
    ),
    ("alter table account set schema attic", ["rename table: account, ACCESS EXCLUSIVE, = attic.account"]),
    ("alter type mood rename to temper", ["alter type: enum mood, no lock, = temper"]),
]

INDEXES = [
    ("create index on orders (total)", ["create index: orders.total index orders_total_idx, SHARE, scans"]),
    (
        "create unique index concurrently if not exists u on orders (total, placed)",
        ["create index: orders(total, placed) index u, SHARE UPDATE EXCLUSIVE, scans, concurrently, conditional"],
    ),
    ("create index if not exists orders_placed on orders (placed)", []),
    ("create index on elsewhere (x)", ["create index: elsewhere.x, SHARE, scans"]),
    ("create index s on stored (id)", ["create index: stored.id index s, SHARE, scans"]),
    ("drop index orders_placed", ["drop index: orders.placed index orders_placed, ACCESS EXCLUSIVE"]),
    (
        "drop index concurrently if exists orders_placed, nothing",
        ["drop index: orders.placed index orders_placed, SHARE UPDATE EXCLUSIVE, concurrently, conditional"],
    ),
    ("reindex table orders", ["reindex: orders, SHARE, scans"]),
    ("reindex index orders_placed", ["reindex: orders.placed index orders_placed, ACCESS EXCLUSIVE, scans"]),
    ("reindex table concurrently orders", ["reindex: orders, SHARE UPDATE EXCLUSIVE, scans, concurrently"]),
    ("reindex (concurrently) table orders", ["reindex: orders, SHARE UPDATE EXCLUSIVE, scans, concurrently"]),
]

DROPS = [
    ("drop table orders cascade", ["drop table: orders, ACCESS EXCLUSIVE, cascade"]),
    ("drop table if exists nothing, events_old", ["drop table: events_old, ACCESS EXCLUSIVE, conditional"]),
    ("drop view seen", ["drop view: view seen, ACCESS EXCLUSIVE"]),
    ("drop schema attic cascade", ["drop schema: schema attic, ACCESS EXCLUSIVE, cascade"]),
    ("drop database old", ["drop database: database old, ?"]),
    ("drop type mood", ["drop type: enum mood, no lock"]),
    ("drop trigger orders_touch on orders", ["drop trigger: orders trigger orders_touch, ACCESS EXCLUSIVE"]),
    ("drop trigger if exists other on orders", []),
    ("drop policy mine on orders", ["drop policy: orders policy mine, ACCESS EXCLUSIVE"]),
    ("drop function touch() cascade", ["drop function: function touch, no lock, cascade"]),
]

ROWS = [
    ("update orders set total = 1", ["update: orders, ROW EXCLUSIVE, rewrites"]),
    ("update orders set total = 1 where id = 2", ["update: orders, ROW EXCLUSIVE, filtered"]),
    (
        "with x as (select 1) update only orders o set total = 1 where id = 2",
        ["update: orders, ROW EXCLUSIVE, filtered"],
    ),
    ("delete from orders", ["delete: orders, ROW EXCLUSIVE, scans"]),
    ("delete from orders using account where account.id = account_id", ["delete: orders, ROW EXCLUSIVE, filtered"]),
    ("insert into orders (id) values (1); insert into orders (id) values (2)", ["insert: orders, ROW EXCLUSIVE"]),
    (
        """
        insert into orders (id) values (1); insert into orders (id) values ('a;b'); insert into account values (1);
        insert into account values ($$x$$); update account set age = 1 where id = 2; insert into account values (2);
        insert into accounts values (3)
        """,
        [
            "insert: orders, ROW EXCLUSIVE",
            "insert: account, ROW EXCLUSIVE",
            "update: account, ROW EXCLUSIVE, filtered",
            "insert: account, ROW EXCLUSIVE",
            "insert: accounts, ROW EXCLUSIVE",
        ],
    ),
    ('insert into "orders" select * from orders', ["insert: orders, ROW EXCLUSIVE"]),
    ("copy orders (id) from stdin;\n1\n\\.\n", ["insert: orders, ROW EXCLUSIVE"]),
    (
        "truncate orders, account cascade",
        ["truncate: orders, ACCESS EXCLUSIVE, cascade", "truncate: account, ACCESS EXCLUSIVE, cascade"],
    ),
    ("vacuum full orders", ["vacuum full: orders, ACCESS EXCLUSIVE, rewrites"]),
    ("vacuum (full, analyze) orders", ["vacuum full: orders, ACCESS EXCLUSIVE, rewrites"]),
    ("vacuum orders", ["other: orders, SHARE UPDATE EXCLUSIVE"]),
    ("cluster orders using orders_placed", ["cluster: orders, ACCESS EXCLUSIVE, rewrites"]),
    ("lock table orders", ["lock: orders, ACCESS EXCLUSIVE, = ACCESS EXCLUSIVE"]),
    ("lock orders in share row exclusive mode", ["lock: orders, SHARE ROW EXCLUSIVE, = SHARE ROW EXCLUSIVE"]),
    ("refresh materialized view stored", ["refresh materialized view: view stored, ACCESS EXCLUSIVE, scans"]),
    (
        "refresh materialized view concurrently stored",
        ["refresh materialized view: view stored, EXCLUSIVE, scans, concurrently"],
    ),
    ("create temp table t (id int); insert into t values (1); drop table t", []),
]

OTHERS = [
    ("create table fresh (id int)", ["create table: fresh, no lock"]),
    ("create table fresh (id int references account)", ["create table: fresh, SHARE ROW EXCLUSIVE"]),
    ("create table if not exists orders (id int)", []),
    ("create or replace view seen as select 1 as id", ["create view: view seen, ACCESS SHARE"]),
    ("create type kind as enum ('a')", ["create type: enum kind, no lock"]),
    ("alter type mood add value if not exists 'bad'", ["add enum value: enum mood, no lock, conditional"]),
    ("alter type mood rename value 'good' to 'fine'", ["alter type: enum mood, no lock"]),
    ("create extension if not exists citext", ["create extension: extension citext, no lock, conditional"]),
    (
        "create trigger tr after insert on orders for each row execute function touch()",
        ["create trigger: orders trigger tr, SHARE ROW EXCLUSIVE"],
    ),
    ("create policy p on orders using (true)", ["create policy: orders policy p, ACCESS EXCLUSIVE"]),
    ("set lock_timeout = '5s'", ["set: setting lock_timeout, no lock, = 5s"]),
    ("set local statement_timeout to 5000", ["set: setting statement_timeout, no lock, = 5000"]),
    ("select pg_catalog.set_config('lock_timeout', '1s', true)", ["set: setting lock_timeout, no lock, = 1s"]),
    ("set app.key = 'secret'", ["set: setting app.key, no lock"]),
    ("reset lock_timeout", ["set: setting lock_timeout, no lock"]),
    (
        "do $$ begin alter table account add column z int; exception when duplicate_column then null; end $$",
        ["add column: account.z, ACCESS EXCLUSIVE, conditional"],
    ),
    ("do $$ begin alter table account add column email int; exception when duplicate_column then null; end $$", []),
    ("do $$ begin update orders set total = 1; end $$", ["run code: database, ?"]),
    ("call tidy()", ["run code: database, ?"]),
    ("this is no sql", []),
]


@pytest.mark.parametrize(("sql", "expected"), [*ALTER_TABLE, *NAMES, *INDEXES, *DROPS, *ROWS, *OTHERS])
def test_a_statement_is_these_operations(sql: str, expected: Sequence[str]) -> None:
    assert [shown(operation) for operation in recorded(sql)] == expected


def test_what_the_migration_has_made_is_new() -> None:
    operations = recorded(
        """
        create table fresh (id bigint primary key, account_id bigint);
        create table other (id bigint references fresh);
        create index on fresh (account_id);
        alter table fresh add foreign key (account_id) references account;
        alter table fresh rename to renamed;
        alter table renamed alter account_id set not null;
        alter table account rename to customer;
        alter table customer add check (age > 0);
        create materialized view counted as select 1 as one;
        create unique index on counted (one);
        drop table renamed cascade;
        create index on orders (total);
        """
    )
    assert [shown(operation) for operation in operations] == [
        "create table: fresh, no lock",
        "create table: other, no lock",
        "create index: fresh.account_id index fresh_account_id_idx, no lock, on_new_table",
        "add foreign key: fresh.account_id constraint fresh_account_id_fkey, SHARE ROW EXCLUSIVE, on_new_table",
        "rename table: fresh, no lock, on_new_table, = renamed",
        "set not null: renamed.account_id, no lock, on_new_table",
        "rename table: account, ACCESS EXCLUSIVE, = customer",
        "add check: customer constraint customer_age_check, ACCESS EXCLUSIVE, scans",
        "create view: view counted, ACCESS SHARE, scans",
        "create index: counted.one index counted_one_idx, no lock, on_new_table",
        "drop table: renamed, no lock, on_new_table, cascade",
        "create index: orders.total index orders_total_idx, SHARE, scans",
    ]


def test_new_tables_go_from_script_to_script() -> None:
    schema, new = drafted(), set[Ref]()
    recorded("create table fresh (id int); create table gone (id int)", schema, new)
    assert {str(ref) for ref in new} == {"fresh", "gone"}
    (index,) = recorded("create index on fresh (id)", schema, new)
    assert index.on_new_table
    recorded("alter table fresh rename to named; drop table gone", schema, new)
    assert {str(ref) for ref in new} == {"named"}
    (index,) = recorded("create index on named (id)", schema, set())
    assert not index.on_new_table


def test_the_file_opens_and_closes_transactions() -> None:
    operations = tuple(
        record_sql(
            drafted(),
            "drop view seen; begin; drop policy mine on orders; savepoint s; rollback to s; drop index orders_placed;"
            "commit; drop trigger orders_touch on orders",
            in_transaction=False,
        )
    )
    assert [(o.kind.value, o.in_transaction) for o in operations] == [
        ("drop view", False),
        ("begin", False),
        ("drop policy", True),
        ("drop index", True),
        ("commit", True),
        ("drop trigger", False),
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "insert into account (email) values ('hunter2')",
        "update account set email = 'hunter2' where id = 1",
        "delete from account where email = E'\\'hunter2'",
        "create role r password 'hunter2'",
        "alter role r with password $$hunter2$$",
        "select set_config('app.jwt', 'hunter2', false)",
        "set app.jwt = 'hunter2'",
        "create user mapping for x server y options (password 'hunter2')",
        "alter database d set app.jwt to 'hunter2'",
        "create function f() returns text language sql as $$ select 'hunter2' $$",
        "do $$ begin insert into account (email) values ('hunter2'); end $$",
        "with x as (select 'hunter2') insert into account (email) select * from x",
    ],
)
def test_values_of_rows_and_secrets_stay_in_the_file(sql: str) -> None:
    operations = recorded(sql)
    assert operations
    assert "hunter2" not in repr(operations)


def test_places_and_words() -> None:
    sql = "-- first\nalter table account\n  add column a int, -- why\n  drop column age;\n"
    added, dropped = recorded(sql)
    assert (added.origin.line, dropped.origin.line) == (3, 4)
    assert sql.encode()[dropped.origin.start : dropped.origin.end] == b"drop column age"
    assert dropped.statement == "ALTER TABLE account drop column age"
