"""What PostgreSQL makes of an expression is, canonically, what was written."""

from __future__ import annotations

import psycopg
import pytest

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.types import parse_type
from dbarchitect.shadow import Shadow

pytestmark = pytest.mark.server

TABLE = """
create type mood as enum ('sad', 'ok', 'Very happy');
create table t (
    id integer, qty integer, big bigint, price numeric(10, 2), ratio double precision, factor real,
    name varchar(120), email text, code char(3), status varchar(20), feeling mood,
    active boolean, start_at timestamptz, end_at timestamptz, local_at timestamp, day date, clock time,
    deleted_at timestamptz, data jsonb, tags text[], labels varchar(20)[], key uuid, body bytea,
    "CamelCase" integer, "select" text, span tstzrange, gap interval
)
"""
CONDITIONS = [
    "status in ('draft', 'sent', 'paid')",
    "status not in ('draft', 'sent')",
    "status = 'draft' or status = 'sent'",
    "status in ('one')",
    "status = any (array['a', 'b'])",
    "status = any ('{a,b}'::text[])",
    "email in ('a', 'b')",
    "code in ('EUR', 'USD')",
    "code = 'EUR'",
    "feeling in ('sad', 'ok')",
    "feeling <> 'sad'",
    "qty in (3, 2, 1)",
    "qty between 1 and 5",
    "qty not between 1 and 5",
    "price between 0 and 99.99",
    "price >= 0",
    "0 <= price",
    "price > 0.5",
    "qty > 0.5",
    "ratio between 0 and 1",
    "ratio >= 0 and ratio <= 1.0",
    "factor > 1.5",
    "big < 9000000000",
    "qty != 3",
    "qty >= -1",
    "qty * 2 > big",
    "qty + 1 < big - 1",
    "qty / 2.0 > 1",
    "end_at > start_at",
    "start_at < end_at and qty > 0",
    "end_at is null or end_at >= start_at",
    "deleted_at is null",
    "not deleted_at is null",
    "active",
    "not active",
    "active = true",
    "active = false",
    "active is true",
    "active is not true",
    "active and deleted_at is null and status = 'x'",
    "active or (qty > 1 and price < 5)",
    "(active or qty > 1) and price < 5",
    "not (active and qty > 1)",
    "not (status in ('a', 'b') or qty > 1)",
    "lower(email) = email",
    "lower(name) = name",
    "name <> ''",
    "trim(name) <> ''",
    "btrim(name) <> ''",
    "length(trim(name)) > 0",
    "char_length(name) <= 50",
    "octet_length(body) <= 1000",
    "name like 'a%'",
    "name not like '%\\_%'",
    "email ilike '%@%'",
    "email ~ '^[^@]+@[^@]+$'",
    "email ~* '^a'",
    "email !~ 'x'",
    "position('@' in email) > 1",
    "substring(code from 1 for 1) = 'E'",
    "data ->> 'kind' = 'x'",
    "(data -> 'a' ->> 'b')::int > 3",
    "jsonb_typeof(data) = 'array'",
    "data ? 'kind'",
    "data @> '{\"a\": 1}'",
    "cardinality(tags) <= 5",
    "array_length(labels, 1) < 3",
    "tags <> '{}'",
    "tags @> array['a']",
    "'a' = any (tags)",
    "num_nonnulls(id, qty) = 1",
    "(id is not null)::int + (qty is not null)::int = 1",
    "coalesce(name, '') <> ''",
    "coalesce(qty, 0) + coalesce(big, 0) > 0",
    "qty is distinct from big",
    "case when active then qty > 0 else true end",
    "case status when 'a' then qty = 1 when 'b' then qty = 2 end",
    "day > '2020-01-01'",
    "day between '2020-01-01' and '2030-01-01'",
    "start_at > end_at",
    "extract(year from day) > 2000",
    "date_trunc('day', local_at) = local_at",
    "gap > interval '1 day'",
    "end_at - start_at < interval '3 days'",
    "clock < '12:00:00'",
    "qty / 2.0 > qty / 2",
    "qty / 2::numeric > 1",
    "qty::numeric / big > 1",
    '"CamelCase" > 0',
    "CODE = 'EUR' and \"code\" = code",
    "\"select\" = 'x'",
    "name || '-' || code <> email",
    "name collate \"C\" > 'a'",
    "(qty > 1) = active",
    "upper(left(name, 1)) = 'A'",
    "mod(qty, 2) = 0",
    "qty % 2 = 0",
    "greatest(qty, 3) = 3",
    "nullif(name, '') is not null",
    "key is null",
    "name = 'it''s \"quoted\"'",
    "name = 'two  spaces'",
    "abs(price) = price",
    "round(price, 2) = price",
    "status similar to 'a|b'",
    "(start_at, end_at) overlaps (start_at, end_at)",
    "starts_with(name, 'a')",
]
DEFAULTS = [
    ("qty", "0"),
    ("qty", "-1"),
    ("qty", "'7'"),
    ("big", "0"),
    ("price", "0"),
    ("price", "0.00"),
    ("price", "19.99"),
    ("ratio", "0"),
    ("ratio", "1.5"),
    ("name", "'draft'"),
    ("name", "''"),
    ("name", "'it''s'"),
    ("email", "'x'"),
    ("feeling", "'Very happy'"),
    ("active", "true"),
    ("active", "FALSE"),
    ("active", "'t'"),
    ("start_at", "now()"),
    ("start_at", "CURRENT_TIMESTAMP"),
    ("local_at", "now()"),
    ("local_at", "CURRENT_TIMESTAMP"),
    ("local_at", "timezone('utc', now())"),
    ("local_at", "now() at time zone 'utc'"),
    ("day", "current_date"),
    ("end_at", "now() + interval '7 days'"),
    ("data", "'{}'"),
    ("data", "'[]'::jsonb"),
    ("tags", "'{}'"),
    ("tags", "array[]::text[]"),
    ("labels", "array['a', 'b']"),
    ("key", "gen_random_uuid()"),
    ("qty", "nextval('s')"),
    ("qty", "(1 + 2) * 3"),
    ("name", "upper('x')"),
    ("email", "md5(random()::text)"),
    ("name", "current_user"),
]


@pytest.fixture(scope="module")
def connection(postgresql: Shadow):
    with psycopg.connect(postgresql.database(), autocommit=True) as opened:
        opened.execute(TABLE)
        opened.execute("create sequence s")
        yield opened


def _answer(connection: psycopg.Connection, query: str) -> str:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("written", CONDITIONS)
def test_conditions_come_back_equal(connection: psycopg.Connection, written: str) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(f"alter table t add constraint c check ({written})")
        connection.execute(f"create index i on t (id) where {written}")
        of_check = _answer(
            connection,
            "select pg_catalog.pg_get_expr(conbin, conrelid) from pg_catalog.pg_constraint where conname = 'c'",
        )
        definition = _answer(
            connection, "select pg_catalog.pg_get_constraintdef(oid) from pg_catalog.pg_constraint where conname = 'c'"
        )
        of_index = _answer(
            connection,
            "select pg_catalog.pg_get_expr(indpred, indrelid) from pg_catalog.pg_index where indpred is not null",
        )
    expected = expression(written).canonical
    assert expression(of_check).canonical == expected, of_check
    assert expression(definition.removeprefix("CHECK ")).canonical == expected, definition
    assert expression(of_index).canonical == expected, of_index


@pytest.mark.parametrize(("column", "written"), DEFAULTS)
def test_defaults_come_back_equal(connection: psycopg.Connection, column: str, written: str) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute(f"alter table t alter column {column} set default {written}")
        printed = _answer(connection, "select pg_catalog.pg_get_expr(adbin, adrelid) from pg_catalog.pg_attrdef")
        type_ = parse_type(
            _answer(
                connection,
                "select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute"
                f" where attrelid = 't'::regclass and attname = '{column}'",
            )
        )
    assert expression(printed, type_).canonical == expression(written, type_).canonical, printed


def test_no_two_of_them_are_taken_as_one() -> None:
    same = {  # written differently on purpose, to mean the same as another
        "0 <= price",
        "ratio >= 0 and ratio <= 1.0",
        "status = any ('{a,b}'::text[])",
        "start_at < end_at",
        "active = true",
        "active = false",
        "btrim(name) <> ''",
        "qty / 2::numeric > 1",
        "deleted_at is not null",
    }
    written = [text for text in CONDITIONS if text not in same]
    seen: dict[str, str] = {}
    for text in written:
        assert seen.setdefault(expression(text).canonical, text) == text
