"""SQL that one function says and another one runs: it is told of where it is said."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.queries import Code
from dbarchitect.sources.opened import survey_path

SCHEMA = "create table customers (id integer primary key, nick text, state text);\n"
DRIVER = """
import asyncpg

_pool = None


async def get_pool():
    global _pool
    _pool = _pool or await asyncpg.create_pool("")
    return _pool


async def fetchrow(query, *args):
    pool = await get_pool()
    async with pool.acquire() as conn:
        return await conn.fetchrow(query, *args)


async def execute(query, *args):
    async with (await get_pool()).acquire() as conn:
        return await _run(conn, query, args)


async def _run(conn, query, args):
    try:
        async with conn.transaction():
            return await conn.execute(query, *args)
    except asyncpg.PostgresError:
        raise


async def ready():
    return await execute("select 1 from customers")
"""
SHOP = """
from driver import execute, fetchrow


async def by_nick(nick):
    return await fetchrow("select id from customers where nick = $1", nick)


async def also_by_nick(nick):
    return await fetchrow("select id from customers where nick = $1", nick)


async def add(names):
    for name in names:
        await execute("insert into customers (nick, state) values ($1, 'new')", name)


async def shut(nick):
    sql = "update customers set state = null where nick = $1"
    await execute(sql, nick)
"""


def read(tmp_path: Path) -> Code:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "driver.py").write_text(DRIVER)
    (tmp_path / "shop.py").write_text(SHOP)
    code = survey_path(tmp_path)[0].code
    assert code is not None
    return code


def test_each_text_is_a_query_of_the_function_that_says_it(tmp_path: Path) -> None:
    told = {(q.place.function, q.origin.path, q.origin.line) for q in read(tmp_path).queries}
    assert told == {
        ("shop.py:by_nick", "shop.py", 6),
        ("shop.py:also_by_nick", "shop.py", 10),
        ("shop.py:add", "shop.py", 15),
        ("shop.py:shut", "shop.py", 20),
        ("driver.py:ready", "driver.py", 33),
    }


def test_what_stands_around_the_run_is_kept(tmp_path: Path) -> None:
    queries = {q.place.function: q for q in read(tmp_path).queries}
    added = queries["shop.py:add"]
    assert [loop.over for loop in added.place.loops] == ["names"]
    assert added.place.transaction is not None, "opened by the function that runs it"
    assert added.place.handlers, "of the function that runs it"
    assert queries["shop.py:by_nick"].place.transaction is None
    assert "execute(sql, nick)" in queries["shop.py:shut"].text
