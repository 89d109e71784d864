"""What is seen to clear the rows that refer to one before it is deleted."""

from __future__ import annotations

from pathlib import Path

from dbarchitect import api
from dbarchitect.catalog.refs import Ref
from dbarchitect.rules._code.joined import cleared_before, deletions_of

SCHEMA = """CREATE TABLE plans (id integer PRIMARY KEY);
CREATE TABLE links (id integer PRIMARY KEY, plan_id integer NOT NULL REFERENCES plans (id));
CREATE TABLE notes (id integer PRIMARY KEY, plan_id integer NOT NULL REFERENCES plans (id));
"""
CODE = """import sqlite3

db = sqlite3.connect("plans.db")


def delete_links(key):
    db.execute("DELETE FROM links WHERE plan_id = ?", (key,))


def delete_notes(key):
    db.execute("DELETE FROM notes WHERE plan_id = ?", (key,))


def delete_row(key):
    db.execute("DELETE FROM plans WHERE id = ?", (key,))


def delete_plan(key):
    delete_links(key)
    delete_row(key)
    delete_notes(key)
    db.commit()
"""


def test_what_the_caller_calls_before_counts(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "store.py").write_text(CODE)
    (found,) = api.survey([str(tmp_path)])
    assert found.code is not None
    (deletion,) = deletions_of(found.code, Ref.of_table("plans"))
    before = cleared_before(found.code, deletion, Ref.of_table("links").column("plan_id"))
    assert before is not None
    assert before.place.function == "store.py:delete_links"
    assert cleared_before(found.code, deletion, Ref.of_table("notes").column("plan_id")) is None
