"""SQL that a program puts together under tests: what it may come to is read; what is not always there is optional."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.growing import steps_of

from dbarchitect.catalog.queries import Code
from dbarchitect.sources.opened import survey_path

SCHEMA = "create table orders (id integer primary key, owner integer, state text, day date, amount integer);\n"
SCHEMA += "create table foods (id integer primary key, brand text);\n"
HEAD = "import psycopg\nconn = psycopg.connect('x')\n\n\n"


def read(folder: Path, source: str) -> Code:
    (folder / "schema.sql").write_text(SCHEMA)
    (folder / "shop.py").write_text(HEAD + source)
    (survey,) = survey_path(folder)
    assert survey.code is not None
    return survey.code


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            (
                "    sql = 'SELECT * FROM orders WHERE owner = %s'\n    if state:\n        sql += ' AND state = %s'\n"
                "    if limit:\n        sql += f' AND amount > {limit}'\n    sql += ' ORDER BY day DESC'\n"
                "    return conn.execute(sql, [owner]).fetchall()"
            ),
            [("orders", ["owner", "state?", "amount?"], ["orders.day desc"])],
        ),
        (
            (
                "    where = 'owner = %s AND state = %s' if state else 'owner = %s'\n"
                "    return conn.execute(f'SELECT * FROM orders WHERE {where} ORDER BY day').fetchall()"
            ),
            [("orders", ["owner", "state?"], ["orders.day"])],
        ),
        (
            (
                "    conditions = ['owner = %s']\n    if state:\n        conditions.append('state = %s')\n"
                "    if limit:\n        conditions.append(f'amount > {limit}')\n"
                "    return conn.execute(f\"SELECT * FROM orders WHERE {' AND '.join(conditions)}\").fetchall()"
            ),
            [("orders", ["owner", "state?", "amount?"], [])],
        ),
        (
            (
                "    conditions = []\n    if state:\n        conditions.append('state = %s')\n"
                "    if limit:\n        conditions.append('amount > %s')\n"
                "    where = 'WHERE ' + ' AND '.join(conditions) if conditions else ''\n"
                "    return conn.execute(f'SELECT * FROM orders {where} ORDER BY day LIMIT 5').fetchall()"
            ),
            [("orders", ["state?", "amount?"], ["orders.day"])],
        ),
        (
            (
                "    way = 'DESC' if state else 'ASC'\n"
                "    return conn.execute(f'SELECT * FROM orders WHERE owner = %s ORDER BY day {way}').fetchall()"
            ),
            [("orders", ["owner"], ["orders.day desc?", "orders.day?"])],
        ),
        (
            (
                "    if state:\n        sql = 'SELECT * FROM orders WHERE owner = %s'\n"
                "    else:\n        sql = 'SELECT * FROM foods WHERE brand = %s'\n"
                "    return conn.execute(sql).fetchall()"
            ),
            [("foods", ["brand"], []), ("orders", ["owner"], [])],
        ),
        (
            (
                "    sql = 'SELECT * FROM orders WHERE owner = %s'\n"
                "    for key in state:\n        sql += f' AND {key} = 1'\n"
                "    return conn.execute(sql).fetchall()"
            ),
            [("orders", ["owner"], [])],
        ),
    ],
)
def test_what_a_text_may_come_to(tmp_path: Path, body: str, expected: list[object]) -> None:
    code = read(tmp_path, f"def find(owner, state=None, limit=None):\n{body}\n")
    assert sorted(steps_of(code), key=str) == expected


def test_conditions_of_a_class_that_makes_them(tmp_path: Path) -> None:
    source = (
        "class Filters:\n    def __init__(self, owner):\n        self.owner = owner\n\n"
        "    def where(self, others):\n        listed = list(others)\n        if self.owner:\n"
        "            listed.append('owner = :owner')\n        if listed:\n"
        "            return 'WHERE ' + ' AND '.join(listed)\n        return ''\n\n\n"
        "def find(filters: Filters):\n    clause = filters.where(['state = 1'])\n"
        "    return conn.execute(f'SELECT * FROM orders {clause} ORDER BY day').fetchall()\n"
    )
    assert steps_of(read(tmp_path, source)) == [("orders", ["state?", "owner?"], ["orders.day"])]


def test_a_name_of_two_is_no_piece_of_sql(tmp_path: Path) -> None:
    source = (
        "def find(state):\n    column = 'day' if state else 'day_of_week'\n"
        "    return conn.execute(f'SELECT * FROM orders WHERE {column} = %s').fetchall()\n"
    )
    (query,) = read(tmp_path, source).queries
    assert query.predicates == ()
    assert "where" in query.dynamic
