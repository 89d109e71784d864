"""Statements, sessions, rows and repositories of a small SQLAlchemy project as facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Bound, Code, Comparison, EventKind, Fetch, Idiom, Operand, QueryFact, Use, Verb
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

_MODELS = """
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
_IMPORTS = """
from sqlalchemy import select, insert, update, delete, func, or_, and_, not_, desc, text, exists
from sqlalchemy.orm import Session, joinedload, selectinload, aliased
from sqlalchemy.dialects.postgresql import insert as pg_insert
from models import User, Post, Tag, post_tags
"""


def _read(tmp_path: Path, code: str) -> Code:
    (tmp_path / "models.py").write_text(_MODELS)
    (tmp_path / "app.py").write_text(_IMPORTS + code)
    project = open_project(tmp_path)
    index = PythonIndex(project)
    found = read_code(index, read_project(project))
    code_read = found[0].code
    assert code_read is not None
    return code_read


def _only(tmp_path: Path, body: str) -> QueryFact:
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    queries = _read(tmp_path, f"def run(session: Session, value, other=None):\n{lines}\n").queries
    assert len(queries) == 1, [q.text for q in queries]
    return queries[0]


def _predicates(query: QueryFact) -> list[tuple[str, str]]:
    return [(str(p.column), p.comparison.value) for p in query.predicates]


@pytest.mark.parametrize(
    ("condition", "column", "comparison"),
    [
        ("User.email == value", "users.email", Comparison.EQUAL),
        ("User.email != value", "users.email", Comparison.NOT_EQUAL),
        ("User.balance > value", "users.balance", Comparison.RANGE),
        ("User.balance.between(1, 2)", "users.balance", Comparison.RANGE),
        ("User.id.in_(value)", "users.id", Comparison.IN),
        ("User.id.not_in(value)", "users.id", Comparison.NOT_IN),
        ("~User.id.in_(value)", "users.id", Comparison.NOT_IN),
        ("User.deleted_at.is_(None)", "users.deleted_at", Comparison.IS_NULL),
        ("User.deleted_at == None", "users.deleted_at", Comparison.IS_NULL),
        ("User.deleted_at.is_not(None)", "users.deleted_at", Comparison.IS_NOT_NULL),
        ("User.is_deleted", "users.deleted_at", Comparison.IS_NOT_NULL),
        ("~User.is_deleted", "users.deleted_at", Comparison.IS_NULL),
        ("User.is_deleted.is_(True)", "users.deleted_at", Comparison.IS_NOT_NULL),
        ("User.is_deleted.is_(False)", "users.deleted_at", Comparison.IS_NULL),
        ("User.is_deleted.is_not(True)", "users.deleted_at", Comparison.IS_NULL),
        ('User.email.like("a%")', "users.email", Comparison.PREFIX),
        ('User.email.ilike(f"%{value}%")', "users.email", Comparison.CONTAINS),
        ("User.email.like(value)", "users.email", Comparison.PATTERN),
        ("User.email.startswith(value)", "users.email", Comparison.PREFIX),
        ("User.email.endswith(value)", "users.email", Comparison.SUFFIX),
        ("User.email.contains(value)", "users.email", Comparison.CONTAINS),
        ('User.settings["a"]["b"].as_string() == value', "users.settings", Comparison.JSON),
        ('User.settings.op("@>")(value)', "users.settings", Comparison.CONTAINS_ELEMENT),
        ("User.active", "users.active", Comparison.EQUAL),
        ("or_(User.id == 1, User.id == 2)", "users.id", Comparison.IN),
        ('text("email = :value")', "users.email", Comparison.EQUAL),
    ],
)
def test_a_condition_is_one_predicate(tmp_path: Path, condition: str, column: str, comparison: Comparison) -> None:
    query = _only(tmp_path, f"return session.scalars(select(User).where({condition})).all()")
    assert _predicates(query) == [(column, comparison.value)]
    assert query.fetch is Fetch.ALL
    assert query.dynamic == ()


def test_function_case_and_constants(tmp_path: Path) -> None:
    query = _only(tmp_path, 'return session.execute(select(User).where(func.lower(User.email) == "a")).scalar_one()')
    (predicate,) = query.predicates
    assert (predicate.function, predicate.case_insensitive, predicate.constants) == ("lower", True, ("a",))
    assert query.fetch is Fetch.ONE


def test_alternatives_and_negation(tmp_path: Path) -> None:
    query = _only(
        tmp_path, "return session.query(User).filter(or_(User.id == value, not_(User.email > other))).first()"
    )
    first, second = query.predicates
    assert first.alternative
    assert second.alternative
    assert second.negated
    assert query.limit == Bound(1)
    assert query.fetch is Fetch.FIRST


def test_a_filter_under_an_if_is_optional(tmp_path: Path) -> None:
    body = """
filters = [Post.status == "open"]
if other:
    filters.append(Post.views > other)
query = session.query(Post).filter(*filters)
if value:
    query = query.filter_by(author_id=value)
return query.order_by(Post.created_at.desc()).offset(20).limit(10).all()
"""
    query = _only(tmp_path, body)
    assert [(str(p.column), p.optional) for p in query.predicates] == [
        ("posts.status", False), ("posts.views", True), ("posts.author_id", True)
    ]  # fmt: skip
    assert [(str(key.column), key.descending) for key in query.ordering] == [("posts.created_at", True)]
    assert (query.limit, query.offset) == (Bound(10), Bound(20))


def test_open_keywords_are_unknown(tmp_path: Path) -> None:
    assert _only(tmp_path, "return session.query(User).filter_by(**value).all()").dynamic == ("where",)


@pytest.mark.parametrize(
    "joined",
    ["select(Post).join(User)", "select(Post).join(Post.author)", "select(Post).join(User, Post.author_id == User.id)",
     "select(Post).join(User, User.id == Post.author_id)"],
)  # fmt: skip
def test_joins(tmp_path: Path, joined: str) -> None:
    query = _only(tmp_path, f"return session.scalars({joined}.where(User.email == value)).all()")
    ((pair,),) = [join.pairs for join in query.joins]
    assert tuple(map(str, pair)) == ("posts.author_id", "users.id")
    assert _predicates(query) == [("users.email", "=")]


def test_a_join_through_a_table_between(tmp_path: Path) -> None:
    query = _only(tmp_path, "return session.query(Post).join(Post.tags, isouter=True).filter(Tag.name == value).all()")
    assert [str(ref) for ref in query.tables] == ["posts", "post_tags", "tags"]
    assert all(join.outer for join in query.joins)


def test_inner_queries_belong_to_the_outer(tmp_path: Path) -> None:
    body = "return session.scalars(select(User).where(User.id.in_(select(Post.author_id).where(Post.views > 5)))).all()"
    query = _only(tmp_path, body)
    assert str(query.table) == "users"
    assert _predicates(query) == [("users.id", "in"), ("posts.views", "range")]
    assert query.predicates[0].operand is Operand.SUBQUERY
    assert [str(ref) for ref in query.tables] == ["users", "posts"]


def test_has_and_any(tmp_path: Path) -> None:
    query = _only(tmp_path, 'return session.scalars(select(User).where(User.posts.any(Post.status == "x"))).all()')
    assert _predicates(query) == [("posts.status", "=")]
    assert [tuple(map(str, join.pairs[0])) for join in query.joins] == [("users.id", "posts.author_id")]


def test_counting_grouping_and_columns(tmp_path: Path) -> None:
    body = "return session.execute(select(Post.author_id, func.sum(Post.views)).group_by(Post.author_id)).all()"
    query = _only(tmp_path, body)
    assert [str(ref) for ref in query.grouping] == ["posts.author_id"]
    assert [str(ref) for ref in query.columns or ()] == ["posts.author_id", "posts.views"]
    assert [(a.function, str(a.column)) for a in query.aggregates] == [("sum", "posts.views")]
    count = _only(tmp_path, "return session.scalar(select(func.count()).select_from(User).where(User.active))")
    assert (count.fetch, str(count.table)) == (Fetch.COUNT, "users")


def test_eager_relations_run_no_query(tmp_path: Path) -> None:
    body = """
for post in session.scalars(select(Post).options({})):
    print(post.author.email)
"""
    assert len(_read(tmp_path, _function(body.format("joinedload(Post.author)"))).queries) == 1
    lazy = _read(tmp_path, _function(body.format(""))).queries[1]
    assert (lazy.idiom, str(lazy.table)) == (Idiom.LAZY_RELATION, "users")
    assert lazy.place.loops[0].rows


def _function(body: str) -> str:
    return "def run(session: Session, value):\n" + "\n".join(f"    {line}" for line in body.splitlines()) + "\n"


def test_rows_that_are_written(tmp_path: Path) -> None:
    code = _read(
        tmp_path,
        _function("""
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
    code = _read(
        tmp_path,
        _function("""
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
    tags, posts = _read(tmp_path, _function(body)).queries
    assert tags.place.transaction is None
    assert posts.place.transaction is not None


def test_a_shared_runner_is_not_where_a_query_stands(tmp_path: Path) -> None:
    code = _read(
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
    code = _read(
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
    query = _only(tmp_path, "return value.show(select(User).where(User.active))")
    assert query.fetch is Fetch.BUILT


def test_tables_without_classes(tmp_path: Path) -> None:
    query = _only(tmp_path, "return session.execute(post_tags.select().where(post_tags.c.tag_id == value)).fetchall()")
    assert (str(query.table), _predicates(query)) == ("post_tags", [("post_tags.tag_id", "=")])


_STATES = """
import enum
from sqlalchemy import Column, Enum, Integer
from sqlalchemy.orm import declarative_base
Base = declarative_base()

class State(str, enum.Enum):
    OPEN = "open"
    SHUT = "shut"

class Door(Base):
    __tablename__ = "doors"
    id = Column(Integer, primary_key=True)
    by_name = Column(Enum(State))
    by_value = Column(Enum(State, name="written", values_callable=lambda e: [m.value for m in e]))
"""


def test_members_of_an_enumeration_are_compared_as_the_database_holds_them(tmp_path: Path) -> None:
    (tmp_path / "doors.py").write_text(_STATES)
    code = _read(
        tmp_path,
        """
from doors import Door, State
def run(session: Session, value):
    session.scalars(select(Door).where(Door.by_name == State.OPEN, Door.by_value.in_([State.OPEN, State.SHUT]))).all()
    session.add(Door(by_name=State.SHUT, by_value=State.SHUT))
""",
    )
    read, made = code.queries
    assert [p.constants for p in read.predicates] == [("OPEN",), ("open", "shut")]
    assert [a.constants for a in made.assignments] == [("SHUT",), ("shut",)]


@pytest.mark.parametrize(
    "body",
    [
        "tests = [None]\nif value:\n    tests = [User.email == value]",
        "tests = [User.email == value if value else true()]",
        "tests = ()\nif value:\n    tests = (User.email == value,)",
        "test = None\nif value:\n    test = User.email == value\ntests = (test,)",
    ],
)
def test_a_condition_of_one_way_is_optional(tmp_path: Path, body: str) -> None:
    run = "return session.scalars(select(User).where(*tests)).all()"
    query = _only(tmp_path, f"from sqlalchemy import true\n{body}\n{run}")
    assert [(str(p.column), p.optional) for p in query.predicates] == [("users.email", True)]


def test_what_the_caller_leaves_out_is_not_asked(tmp_path: Path) -> None:
    code = _read(
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


def test_entries_of_one_way_are_optional_conditions_and_unsure_columns(tmp_path: Path) -> None:
    code = _read(
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
    code = _read(
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
    code = _read(
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


def test_what_a_caller_hands_to_a_shared_function_stands_at_the_call(tmp_path: Path) -> None:
    code = _read(
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
    query = _only(
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
    query = _only(
        tmp_path,
        """
if not value:
    value = "open"
return session.query(Post).filter_by(status=value).all()
""",
    )
    (predicate,) = query.predicates
    assert (predicate.operand, predicate.constants, predicate.optional) == (Operand.PARAMETER, (), False)


def test_a_lock_that_a_caller_asks_for_stands_at_the_call(tmp_path: Path) -> None:
    code = _read(
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


def test_columns_joined_along_a_relation_are_rows_of_the_table_that_it_leads_from(tmp_path: Path) -> None:
    query = _only(tmp_path, "return session.query(User.email, Post.status).join(Post.author).limit(9).all()")
    assert (str(query.table), [str(table) for table in query.tables]) == ("posts", ["posts", "users"])


def test_whole_rows_stay_those_that_are_asked_for(tmp_path: Path) -> None:
    query = _only(tmp_path, "return session.query(User).join(Post.author).all()")
    assert str(query.table) == "users"


@pytest.mark.parametrize(
    ("body", "filtered"),
    [
        ("for email, status in rows:\n    if status == value:\n        print(email)", True),
        ("for row in rows:\n    if row[1] != value:\n        continue\n    print(row)", True),
        ("return [email for email, status in rows if str(status) >= value]", True),
        ("for email, status in rows:\n    if value:\n        print(email)", False),
        ("for number, row in enumerate(rows):\n    if number > 3:\n        print(row)", False),
    ],
)
@pytest.mark.parametrize(
    "rows",
    [
        'session.execute(text("SELECT email, status FROM users")).all()',
        "session.execute(select(User.email, User.active)).all()",
    ],
)
def test_rows_of_columns_are_filtered_by_their_members(body: str, filtered: bool, rows: str, tmp_path: Path) -> None:
    assert (Use.FILTERED in _only(tmp_path, f"rows = {rows}\n{body}").uses) is filtered


def test_rows_made_by_a_function_that_says_so_are_followed(tmp_path: Path) -> None:
    filler = "    " + "# what it is made of\n    " * 20
    code = _read(
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
    (query,) = _read(tmp_path, f"def run(session: Session, user: User):\n    session.refresh(user{names})\n").queries
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


def test_a_property_that_the_database_computes(tmp_path: Path) -> None:
    query = _only(tmp_path, "return session.query(User.folded).filter(User.active == value).all()")
    assert str(query.table) == "users"
    assert _predicates(query) == [("users.active", "=")]
    query = _only(tmp_path, "return session.query(User).filter(User.folded == value).all()")
    assert [(str(p.column), p.function) for p in query.predicates] == [("users.email", "lower")]


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
    query = _only(tmp_path, body)
    assert query.idiom is Idiom.PAGINATED
    assert query.limit is not None
    assert query.limit.value == (25 if "25" in call else None)
    assert (query.offset is None) == ("keyset" in pager)
    assert [str(key.column) for key in query.ordering] == ["posts.created_at"]


@pytest.mark.parametrize(
    "body",
    [
        "session.query(session.query(User).filter(User.email == value).exists()).scalar()",
        "session.scalar(select(exists().where(User.email == value)))",
        "session.execute(select(exists(select(User.id).where(User.email == value)))).scalar()",
        "session.query(literal(True)).filter(session.query(User).filter_by(email=value).exists()).scalar()",
        "session.execute(select(literal(1)).where(User.email == value)).first()",
    ],
)
def test_what_is_asked_of_rows_that_only_have_to_be_there(body: str, tmp_path: Path) -> None:
    query = _only(tmp_path, f"from sqlalchemy import literal\nreturn {body}")
    assert str(query.table) == "users"
    assert _predicates(query) == [("users.email", "=")]


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
    (query,) = (q for q in _read(tmp_path, body).queries if q.place.function == "app.py:Posts.of_status")
    assert _predicates(query) == [("posts.status", "=")]
    if decorator == "with_query":
        assert [str(key.column) for key in query.ordering] == ["posts.created_at"]
    else:
        assert query.limit is not None


_COUNTED = "column_property(select(func.count(Post.id)).where(Post.author_id == OWN.id).scalar_subquery())"


@pytest.mark.parametrize(
    "declared",
    [
        f"    posts = {_COUNTED.replace('OWN.id', 'id')}",
        f"Shelf.posts = {_COUNTED.replace('OWN', 'Shelf')}",
        f"    @declared_attr\n    def posts(cls):\n        return {_COUNTED.replace('OWN', 'cls')}",
    ],
)
def test_a_query_inside_a_property_of_a_model(declared: str, tmp_path: Path) -> None:
    code = f"""
from sqlalchemy import Column, Integer
from sqlalchemy.orm import column_property, declared_attr
from models import Base

class Shelf(Base):
    __tablename__ = "shelves"
    id = Column(Integer, primary_key=True)
{declared}
"""
    (query,) = _read(tmp_path, code).queries
    assert str(query.table) == "posts"
    assert query.tables == (query.table,)
    assert _predicates(query) == [("posts.author_id", "=")]


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
    (query,) = (q for q in _read(tmp_path, code).queries if q.predicates)
    assert _predicates(query) == [("posts.author_id", "=")]
    assert [str(key.column) for key in query.ordering] == ["posts.id"]
