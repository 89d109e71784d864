"""The locks that statements take on a real server are those that their operations tell."""

from __future__ import annotations

import pytest

from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql.connect import connect
from dbarchitect.shadow import Shadow
from dbarchitect.sources.sqlfiles.recorder import record_sql
from dbarchitect.sources.sqlfiles.schema import Schema

SETUP = """
create table account (id bigint primary key, email varchar(50), age integer);
create table orders (id bigserial primary key, account_id bigint references account, total numeric(10, 2) not null);
alter table orders add constraint positive check (id > 0) not valid;
create index orders_total on orders (total);
create unique index account_email on account (email);
create table events (id bigint, at timestamptz) partition by range (at);
create table events_old (id bigint, at timestamptz);
create table events_new partition of events for values from ('2022-01-01') to ('2023-01-01');
create materialized view stored as select id from orders;
create unique index stored_id on stored (id);
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger orders_touch before update on orders for each row execute function touch();
"""

STRENGTH = (
    *("AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock"),
    *("ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"),
)

STATEMENTS = [
    "alter table account add column x int not null default 0",
    "alter table account add column x bigint references orders",
    "alter table account alter age set not null",
    "alter table account alter age set default 3",
    "alter table account alter age set statistics 100",
    "alter table account add constraint grown check (age > 17) not valid",
    "alter table orders add constraint f foreign key (id) references account not valid",
    "alter table orders validate constraint positive",
    "alter table account add unique using index account_email",
    "alter table orders drop constraint orders_account_id_fkey",
    "alter table orders disable trigger all",
    "alter table orders enable trigger orders_touch",
    "alter table orders cluster on orders_total",
    "alter table orders replica identity full",
    "alter table orders set (fillfactor = 70)",
    "alter table orders owner to current_user",
    "alter table orders rename to bought",
    "alter table account rename column age to years",
    "alter table orders rename constraint positive to above_zero",
    "alter table orders set schema attic",
    "alter trigger orders_touch on orders rename to touched",
    "alter table events attach partition events_old for values from ('2020-01-01') to ('2021-01-01')",
    "alter table events detach partition events_new",
    "create index on orders (account_id)",
    "drop index orders_total",
    "drop trigger orders_touch on orders",
    "drop table events_old",
    "drop materialized view stored",
    "truncate orders",
    "update orders set total = 1",
    "delete from orders where id = 1",
    "insert into orders (total) values (1)",
    "lock orders in share mode",
    "lock orders",
    "reindex table orders",
    "cluster orders using orders_total",
    "analyze orders",
    "refresh materialized view stored",
    "refresh materialized view concurrently stored",
    "comment on table orders is 'bought'",
    "create trigger tr after insert on orders for each row execute function touch()",
    "create policy p on orders using (true)",
    "set lock_timeout = '1s'",
]


def observed(url: str, statement: str) -> str | None:
    """The strongest lock that the statement took on a table or view there was before; undone afterwards."""
    with connect(url, ReadOptions()) as connection:
        relations = connection.execute(
            "select oid from pg_class where relkind in ('r', 'm', 'p') and relnamespace = 'public'::regnamespace"
        ).fetchall()
        connection.execute("begin")
        connection.execute(statement.encode())
        locks = connection.execute(
            "select mode from pg_locks where pid = pg_backend_pid() and relation = any (%s)",
            [[oid for (oid,) in relations]],
        ).fetchall()
        connection.execute("rollback")
    modes = sorted({mode for (mode,) in locks}, key=STRENGTH.index)
    return modes[-1] if modes else None


def test_the_recorded_lock_is_the_one_that_is_taken(postgresql: Shadow) -> None:
    url = postgresql.database()
    try:
        with connect(url, ReadOptions()) as connection:
            connection.execute((SETUP + "create schema attic;").encode())
        wrong = []
        for statement in STATEMENTS:
            schema = Schema()
            list(record_sql(schema, SETUP))
            taken = [o.cost.lock for o in record_sql(schema, statement) if o.cost is not None]
            spelled = {None if mode is None else mode.title().replace(" ", "") + "Lock" for mode in taken}
            strongest = max((mode for mode in spelled if mode is not None), key=STRENGTH.index, default=None)
            real = observed(url, statement)
            if strongest != real:
                wrong.append(f"{statement}: recorded {strongest}, taken {real}")
        assert not wrong, "\n".join(wrong)
    finally:
        postgresql.drop(url)


@pytest.mark.parametrize(
    ("statement", "lock"),
    [
        ("create index concurrently on orders (account_id)", "SHARE UPDATE EXCLUSIVE"),
        ("drop index concurrently orders_total", "SHARE UPDATE EXCLUSIVE"),
        ("reindex table concurrently orders", "SHARE UPDATE EXCLUSIVE"),
        ("vacuum full orders", "ACCESS EXCLUSIVE"),
    ],
)
def test_what_cannot_be_undone_is_at_least_accepted(postgresql: Shadow, statement: str, lock: str) -> None:
    url = postgresql.database()
    try:
        with connect(url, ReadOptions()) as connection:
            connection.execute(SETUP.encode())
            connection.execute(statement.encode())
        schema = Schema()
        list(record_sql(schema, SETUP))
        (operation,) = record_sql(schema, statement, in_transaction=False)
        assert operation.cost is not None
        assert operation.cost.lock == lock
    finally:
        postgresql.drop(url)
