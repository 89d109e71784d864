"""Statements of modules outside functions and classes: what a script asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Code, FunctionKind
from dbarchitect.sources.opened import survey_path

SCHEMA = "create table orders (id integer primary key, owner integer, state text);\n"
SCHEMA += "create table lines (id integer primary key, order_id integer);\n"


def _code(folder: Path, source: str) -> Code:
    (folder / "schema.sql").write_text(SCHEMA)
    (folder / "job.py").write_text("import sqlite3\nconn = sqlite3.connect('x')\n" + source)
    (survey,) = survey_path(folder)
    assert survey.code is not None
    return survey.code


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("conn.execute('delete from orders where state = ?', ('void',))\n", [(3, "orders", 0)]),
        (
            (
                "for (key,) in conn.execute('select id from orders'):\n"
                "    conn.execute('select id from lines where order_id = ?', (key,))\n"
            ),
            [(3, "orders", 0), (4, "lines", 1)],
        ),
        (
            (
                "def one(key):\n    return key\n\n\nif __name__ == '__main__':\n    cursor = conn.cursor()\n"
                "    cursor.execute('select owner from orders where id = ?', (one(3),))\n"
            ),
            [(9, "orders", 0)],
        ),
        (
            "with conn:\n    cursor = conn.cursor()\n    cursor.execute('select 1 from lines')\n",
            [(5, "lines", 0)],
        ),
        (
            (
                "try:\n    conn.execute('update orders set state = 1')\nexcept ValueError:\n"
                "    conn.execute('update lines set order_id = 1')\n"
            ),
            [(4, "orders", 0), (6, "lines", 0)],
        ),
    ],
)
def test_what_a_script_asks(tmp_path: Path, source: str, wanted: list[tuple[int, str, int]]) -> None:
    """Told of the module, with the loops around it."""
    code = _code(tmp_path, source)
    found = sorted((q.origin.line or 0, str(q.table), len(q.place.loops)) for q in code.queries)
    assert found == wanted
    assert {query.place.function for query in code.queries} == {"job.py:<module>"}
    assert code.functions["job.py:<module>"].kind is FunctionKind.MODULE


def test_a_function_that_a_script_calls_is_called_by_it(tmp_path: Path) -> None:
    """What the function asks is told of the function, as anywhere."""
    code = _code(
        tmp_path,
        "def clear():\n    conn.execute('delete from orders')\n\n\nconn.execute('select 1 from lines')\nclear()\n",
    )
    found = sorted((q.place.function, str(q.table)) for q in code.queries)
    assert found == [("job.py:<module>", "lines"), ("job.py:clear", "orders")]


@pytest.mark.parametrize(
    "source",
    [
        "ORDERS = 'select id from orders'\nLINES: str = (\n    'select id from lines'\n)\n",
        '"""\nselect id from orders\nconn.execute(nothing)\n"""\n',
    ],
)
def test_texts_that_are_kept_are_asked_by_nobody(tmp_path: Path, source: str) -> None:
    """They are read where a function uses them."""
    code = _code(tmp_path, f"{source}\n\ndef clear():\n    conn.execute('delete from orders')\n")
    assert [query.place.function for query in code.queries] == ["job.py:clear"]


def test_a_text_of_the_module_is_asked_once_by_the_function_that_uses_it(tmp_path: Path) -> None:
    """A module that keeps texts and rows."""
    source = "ORDERS = 'select id from orders'\n\n\ndef all_of_them():\n    return conn.execute(ORDERS).fetchall()\n"
    assert [query.place.function for query in _code(tmp_path, source).queries] == ["job.py:all_of_them"]
