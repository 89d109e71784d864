"""A small program on SQLAlchemy, and what its code asks."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

MODELS = """
from sqlalchemy import JSON, Boolean, Column, DateTime, ForeignKey, Integer, MetaData, Numeric, String, Table
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import column_property, declarative_base, relationship
from sqlalchemy import func

Base = declarative_base()
post_tags = Table("post_tags", Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True))

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String(100))
    active = Column(Boolean)
    settings = Column(JSON)
    balance = Column(Numeric)
    deleted_at = Column(DateTime)
    posts = relationship("Post", back_populates="author")
    folded = column_property(func.lower(email))

    @hybrid_property
    def is_deleted(self):
        return self.deleted_at is not None

    @is_deleted.expression
    def is_deleted(cls):
        return cls.deleted_at.is_not(None)

class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(Integer, ForeignKey("users.id"))
    status = Column(String(20))
    views = Column(Integer)
    created_at = Column(DateTime)
    author = relationship("User", back_populates="posts")
    tags = relationship("Tag", secondary=post_tags)

class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String(20))
"""
IMPORTS = """
from sqlalchemy import select, insert, update, delete, func, or_, and_, not_, desc, text, exists
from sqlalchemy.orm import Session, joinedload, selectinload, aliased
from sqlalchemy.dialects.postgresql import insert as pg_insert
from models import User, Post, Tag, post_tags
"""


def code_of(tmp_path: Path, code: str) -> Code:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "app.py").write_text(IMPORTS + code)
    project = open_project(tmp_path)
    index = PythonIndex(project)
    found = read_code(index, read_project(project))
    code_read = found[0].code
    assert code_read is not None
    return code_read


def only(tmp_path: Path, body: str) -> QueryFact:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    queries = code_of(tmp_path, f"def run(session: Session, value, other=None):\n{lines}\n").queries
    assert len(queries) == 1, [q.text for q in queries]
    return queries[0]


def predicates_of(query: QueryFact) -> list[tuple[str, str]]:
    return [(str(p.column), p.comparison.value) for p in query.predicates]


def in_function(body: str) -> str:
    return "def run(session: Session, value):\n" + "\n".join(f"    {line}" for line in body.splitlines()) + "\n"
