"""The row of whoever asks, kept by Flask's `g` or by Flask-Login."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Code, Verb
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

_MODELS = """
from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()

class User(UserMixin, db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    credits = db.Column(db.Integer)

class Key(db.Model):
    __tablename__ = "keys"
    id = db.Column(db.Integer, primary_key=True)
"""
_ACCESS = """
from flask import g, session
from models import Key, User, db

def load_user():
    {kept}
"""
_SPENDING = """
from flask import g
from flask_login import current_user
from models import Key, db

def spend(cost):
    {who}.credits = {who}.credits - cost
    db.session.add(Key())
    db.session.commit()
"""


def _code(folder: Path, kept: str, who: str) -> Code:
    files = {"models.py": _MODELS, "access.py": _ACCESS.format(kept=kept), "app.py": _SPENDING.format(who=who)}
    for path, text in files.items():
        (folder / path).write_text(text)
    project = open_project(folder)
    index = PythonIndex(project)
    (reading,) = read_code(index, read_project(project, index))
    assert reading.code is not None
    return reading.code


def _written(code: Code) -> list[tuple[str, list[str]]]:
    updates = [q for q in code.queries if q.verb is Verb.UPDATE and q.place.function == "app.py:spend"]
    return [(str(a.column), [str(ref) for ref in a.reads]) for query in updates for a in query.assignments]


@pytest.mark.parametrize(
    ("kept", "who"),
    [
        ("g.user = db.session.get(User, session['id']) if 'id' in session else None", "g.user"),
        ("g.user = User.query.filter_by(id=session['id']).first()", "g.user"),
        ("g.user = db.session.execute(db.select(User).where(User.id == 1)).scalar_one_or_none()", "g.user"),
        ("g.user = None\n    g.user = User.query.get(session['id'])", "g.user"),
        ("pass", "current_user"),
    ],
)
def test_the_one_who_asks_is_a_row(kept: str, who: str, tmp_path: Path) -> None:
    assert _written(_code(tmp_path, kept, who)) == [("users.credits", ["users.credits"])]


@pytest.mark.parametrize(
    "kept",
    [
        "g.user = User.query.filter_by(id=session['id']).all()",
        "g.user = session['user']",
        "g.user = User.query.get(1)\n    g.user = Key.query.get(1)",
        "g.user = find(User, 1)",
    ],
)
def test_what_is_no_one_row_of_one_model_is_nothing(kept: str, tmp_path: Path) -> None:
    assert _written(_code(tmp_path, kept, "g.user")) == []
