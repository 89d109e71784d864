"""Bits that are switched in a number are settings, no count that two requests add up."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.transactions.read_modify_write import ReadModifyWrite
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import Column, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    sidebar_view = Column(Integer, nullable=False, default=0)
"""
APP = """
from flask import Flask
from models import User

app = Flask(__name__)


@app.route("/users/<int:pk>", methods=["POST"])
def seen(session, pk):
    user = session.get(User, pk)
    user.sidebar_view {sign} 1
    session.commit()
"""


@pytest.mark.parametrize(("sign", "level"), [("+=", Level.WARNING), ("|=", Level.INFO)])
def test_what_is_lost(tmp_path: Path, sign: str, level: Level) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "app.py").write_text(APP.replace("{sign}", sign))
    (found,) = ReadModifyWrite().detect(survey_path(tmp_path)[0])
    assert found.level is level
