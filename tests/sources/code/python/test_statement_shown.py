"""What is shown of a statement that is written elsewhere than it is run."""

from __future__ import annotations

from pathlib import Path

from dbarchitect import api

CODE = """import sqlite3

db = sqlite3.connect("tags.db")


def one(key):
    query = \"\"\"
        SELECT name
        FROM tags
        WHERE id = ?
    \"\"\"
    return db.execute(query, (key,)).fetchone()


def other(key):
    return db.execute("SELECT name FROM tags WHERE id = ?", (key,)).fetchone()
"""


def test_the_statement_stands_before_the_call(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("CREATE TABLE tags (id integer PRIMARY KEY, name text);")
    (tmp_path / "store.py").write_text(CODE)
    (found,) = api.survey([str(tmp_path)])
    assert found.code is not None
    assert [query.text for query in found.code.queries] == [
        "SELECT name FROM tags WHERE id = ? … db.execute(query, (key,))",
        'db.execute("SELECT name FROM tags WHERE id = ?", (key,))',
    ]
