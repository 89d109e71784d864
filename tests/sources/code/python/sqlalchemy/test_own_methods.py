"""Modules that ask by nothing but methods that all models inherit."""

from __future__ import annotations

from pathlib import Path

from support.sqlshop import told

from dbarchitect.catalog.queries import Verb
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

_MODELS = """
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base
from db import session
Base = declarative_base()

class Active:
    @classmethod
    def get_by(cls, **values):
        return session.query(cls).filter_by(**values).first()

    @classmethod
    def create(cls, **values):
        made = cls(**values)
        session.add(made)
        return made

class User(Base, Active):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String(100))
"""
_CODE = """
from models import User

def greet(email):
    return User.get_by(email=email).id

def invite(email):
    return User.create(email=email).id
"""


def test_what_they_are_called_with_is_asked(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text("from sqlalchemy.orm import scoped_session\nsession = scoped_session(make)\n")
    (tmp_path / "models.py").write_text(_MODELS)
    (tmp_path / "service.py").write_text(_CODE)
    project = open_project(tmp_path)
    (reading,) = read_code(PythonIndex(project), read_project(project))
    assert reading.code is not None
    asked = [query for query in reading.code.queries if query.predicates or query.assignments]
    assert {told(p) for query in asked for p in query.predicates} == {"users.email = parameter"}
    assert [str(a.column) for query in asked for a in query.assignments if query.verb is Verb.INSERT] == ["users.email"]
    calls = {(call.caller.function, call.callee) for call in reading.code.calls}
    assert calls == {
        ("service.py:greet", "models.py:Active.get_by"),
        ("service.py:invite", "models.py:Active.create"),
    }
