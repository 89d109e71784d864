"""Of several indexes that begin alike, the one that most queries ask for is the one to make."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.finding import Level
from dbarchitect.rules.indexes.missing_composite_index import MissingCompositeIndex
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import Column, DateTime, ForeignKey, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Page(Base):
    __tablename__ = "pages"
    id = Column(Integer, primary_key=True)


class Revision(Base):
    __tablename__ = "revisions"
    id = Column(Integer, primary_key=True)
    page_id = Column(Integer, ForeignKey("pages.id"), nullable=False, index=True)
    created_at = Column(DateTime, nullable=False)
    reviewed_at = Column(DateTime)
"""
HEAD = """
from flask import Flask
from sqlalchemy import select

from models import Revision

app = Flask(__name__)
"""
ROUTE = """

@app.get("/{name}/<int:page>")
def {name}(session, page):
    found = select(Revision).where(Revision.page_id == page).order_by(Revision.{column}.desc()).limit(10)
    return session.scalars(found).all()
"""


def test_the_one_that_a_single_function_asks_for_beside_it_is_a_remark(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    routes = [ROUTE.format(name=name, column="created_at") for name in ("newest", "history", "feed")]
    (tmp_path / "app.py").write_text(HEAD + "".join([*routes, ROUTE.format(name="reviews", column="reviewed_at")]))
    found = MissingCompositeIndex().detect(survey_path(tmp_path)[0])
    levels = {finding.object.columns: finding.level for finding in found}
    assert levels == {("page_id", "created_at"): None, ("page_id", "reviewed_at"): Level.INFO}
