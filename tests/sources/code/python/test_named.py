"""Queries of SQL files that a program calls by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Code, Fetch
from dbarchitect.sources.opened import survey_path

SCHEMA = "create table orders (id integer primary key, owner integer, state text);\n"
SCHEMA += "create table lines (id integer primary key, order_id integer, text text);\n"
ORDERS = """-- orders of people

-- name: of-owner
-- all that somebody ordered
select id, state from orders where owner = :owner order by id;

-- name: one^
select state from orders where id = :id;

-- name: add<!
insert into orders (owner, state) values (:owner, 'open') returning id;

-- name: close!
update orders set state = 'closed' where id = :id;

-- name: newest(owner)^
select id from orders where owner = :owner order by id desc limit 1;

-- :name latest :one
select id from orders where state = :state order by id desc limit 1;
"""
LINES = "-- name: one^\nselect text from lines where id = :id;\n"
HEAD = "import aiosql\nfrom pathlib import Path\n\n"
HEAD += "queries = aiosql.from_path(Path(__file__).parent / 'sql', 'sqlite3')\n\n\n"


def _code(folder: Path, source: str, head: str = HEAD) -> Code:
    (folder / "schema.sql").write_text(SCHEMA)
    (folder / "shop" / "sql").mkdir(parents=True)
    (folder / "shop" / "sql" / "orders.sql").write_text(ORDERS)
    (folder / "shop" / "sql" / "lines.sql").write_text(LINES)
    (folder / "shop" / "asking.py").write_text(head + source)
    (survey,) = survey_path(folder)
    assert survey.code is not None
    return survey.code


@pytest.mark.parametrize(
    ("call", "table", "columns", "fetch"),
    [
        ("queries.orders.of_owner(conn, owner=key)", "orders", ["owner"], Fetch.ALL),
        ("queries.of_owner(conn, owner=key)", "orders", ["owner"], Fetch.ALL),
        ("queries.orders.one(conn, id=key)", "orders", ["id"], Fetch.FIRST),
        ("queries.lines.one(conn, id=key)", "lines", ["id"], Fetch.FIRST),
        ("queries.orders.close(conn, id=key)", "orders", ["id"], Fetch.NONE),
        ("queries.orders.add(conn, owner=key)", "orders", [], Fetch.FIRST),
        ("queries.orders.newest(conn, owner=key)", "orders", ["owner"], Fetch.FIRST),
        ("queries.orders.latest(state=key)", "orders", ["state"], Fetch.FIRST),
    ],
)
def test_a_query_is_called_by_its_name(tmp_path: Path, call: str, table: str, columns: list[str], fetch: Fetch) -> None:
    """Hyphens are underscores; the name of a file stands before, where two have one of that name."""
    (query,) = _code(tmp_path, f"def ask(conn, key):\n    return {call}\n").queries
    assert (str(query.table), [p.column.columns[-1] for p in query.predicates]) == (table, columns)
    assert (query.fetch, query.place.function, query.interpolated) == (fetch, "shop/asking.py:ask", ())


def test_a_text_of_the_program(tmp_path: Path) -> None:
    """`from_str`."""
    head = f'import aiosql\nqueries = aiosql.from_str("""{LINES}""", "sqlite3")\n\n\n'
    (query,) = _code(tmp_path, "def ask(conn, key):\n    return queries.one(conn, id=key)\n", head).queries
    assert str(query.table) == "lines"


@pytest.mark.parametrize(
    ("head", "call"),
    [
        (HEAD, "queries.unknown(conn)"),
        ("from elsewhere import queries\n\n\n", "queries.one(conn, id=key)"),
    ],
)
def test_nothing_is_guessed(tmp_path: Path, head: str, call: str) -> None:
    """A name that no file has, and queries of which nobody knows what they are."""
    more = "\n\ndef clear(conn):\n    conn.execute('delete from lines')\n"
    code = _code(tmp_path, f"def ask(conn, key):\n    return {call}\n{more}", head)
    assert [query.place.function for query in code.queries] == ["shop/asking.py:clear"]
