"""What the reader tells of units of work: arms that leave, transactions, `except` clauses, entries, borrowing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Code, EventKind, FunctionKind
from dbarchitect.rules._code.units import happenings, is_called_in_transaction
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int]
"""
HEAD = "from sqlalchemy.orm import Session\nfrom models import User\n"


def read(tmp_path: Path, source: str) -> Code:
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    (tmp_path / "app.py").write_text(HEAD + source, encoding="utf-8")
    (survey,) = survey_path(tmp_path)
    assert survey.code is not None
    return survey.code


def test_an_arm_that_returns_never_comes_to_what_stands_after_it(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "def f(db: Session, done: bool):\n"
        "    if done:\n"
        "        db.add(User(level=1))\n"
        "        return\n"
        "    db.add(User(level=2))\n",
    )
    first, second = happenings(code, "app.py:f")
    assert first.excludes(second)


def test_an_arm_that_goes_on_does(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "def f(db: Session, done: bool):\n    if done:\n        db.add(User(level=1))\n    db.add(User(level=2))\n",
    )
    first, second = happenings(code, "app.py:f")
    assert not first.excludes(second)


def test_a_savepoint_belongs_to_the_transaction_around_it(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "def f(db: Session):\n"
        "    with db.begin():\n"
        "        db.add(User(level=1))\n"
        "        with db.begin_nested():\n"
        "            db.add(User(level=2))\n",
    )
    first, second = happenings(code, "app.py:f")
    assert first.transaction is not None
    assert first.transaction == second.transaction


def test_a_decorator_of_the_project_opens_a_transaction(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "from functools import wraps\n"
        "from db import session\n"
        "def in_one(function):\n"
        "    @wraps(function)\n"
        "    def inner(*args, **kwargs):\n"
        "        with session.begin():\n"
        "            return function(*args, **kwargs)\n"
        "    return inner\n"
        "@in_one\n"
        "def f(db: Session):\n"
        "    db.add(User(level=1))\n",
    )
    (write,) = (h for h in happenings(code, "app.py:f") if h.writes)
    assert write.transaction is not None


def test_a_function_that_is_only_called_in_transactions(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "def f(db: Session):\n    db.add(User(level=1))\ndef g(db: Session):\n    with db.begin():\n        f(db)\n",
    )
    assert is_called_in_transaction(code, "app.py:f")
    assert not is_called_in_transaction(code, "app.py:g")


def test_a_route_without_a_query_of_its_own_is_followed(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "from fastapi import APIRouter\n"
        "router = APIRouter()\n"
        "def make(db: Session):\n"
        "    db.add(User(level=1))\n"
        '@router.post("/users")\n'
        "def add(db):\n"
        "    return make(db)\n",
    )
    assert code.functions["app.py:add"].kind is FunctionKind.ROUTE
    assert [(call.caller.function, call.callee) for call in code.calls] == [("app.py:add", "app.py:make")]


def test_a_row_that_a_caller_hands_in_is_written_by_the_caller(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "def keep(db: Session, user: User):\n"
        "    db.add(user)\n"
        "    db.commit()\n"
        "def make(db: Session):\n"
        "    keep(db, User(level=1))\n"
        "    db.flush()\n",
    )
    (query,) = code.queries
    assert (query.place.function, query.borrowed) == ("app.py:make", False)
    assert [h.query if h.writes else h.kind for h in happenings(code, "app.py:make")] == [query, EventKind.COMMIT]
    assert not any(h.writes for h in happenings(code, "app.py:keep"))


@pytest.mark.parametrize(
    ("body", "swallows", "empty"),
    [
        ("pass", True, None),
        ("return", True, "None"),
        ("return []", True, "[]"),
        ("return {}, 0", True, "{}, 0"),
        ("return list()", True, "list()"),
        ("return False", False, None),
        ("return str(error)", False, None),
        ("raise", False, None),
        ("log.exception(error)", True, None),
        ("toast(f'failed: {error}')", False, None),
        ("mark_failed()", False, None),
        ("found = []", True, None),
        ("errors.append(1)", False, None),
    ],
)
def test_what_a_clause_does(tmp_path: Path, body: str, swallows: bool, empty: str | None) -> None:
    code = read(
        tmp_path,
        "from logging import getLogger\n"
        "log = getLogger(__name__)\n"
        "def f(db: Session):\n"
        "    try:\n"
        "        return db.query(User).all()\n"
        "    except Exception as error:\n"
        f"        {body}\n",
    )
    (handler,) = code.handlers
    assert (handler.swallows, handler.empty) == (swallows, empty)


OPENED = {
    "a decorator that puts its own block around": (
        "def atomic_for_writes(function):\n"
        "    def wrapper(db: Session):\n"
        "        with immediate_atomic(db):\n"
        "            return function(db)\n"
        "    return wrapper\n"
        "@atomic_for_writes\n"
        "def f(db: Session):\n"
        "    db.add(User(level=1))\n"
    ),
    "a generator that begins and yields": (
        "from contextlib import contextmanager\n"
        "@contextmanager\n"
        "def unit(db: Session):\n"
        "    with db.begin():\n"
        "        yield db\n"
        "def f(db: Session):\n"
        "    with unit(db) as session:\n"
        "        session.add(User(level=1))\n"
    ),
}


@pytest.mark.parametrize("source", OPENED.values(), ids=OPENED)
def test_what_the_project_opens_a_transaction_by_is_one(tmp_path: Path, source: str) -> None:
    code = read(tmp_path, source)
    assert [q.place.transaction is not None for q in code.queries if q.place.function == "app.py:f"] == [True]


def test_a_generator_that_only_lends_a_session_opens_none(tmp_path: Path) -> None:
    source = OPENED["a generator that begins and yields"].replace("    with db.begin():\n        yield", "    yield")
    code = read(tmp_path, source)
    assert [q.place.transaction for q in code.queries if q.place.function == "app.py:f"] == [None]


def test_views_of_a_configurator_are_routes(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "from pyramid.view import view_config\n"
        '@view_config(route_name="users", permission="read")\n'
        "def users(request):\n"
        "    return request.db.query(User).filter_by(level=1).all()\n"
        "def level(request):\n"
        "    return request.db.query(User).filter_by(level=2).all()\n",
    )
    assert code.functions["app.py:users"].kind is FunctionKind.ROUTE
    assert code.functions["app.py:users"].guards == ("view_config",)
    assert code.functions["app.py:level"].kind is FunctionKind.OTHER
    assert code.functions["app.py:level"].answers
