"""Loops over what is set up once have few turns, loops over what gathers have many."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.queries.query_in_loop import QueryInLoop
from dbarchitect.rules.queries.write_in_loop import WriteInLoop
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import DateTime, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class {name}(Base):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[str] = mapped_column(DateTime)


class Issue(Base):
    __tablename__ = "issues"
    id: Mapped[int] = mapped_column(primary_key=True)
    of_id: Mapped[int] = mapped_column(Integer, index=True)
    title: Mapped[str] = mapped_column(String(80))
"""
APP = """
from flask import Blueprint
from sqlalchemy import select, update

from models import Issue, {name}

bp = Blueprint("x", __name__)


@bp.route("/issues")
def issues(db):
    found = []
    for one in db.scalars(select({name})).all():
        found.append(db.scalars(select(Issue).where(Issue.of_id == one.id)).all())
    return found


@bp.route("/close", methods=["POST"])
def close(db):
    for one in db.scalars(select({name})).all():
        db.execute(update({name}).where({name}.id == one.id).values(name=one.name.strip()))
        db.commit()
    return ""
"""


@pytest.mark.parametrize(
    ("name", "table", "level"),
    [("Integration", "integrations", Level.INFO), ("Delivery", "deliveries", Level.WARNING)],
)
def test_how_bad_a_loop_is(tmp_path: Path, name: str, table: str, level: Level) -> None:
    (tmp_path / "models.py").write_text(MODELS.format(name=name, table=table))
    (tmp_path / "app.py").write_text(APP.format(name=name))
    (survey,) = survey_path(tmp_path)
    assert [f.level or QueryInLoop.level for f in QueryInLoop().findings(survey)] == [level]
    assert [f.level or WriteInLoop.level for f in WriteInLoop().findings(survey)] == [level]


CLIENT = """
class Store:
    def {method}(self, name):
        return self.wire.put(name)
"""
SENDING = """
from flask import Blueprint
from sqlalchemy import select, update

from client import Store
from models import Delivery

bp = Blueprint("x", __name__)
store = Store()


@bp.route("/send", methods=["POST"])
def send(db):
    for one in db.scalars(select(Delivery)).all():
        address = store.{method}(one.name)
        db.execute(update(Delivery).where(Delivery.id == one.id).values(name=address))
        db.commit()
    return ""
"""


@pytest.mark.parametrize(("method", "level"), [("upload_file", Level.INFO), ("shorten", Level.WARNING)])
def test_a_client_of_its_own_carries_what_takes_longer(tmp_path: Path, method: str, level: Level) -> None:
    (tmp_path / "models.py").write_text(MODELS.format(name="Delivery", table="deliveries"))
    (tmp_path / "client.py").write_text(CLIENT.format(method=method))
    (tmp_path / "app.py").write_text(SENDING.format(method=method))
    (survey,) = survey_path(tmp_path)
    assert [f.level or WriteInLoop.level for f in WriteInLoop().findings(survey)] == [level]
