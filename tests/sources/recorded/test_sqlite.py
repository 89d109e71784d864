"""Statements of SQLite and the operations that they are, judged by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dbarchitect.catalog.engine import SQLITE
from dbarchitect.catalog.migrations import Operation
from dbarchitect.sources.sqlfiles.recorder import record_sql
from dbarchitect.sources.sqlfiles.schema import Schema

SETUP = """
create table account (id integer primary key, email text, age integer);
create table orders (id integer primary key, account_id integer references account (id), total numeric);
create index orders_total on orders (total);
create view seen as select id from orders;
create trigger touched after insert on orders begin update orders set total = 1; end;
"""


def recorded(sql: str) -> tuple[Operation, ...]:
    schema = Schema("main")
    list(record_sql(schema, SETUP, engine=SQLITE))
    return tuple(record_sql(schema, sql, engine=SQLITE))


def shown(operation: Operation) -> str:
    cost = operation.cost
    words = [f"{operation.kind.value}: {operation.object}", "?" if cost is None else cost.lock or "no lock"]
    if cost is not None and cost.rewrites:
        words.append("rewrites")
    elif cost is not None and cost.scans:
        words.append("scans")
    words += [flag for flag in ("on_new_table", "conditional", "required", "filtered") if getattr(operation, flag)]
    if operation.value is not None:
        words.append(f"= {operation.value}")
    return ", ".join(words)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create table fresh (id integer)", ["create table: fresh, no lock"]),
        ("create table if not exists orders (id integer)", []),
        ("alter table account add column x text", ["add column: account.x, EXCLUSIVE"]),
        ("alter table account add x integer not null default 0", ["add column: account.x, EXCLUSIVE"]),
        (
            "alter table account add column x integer references orders (id)",
            ["add column: account.x, EXCLUSIVE", "add foreign key: account.x, EXCLUSIVE"],
        ),
        ("alter table account drop column age", ["drop column: account.age, EXCLUSIVE, rewrites"]),
        ("alter table account rename to customer", ["rename table: account, EXCLUSIVE, = customer"]),
        ("alter table account rename column age to years", ["rename column: account.age, EXCLUSIVE, = years"]),
        ("create index i on orders (account_id)", ["create index: orders.account_id index i, EXCLUSIVE, scans"]),
        ("create index if not exists orders_total on orders (total)", []),
        ("drop index orders_total", ["drop index: orders.total index orders_total, EXCLUSIVE"]),
        ("drop index if exists nothing", []),
        ("drop table if exists ORDERS", ["drop table: orders, EXCLUSIVE, conditional"]),
        ("drop view seen", ["drop view: view seen, EXCLUSIVE"]),
        ("drop trigger touched", ["drop trigger: orders trigger touched, EXCLUSIVE"]),
        ("insert or ignore into orders (id) values (1); insert into orders values (2)", ["insert: orders, EXCLUSIVE"]),
        ("update orders set total = 'where'", ["update: orders, EXCLUSIVE, rewrites"]),
        ("update orders set total = 1 where id = 2", ["update: orders, EXCLUSIVE, filtered"]),
        ("delete from orders", ["delete: orders, EXCLUSIVE, scans"]),
        ("pragma foreign_keys = off", ["set: setting foreign_keys, no lock, = off"]),
        ("vacuum", ["vacuum full: database, EXCLUSIVE, rewrites"]),
        (
            """
            create table new_orders (id integer primary key, total numeric);
            insert into new_orders select id, total from orders; drop table orders;
            alter table new_orders rename to orders; create index orders_total on orders (total)
            """,
            [
                "create table: new_orders, no lock",
                "insert: new_orders, no lock, on_new_table",
                "drop table: orders, EXCLUSIVE",
                "rename table: new_orders, no lock, on_new_table, = orders",
                "create index: orders.total index orders_total, no lock, on_new_table",
            ],
        ),
    ],
)
def test_a_statement_is_these_operations(sql: str, expected: Sequence[str]) -> None:
    assert [shown(operation) for operation in recorded(sql)] == expected


def test_values_of_rows_stay_in_the_file() -> None:
    operations = recorded("insert into account (email) values ('hunter2'); update account set email = 'hunter2'")
    assert len(operations) == 2
    assert "hunter2" not in repr(operations)


def test_transactions_of_the_file_count() -> None:
    operations = recorded("drop view seen; commit; drop index orders_total; begin; drop table orders; end")
    assert [operation.in_transaction for operation in operations] == [True, True, False, False, True, True]
