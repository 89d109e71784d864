"""Statements and queries of SQLAlchemy as facts: conditions, joins, columns, relations, rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Bound, Comparison, Fetch, Idiom, Operand, Use

from .blog import code_of, in_function, only, predicates_of


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
    query = only(tmp_path, f"return session.scalars(select(User).where({condition})).all()")
    assert predicates_of(query) == [(column, comparison.value)]
    assert query.fetch is Fetch.ALL
    assert query.dynamic == ()


def test_function_case_and_constants(tmp_path: Path) -> None:
    query = only(tmp_path, 'return session.execute(select(User).where(func.lower(User.email) == "a")).scalar_one()')
    (predicate,) = query.predicates
    assert (predicate.function, predicate.case_insensitive, predicate.constants) == ("lower", True, ("a",))
    assert query.fetch is Fetch.ONE


def test_alternatives_and_negation(tmp_path: Path) -> None:
    query = only(tmp_path, "return session.query(User).filter(or_(User.id == value, not_(User.email > other))).first()")
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
    query = only(tmp_path, body)
    assert [(str(p.column), p.optional) for p in query.predicates] == [
        ("posts.status", False), ("posts.views", True), ("posts.author_id", True)
    ]  # fmt: skip
    assert [(str(key.column), key.descending) for key in query.ordering] == [("posts.created_at", True)]
    assert (query.limit, query.offset) == (Bound(10), Bound(20))


def test_open_keywords_are_unknown(tmp_path: Path) -> None:
    assert only(tmp_path, "return session.query(User).filter_by(**value).all()").dynamic == ("where",)


@pytest.mark.parametrize(
    "joined",
    ["select(Post).join(User)", "select(Post).join(Post.author)", "select(Post).join(User, Post.author_id == User.id)",
     "select(Post).join(User, User.id == Post.author_id)"],
)  # fmt: skip
def test_joins(tmp_path: Path, joined: str) -> None:
    query = only(tmp_path, f"return session.scalars({joined}.where(User.email == value)).all()")
    ((pair,),) = [join.pairs for join in query.joins]
    assert tuple(map(str, pair)) == ("posts.author_id", "users.id")
    assert predicates_of(query) == [("users.email", "=")]


def test_a_join_through_a_table_between(tmp_path: Path) -> None:
    query = only(tmp_path, "return session.query(Post).join(Post.tags, isouter=True).filter(Tag.name == value).all()")
    assert [str(ref) for ref in query.tables] == ["posts", "post_tags", "tags"]
    assert all(join.outer for join in query.joins)


def test_inner_queries_belong_to_the_outer(tmp_path: Path) -> None:
    body = "return session.scalars(select(User).where(User.id.in_(select(Post.author_id).where(Post.views > 5)))).all()"
    query = only(tmp_path, body)
    assert str(query.table) == "users"
    assert predicates_of(query) == [("users.id", "in"), ("posts.views", "range")]
    assert query.predicates[0].operand is Operand.SUBQUERY
    assert [str(ref) for ref in query.tables] == ["users", "posts"]


def test_has_and_any(tmp_path: Path) -> None:
    query = only(tmp_path, 'return session.scalars(select(User).where(User.posts.any(Post.status == "x"))).all()')
    assert predicates_of(query) == [("posts.status", "=")]
    assert [tuple(map(str, join.pairs[0])) for join in query.joins] == [("users.id", "posts.author_id")]


def test_counting_grouping_and_columns(tmp_path: Path) -> None:
    body = "return session.execute(select(Post.author_id, func.sum(Post.views)).group_by(Post.author_id)).all()"
    query = only(tmp_path, body)
    assert [str(ref) for ref in query.grouping] == ["posts.author_id"]
    assert [str(ref) for ref in query.columns or ()] == ["posts.author_id", "posts.views"]
    assert [(a.function, str(a.column)) for a in query.aggregates] == [("sum", "posts.views")]
    count = only(tmp_path, "return session.scalar(select(func.count()).select_from(User).where(User.active))")
    assert (count.fetch, str(count.table)) == (Fetch.COUNT, "users")


def test_eager_relations_run_no_query(tmp_path: Path) -> None:
    body = """
for post in session.scalars(select(Post).options({})):
    print(post.author.email)
"""
    assert len(code_of(tmp_path, in_function(body.format("joinedload(Post.author)"))).queries) == 1
    lazy = code_of(tmp_path, in_function(body.format(""))).queries[1]
    assert (lazy.idiom, str(lazy.table)) == (Idiom.LAZY_RELATION, "users")
    assert lazy.place.loops[0].rows


def test_tables_without_classes(tmp_path: Path) -> None:
    query = only(tmp_path, "return session.execute(post_tags.select().where(post_tags.c.tag_id == value)).fetchall()")
    assert (str(query.table), predicates_of(query)) == ("post_tags", [("post_tags.tag_id", "=")])


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
    code = code_of(
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
    query = only(tmp_path, f"from sqlalchemy import true\n{body}\n{run}")
    assert [(str(p.column), p.optional) for p in query.predicates] == [("users.email", True)]


def test_columns_joined_along_a_relation_are_rows_of_the_table_that_it_leads_from(tmp_path: Path) -> None:
    query = only(tmp_path, "return session.query(User.email, Post.status).join(Post.author).limit(9).all()")
    assert (str(query.table), [str(table) for table in query.tables]) == ("posts", ["posts", "users"])


def test_whole_rows_stay_those_that_are_asked_for(tmp_path: Path) -> None:
    query = only(tmp_path, "return session.query(User).join(Post.author).all()")
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
    assert (Use.FILTERED in only(tmp_path, f"rows = {rows}\n{body}").uses) is filtered


def test_a_property_that_the_database_computes(tmp_path: Path) -> None:
    query = only(tmp_path, "return session.query(User.folded).filter(User.active == value).all()")
    assert str(query.table) == "users"
    assert predicates_of(query) == [("users.active", "=")]
    query = only(tmp_path, "return session.query(User).filter(User.folded == value).all()")
    assert [(str(p.column), p.function) for p in query.predicates] == [("users.email", "lower")]


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
    query = only(tmp_path, f"from sqlalchemy import literal\nreturn {body}")
    assert str(query.table) == "users"
    assert predicates_of(query) == [("users.email", "=")]


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
    (query,) = code_of(tmp_path, code).queries
    assert str(query.table) == "posts"
    assert query.tables == (query.table,)
    assert predicates_of(query) == [("posts.author_id", "=")]
