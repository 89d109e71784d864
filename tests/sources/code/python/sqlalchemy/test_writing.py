"""What is written: rows made, changed and deleted, constructs that write, transactions, flushes, refreshes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import EventKind, Fetch, Idiom, Use, Verb
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

from .blog import code_of, in_function


def test_rows_that_are_written(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        in_function("""
user = User(email=value, active=True)
session.add(user)
session.commit()
known = session.get(User, 1)
known.balance = known.balance - 5
known.active = False
session.delete(known)
"""),
    )
    insert, get, save, delete = code.queries
    assert [str(a.column) for a in insert.assignments] == ["users.email", "users.active"]
    assert (get.fetch, Use.CHANGED in get.uses) == (Fetch.ONE, True)
    assert save.idiom is Idiom.SAVE
    assert [[str(r) for r in a.reads] for a in save.assignments] == [["users.balance"], []]
    assert delete.verb is Verb.DELETE
    assert [event.kind for event in code.events] == [EventKind.COMMIT]


def test_constructs_that_write(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        in_function("""
session.execute(update(User).where(User.id == value).values(active=False))
session.execute(pg_insert(User).values(email=value).on_conflict_do_update(index_elements=["email"], set_={}))
session.query(Post).filter(Post.id == value).update({Post.status: "x"})
session.query(Post).filter_by(id=value).delete()
session.execute(insert(Tag), [{"name": "a"}])
"""),
    )
    updated, upsert, query_update, deleted, bulk = code.queries
    assert [(str(a.column), a.constants) for a in updated.assignments] == [("users.active", ("false",))]
    assert (upsert.verb, [str(k) for k in upsert.key]) == (Verb.UPSERT, ["users.email"])
    assert [str(a.column) for a in query_update.assignments] == ["posts.status"]
    assert deleted.verb is Verb.DELETE
    assert (bulk.idiom, [str(a.column) for a in bulk.assignments]) == (Idiom.BULK, ["tags.name"])


def test_transactions_are_those_opened_by_name(tmp_path: Path) -> None:
    body = """
with session:
    session.execute(delete(Tag))
with session.begin():
    session.execute(delete(Post))
"""
    tags, posts = code_of(tmp_path, in_function(body)).queries
    assert tags.place.transaction is None
    assert posts.place.transaction is not None


def test_entries_of_one_way_are_optional_conditions_and_unsure_columns(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
def run(session: Session, value, other):
    tests = {"active": True}
    if value:
        tests["email"] = value
    if other:
        tests["balance"] = 1
    else:
        tests["balance"] = 2
    return session.query(User).filter_by(**tests).all()

def make(session: Session, value):
    data = {"email": "x"}
    if value:
        data["active"] = True
    session.add(User(**data))
""",
    )
    read, made = code.queries
    assert [(str(p.column), p.optional) for p in read.predicates] == [
        ("users.active", False), ("users.email", True), ("users.balance", False),
    ]  # fmt: skip
    assert read.dynamic == ()
    assert made.dynamic == ("columns",)


def test_what_is_set_after_the_commit_is_another_update(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
def assign(session: Session, post: Post, author, status):
    if author:
        post.author_id = author
    session.add(post)
    session.commit()

def make(session: Session, author, views):
    post = Post(status="new")
    if views:
        post.views = views
    session.add(post)
    post.author = session.get(User, author)
    session.commit()
    post.status = "done"
    session.add(post)
    assign(session, post, author, "other")
""",
    )
    made = [q for q in code.queries if q.verb is Verb.INSERT]
    assert [q.place.function for q in made] == ["app.py:make"]
    assert [(str(a.column), a.optional) for a in made[0].assignments] == [
        ("posts.status", False), ("posts.views", True), ("posts.author_id", False),
    ]  # fmt: skip
    changed = [(q.place.function, str(q.assignments[0].column)) for q in code.queries if q.verb is Verb.UPDATE]
    assert changed == [("app.py:assign", "posts.author_id"), ("app.py:make", "posts.status")]


def test_a_flush_on_some_ways_only_keeps_the_row_new(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
def create(session: Session, row, flush):
    session.add(row)
    if flush:
        session.flush()
    return row

def make(session: Session, value):
    post = create(session, Post(status="new"), value)
    post.views = 1
""",
    )
    made = [q for q in code.queries if q.verb is Verb.INSERT]
    assert [[str(a.column) for a in q.assignments] for q in made] == [["posts.status", "posts.views"]]


def test_a_lock_that_a_caller_asks_for_stands_at_the_call(tmp_path: Path) -> None:
    code = code_of(
        tmp_path,
        """
def get(session: Session, id, for_update: bool = False):
    statement = select(User).where(User.id == id)
    if for_update:
        statement = statement.with_for_update()
    return session.execute(statement).scalar_one_or_none()

def show(session: Session, id):
    return get(session, id)

def pay(session: Session, id):
    return get(session, id, for_update=True)
""",
    )
    assert [(q.place.function, q.locks) for q in code.queries] == [("app.py:get", False), ("app.py:pay", True)]


def test_rows_made_by_a_function_that_says_so_are_followed(tmp_path: Path) -> None:
    filler = "    " + "# what it is made of\n    " * 20
    code = code_of(
        tmp_path,
        f"""
def blank(status) -> Post:
{filler}
    return Post(status=status)

def lost(status) -> Post:
{filler}
    return Post(status=status, views=1)

def create(session: Session, row):
    session.add(row)
    return row

def first(session: Session, values):
    create(session, blank(values))

def second(session: Session, values):
    create(session, blank(values))

def keep(session: Session, values):
    return lost(values)
""",
    )
    made = [(q.place.function, [str(a.column) for a in q.assignments]) for q in code.queries]
    assert made == [("app.py:first", ["posts.status"]), ("app.py:second", ["posts.status"])]
    assert [str(table) for table, _ in code.loose] == ["posts"]


@pytest.mark.parametrize(
    ("names", "asked", "fetch"),
    [
        ("", ["users.id"], Fetch.ONE),
        (', ["email"]', ["users.id"], Fetch.ONE),
        (', attribute_names=["posts", "email"]', ["users.id"], Fetch.ONE),
        (', {"posts"}', ["posts.author_id"], Fetch.ALL),
    ],
)
def test_what_a_refresh_asks(tmp_path: Path, names: str, asked: list[str], fetch: Fetch) -> None:
    (query,) = code_of(tmp_path, f"def run(session: Session, user: User):\n    session.refresh(user{names})\n").queries
    assert ([str(p.column) for p in query.predicates], query.fetch) == (asked, fetch)


_NOTE = """
from keys import key_column
from sqlalchemy import Column, Text
from sqlalchemy.orm import declarative_base

Base = declarative_base()

class Note(Base):
    __tablename__ = "notes"
    id = key_column()
    body = Column(Text)
"""
_REMOVE = """
from models import Note

def remove(session, note: Note):
    session.delete(note)
    session.commit()
"""


def test_a_row_that_is_deleted_is_one_row_although_its_key_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(_NOTE)
    (tmp_path / "app.py").write_text(_REMOVE)
    project = open_project(tmp_path)
    index = PythonIndex(project)
    (reading,) = read_code(index, read_project(project, index))
    assert reading.code is not None
    assert [(query.verb, query.dynamic) for query in reading.code.queries] == [(Verb.DELETE, ("where",))]
