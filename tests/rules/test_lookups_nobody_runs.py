"""A lookup for the one row tells of a key as far as something of the application runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.keys.assumed_unique import AssumedUnique
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Project(Base):
    __tablename__ = "projects"
    id = Column(Integer, primary_key=True)
    label = Column(String(80), nullable=False)
"""
LOOKUP = """
from sqlalchemy import select

from models import Project


def by_label(session, label):
    return session.scalars(select(Project).where(Project.label == label)).one()
"""
CALLED = """

def show(session, label):
    return by_label(session, label)
"""
GUARDED = LOOKUP.replace("    return", "    try:\n        return") + (
    "    except getattr(Project, 'MultipleResultsFound', Exception):\n        return None\n"
)


@pytest.mark.parametrize(
    ("source", "levels"),
    [(LOOKUP, [Level.INFO]), (LOOKUP + CALLED, [None]), (GUARDED + CALLED, [])],
    ids=["left over", "called", "several expected"],
)
def test_how_much_a_lookup_tells(tmp_path: Path, source: str, levels: list[Level | None]) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "app.py").write_text(source)
    found = list(AssumedUnique().detect(survey_path(tmp_path)[0]))
    assert [finding.level for finding in found] == levels
