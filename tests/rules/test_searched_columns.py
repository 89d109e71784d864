"""What a search is worth an index for, where the finding's level alone tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.indexes.unindexed_filter_column import UnindexedFilterColumn
from dbarchitect.sources.opened import survey_path

_MODELS = """
from sqlalchemy import DateTime, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)


class Food(Base):
    __tablename__ = "foods"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    grams: Mapped[int]
    origin_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[str] = mapped_column(DateTime)
"""
_APP = """
from flask import Flask, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Food

app = Flask(__name__)
OPEN = "Open Food"


@app.get("/first")
def first(session: Session):
    return session.scalars(select(Food).where(Food.origin_name == {0})).all()


@app.get("/second")
def second(session: Session):
    session.add(Food(origin_name=OPEN))
    return session.scalars(select(Food).where(Food.origin_name == {0}).limit(3)).all()
"""


@pytest.mark.parametrize(("value", "level"), [("request.args['name']", Level.WARNING), ("OPEN", Level.INFO)])
def test_a_column_that_is_compared_with_constants_alone_is_a_kind(tmp_path: Path, value: str, level: Level) -> None:
    (tmp_path / "models.py").write_text(_MODELS)
    (tmp_path / "app.py").write_text(_APP.format(value))
    (found,) = UnindexedFilterColumn().detect(survey_path(tmp_path)[0])
    assert (found.level or Level.WARNING) is level
