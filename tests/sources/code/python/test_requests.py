"""What comes from a request, where it ends, and what stands in its way: raw SQL, columns by `**`, guards."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    nick: Mapped[str] = mapped_column(String(50))
"""
HEAD = """
from flask import Flask, abort, request
from flask_login import current_user, login_required
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models import Customer

app = Flask(__name__)


"""


def read(tmp_path: Path, source: str) -> Code:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "app.py").write_text(HEAD + source)
    code = survey_path(tmp_path)[0].code
    assert code is not None
    return code


def only(code: Code) -> QueryFact:
    assert len(code.queries) == 1
    return code.queries[0]


@pytest.mark.parametrize(
    ("sql", "pasted"),
    [
        ("f\"select id from customers where nick = '{nick}'\"", ("nick",)),
        ('f"select id from customers where nick = {nick}"', ("nick",)),
        ('f"select id from customers where id in ({nick})"', ("nick",)),
        ('f"select id from {nick} where id = 1"', ()),
        ('f"select id from customers order by {nick}"', ()),
        ("f\"select id from customers where nick <> 'a' and id = {owner_id} and nick <> 'b'\"", ()),
        ("f\"select id from customers where nick = 'a' -- it's\\nand id = {owner_id}\"", ()),
        ('f"select id from customers where id > {int(nick)}"', ()),
    ],
)
def test_what_stands_where_a_value_belongs(tmp_path: Path, sql: str, pasted: tuple[str, ...]) -> None:
    query = only(read(tmp_path, f"def find(session: Session, nick, owner_id):\n    session.execute(text({sql}))\n"))
    assert query.as_text
    assert query.pasted == pasted
    assert query.interpolated


def test_parameters_are_not_put_in(tmp_path: Path) -> None:
    query = only(
        read(
            tmp_path,
            "@app.get('/')\ndef find(session: Session):\n"
            "    session.execute(text('select id from customers where nick = :n'), {'n': request.args['n']})\n",
        )
    )
    assert query.as_text
    assert not query.interpolated
    assert not query.raw_input


@pytest.mark.parametrize(
    ("made", "raw", "open_"),
    [
        ("Customer(**request.get_json())", True, True),
        ("Customer(**Schema().load(request.get_json()))", False, True),
        ("Customer(**settings)", False, True),
        ("Customer(nick=request.json['nick'])", False, False),
    ],
)
def test_columns_that_a_request_chooses(tmp_path: Path, made: str, raw: bool, open_: bool) -> None:
    source = (
        "class Schema:\n    pass\n\n\n@app.post('/')\ndef create(session: Session, settings):\n"
        f"    row = {made}\n    session.add(row)\n"
    )
    query = only(read(tmp_path, source))
    assert query.raw_input is raw
    assert ("columns" in query.dynamic) is open_
    assert [origin.line for origin in query.builders] == [HEAD.count("\n") + 7]


@pytest.mark.parametrize(
    ("source", "guards"),
    [
        (
            "@app.get('/')\n@login_required\ndef find(session: Session):\n    return session.get(Customer, 1)\n",
            {"login_required"},
        ),
        ("def find(session: Session):\n    abort(403)\n    return session.get(Customer, 1)\n", {"abort(403"}),
        ("def find(session: Session, form):\n    form.validate()\n    return session.get(Customer, 1)\n", {"validate"}),
        (
            "def find(session: Session, _=Depends(members_only)):\n    return session.get(Customer, 1)\n",
            {"members_only"},
        ),
        ("def find(session: Session):\n    return session.get(Customer, 1)\n", set()),
    ],
)
def test_what_may_keep_people_out(tmp_path: Path, source: str, guards: set[str]) -> None:
    function = read(tmp_path, source).functions["app.py:find"]
    assert set(function.guards) - {"Session"} == guards
