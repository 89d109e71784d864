"""What is demanded elsewhere than in a statement's own WHERE: in a query used as a table, by an option, by a method."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.sqlshop import told

from dbarchitect.catalog.queries import Bound, QueryFact
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

_MODELS = """
from sqlalchemy import Column, DateTime, ForeignKey, Integer, String
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import declarative_base
Base = declarative_base()

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String(100))
    balance = Column(Integer)

    @hybrid_method
    def is_richer_than(self, amount):
        return self.balance > amount

    @hybrid_method
    def is_of(self, domain):
        return self.email.endswith(domain)

    @is_of.expression
    def is_of(cls, domain):
        return cls.email == domain

class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(Integer, ForeignKey("users.id"))
    status = Column(String(20))
    title = Column(String(20))
"""
_CODE = """
from sqlalchemy import func, select
from sqlalchemy.orm import Session, with_loader_criteria
from models import Base, Post, User

def ask(session: Session, a):
"""


def _only(folder: Path, *lines: str) -> QueryFact:
    (folder / "models.py").write_text(_MODELS)
    (folder / "app.py").write_text(_CODE + "".join(f"    {line}\n" for line in lines))
    project = open_project(folder)
    (reading,) = read_code(PythonIndex(project), read_project(project))
    assert reading.code is not None
    (query,) = reading.code.queries
    return query


@pytest.mark.parametrize(
    ("selected", "where", "expected"),
    [
        ("select(c)", "", {"posts.status = 'open'"}),
        ("select(c.c.title)", ".where(c.c.title == a)", {"posts.status = 'open'", "posts.title = parameter"}),
        ("select(func.count(c.c.id))", "", {"posts.status = 'open'"}),
        ("select(User, c.c.title)", ".join(c, c.c.author_id == User.id)", {"posts.status = 'open'"}),
    ],
)
@pytest.mark.parametrize("kind", ["subquery", "cte"])
def test_a_query_used_as_a_table(tmp_path: Path, kind: str, selected: str, where: str, expected: set[str]) -> None:
    inner = f"c = select(Post.id, Post.title, Post.author_id).where(Post.status == 'open').{kind}()"
    query = _only(tmp_path, inner, f"return session.execute({selected}{where}).all()")
    assert {told(p) for p in query.predicates} == expected


def test_the_limit_of_a_query_used_as_a_table(tmp_path: Path) -> None:
    query = _only(tmp_path, "c = select(Post.id).limit(5).subquery()", "return session.execute(select(c)).all()")
    assert query.limit == Bound(5)


def test_what_an_option_demands(tmp_path: Path) -> None:
    statement = "select(Post).options(with_loader_criteria(Post, Post.status == 'open'))"
    query = _only(tmp_path, f"return session.scalars({statement}).all()")
    assert ({told(p) for p in query.predicates}, query.dynamic) == ({"posts.status = 'open'"}, ())


def test_what_an_option_demands_of_all_entities_is_unknown(tmp_path: Path) -> None:
    statement = "select(Post).options(with_loader_criteria(Base, lambda cls: cls.status == 'open'))"
    query = _only(tmp_path, f"return session.scalars({statement}).all()")
    assert (query.predicates, query.dynamic) == ((), ("where",))


@pytest.mark.parametrize(
    ("call", "expected"),
    [("is_richer_than(5)", "users.balance range '5'"), ("is_of('x.org')", "users.email = 'x.org'")],
)
def test_a_hybrid_method(tmp_path: Path, call: str, expected: str) -> None:
    query = _only(tmp_path, f"return session.scalars(select(User).where(User.{call})).all()")
    assert ({told(p) for p in query.predicates}, query.dynamic) == ({expected}, ())
