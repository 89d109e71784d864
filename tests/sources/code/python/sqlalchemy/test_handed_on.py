"""Queries and values that functions of the program hand to each other: runners, builders, decorators, libraries."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Fetch, Idiom, Operand, Verb

from .blog import code_of, only, predicates_of


def test_a_shared_runner_is_not_where_a_query_stands(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
from typing import Generic, TypeVar
M = TypeVar("M")
class Base(Generic[M]):
    model: type[M]
    def __init__(self, session: Session):
        self.session = session
    def base(self, include_deleted=False):
        statement = select(self.model)
        if not include_deleted:
            statement = statement.where(self.model.deleted_at.is_(None))
        return statement
    def one(self, statement):
        return self.session.execute(statement).scalars().one_or_none()
class Users(Base[User]):
    def by_email(self, email):
        return self.one(self.base().where(User.email == email))
""",
    )
    query = next(q for q in code.queries if any(str(p.column) == "users.email" for p in q.predicates))
    assert query.place.function == "app.py:Users.by_email"
    assert query.fetch is Fetch.ONE
    assert [(str(p.column), p.optional) for p in query.predicates] == [
        ("users.deleted_at", False), ("users.email", False)
    ]  # fmt: skip


def test_a_table_of_sort_keys_gives_them_all(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
KEYS = {"new": Post.created_at, "views": Post.views}
def run(session: Session, key):
    return session.scalars(select(Post).order_by(desc(KEYS[key]))).all()
""",
    )
    (query,) = code.queries
    assert {(str(k.column), k.optional, k.descending) for k in query.ordering} == {
        ("posts.created_at", True, True), ("posts.views", True, True)
    }  # fmt: skip


def test_a_query_handed_on_is_built(tmp_path: Path) -> None:
    query = only(tmp_path, "return value.show(select(User).where(User.active))")
    assert query.fetch is Fetch.BUILT


def test_what_the_caller_leaves_out_is_not_asked(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
def build(session: Session, mail=None, state=None):
    query = session.query(User)
    if mail is not None:
        query = query.filter(User.email == mail)
    if state is None:
        query = query.filter(User.active == True)
    return query

def run(session: Session, value):
    return build(session, value).all()

def none(session: Session):
    return build(session).count()
""",
    )
    found = {q.place.function.partition(":")[2]: q for q in code.queries if q.fetch is not Fetch.BUILT}
    assert [str(p.column) for p in found["none"].predicates] == ["users.active"]
    assert [str(p.column) for p in found["run"].predicates] == ["users.email", "users.active"]


def test_what_a_caller_hands_to_a_shared_function_stands_at_the_call(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
class Reader:
    def __init__(self, model):
        self.model = model

    def get_by(self, session: Session, **clauses):
        return session.execute(select(self.model).filter_by(**clauses)).scalar_one_or_none()

    def create(self, session: Session, row):
        session.add(row)
        return row

class Users(Reader):
    def by_mail(self, session: Session, mail):
        return self.get_by(session, email=mail)

users = Users(User)

def register(session: Session, mails):
    for mail in mails:
        users.create(session, User(email=mail))
    users.create(session, User(email="x", active=True))
    users.by_mail(session, "x")
""",
    )
    asked = [q for q in code.queries if q.verb is Verb.SELECT and q.predicates]
    assert [(q.place.function, q.text, q.fetch) for q in asked] == [
        ("app.py:Users.by_mail", "select(self.model) … self.get_by(session, email=mail)", Fetch.ONE)
    ]
    made = [q for q in code.queries if q.verb is Verb.INSERT]
    assert [(q.place.function, q.text, len(q.place.loops), len(q.assignments)) for q in made] == [
        ("app.py:register", "users.create(session, User(email=mail))", 1, 1),
        ("app.py:register", 'users.create(session, User(email="x", active=True))', 0, 2),
    ]


def test_the_text_of_a_query_built_in_steps_has_its_beginning_and_its_last_step(tmp_path: Path) -> None:
    query = only(
        tmp_path,
        """
query = session.query(User).filter_by(email=value)
if other:
    query = query.filter(User.id > other)
return query.order_by(User.id).all()
""",
    )
    assert query.text == "session.query(User) … query.order_by(User.id).all()"
    assert query.origin.line is not None
    assert [b.line for b in query.builders if b.line] == [query.origin.line - 3, query.origin.line - 1]


def test_a_value_that_is_a_constant_on_one_way_only_is_none(tmp_path: Path) -> None:
    query = only(
        tmp_path,
        """
if not value:
    value = "open"
return session.query(Post).filter_by(status=value).all()
""",
    )
    (predicate,) = query.predicates
    assert (predicate.operand, predicate.constants, predicate.optional) == (Operand.PARAMETER, (), False)


@pytest.mark.parametrize(
    ("pager", "call"),
    [
        ("from paginate_sqlalchemy import SqlalchemyOrmPage as Page", "Page(query, page=value, items_per_page=25)"),
        ("from fastapi_pagination.ext.sqlalchemy import paginate", "paginate(session, query)"),
        ("from sqlakeyset import get_page", "get_page(query, per_page=25)"),
    ],
)
def test_pages_that_a_library_makes(pager: str, call: str, tmp_path: Path) -> None:
    body = f"{pager}\nquery = session.query(Post).order_by(Post.created_at)\nfound = {call}\nreturn found"
    query = only(tmp_path, body)
    assert query.idiom is Idiom.PAGINATED
    assert query.limit is not None
    assert query.limit.value == (25 if "25" in call else None)
    assert (query.offset is None) == ("keyset" in pager)
    assert [str(key.column) for key in query.ordering] == ["posts.created_at"]


_DECORATORS = """
import functools

def in_session(func):
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        if kwargs.get("session") is not None:
            return func(*args, **kwargs)
        with factory() as opened:
            kwargs["session"] = opened
            return func(*args, **kwargs)
    return wrapper

def with_query(func):
    def wrapper(*args, **kwargs):
        kwargs["query"] = select(Post).order_by(Post.created_at)
        return func(*args, **kwargs)
    return wrapper

def at_most(number):
    def decorate(func):
        def wrapper(*args, **kwargs):
            return func(*args, query=select(Post).limit(5), **kwargs)
        return wrapper
    return decorate
"""


@pytest.mark.parametrize("decorator", ["with_query", "at_most(5)"])
def test_what_a_decorator_hands_to_a_function(decorator: str, tmp_path: Path) -> None:
    body = f"""{_DECORATORS}
class Posts:
    @in_session
    @{decorator}
    def of_status(self, status, *, query=None, session=None):
        return session.scalars(query.where(Post.status == status)).all()
"""
    (query,) = (q for q in code_of(tmp_path, body).queries if q.place.function == "app.py:Posts.of_status")
    assert predicates_of(query) == [("posts.status", "=")]
    if decorator == "with_query":
        assert [str(key.column) for key in query.ordering] == ["posts.created_at"]
    else:
        assert query.limit is not None


def test_of_two_functions_that_a_dependency_gives_the_one_that_does_something(tmp_path: Path) -> None:
    code = """
from fastapi import Depends

async def nothing(session, statement):
    return []

async def listed(session, statement):
    statement = statement.order_by(Post.id).limit(20)
    return (await session.execute(statement)).scalars().all()

async def lister(short: bool):
    if short:
        return nothing
    return listed

async def posts(session: Session, author, get_listed=Depends(lister)):
    return await get_listed(session, select(Post).where(Post.author_id == author))
"""
    (query,) = (q for q in code_of(tmp_path, code).queries if q.predicates)
    assert predicates_of(query) == [("posts.author_id", "=")]
    assert [str(key.column) for key in query.ordering] == ["posts.id"]
