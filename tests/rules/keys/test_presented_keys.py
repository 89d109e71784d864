"""A token that is presented is worth a warning where the code takes the first row that has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.keys.missing_natural_key import MissingNaturalKey
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import Column, DateTime, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Session(Base):
    __tablename__ = "sessions"
    id = Column(Integer, primary_key=True)
    token = Column(String(80), nullable=False)
    seen = Column(DateTime)
"""
LOOKUP = """
from models import Session


def found(db, token):
    return db.query(Session).filter(Session.token == token){order}.first()
"""


@pytest.mark.parametrize(("order", "level"), [("", None), (".order_by(Session.seen.desc())", Level.INFO)])
def test_levels(tmp_path: Path, order: str, level: Level | None) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "service.py").write_text(LOOKUP.format(order=order))
    (survey,) = survey_path(tmp_path)
    assert [finding.level for finding in MissingNaturalKey().detect(survey)] == [level]
