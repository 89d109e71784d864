"""A filter that some callers leave out, beside one that an index serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.indexes.unindexed_filter_column import UnindexedFilterColumn
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import Column, DateTime, ForeignKey, Integer
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)


class Bookmark(Base):
    __tablename__ = "bookmarks"
    id = Column(Integer, primary_key=True)
    owner_id = Column(Integer, ForeignKey("users.id"), nullable=False, index=True)
    added_at = Column(DateTime, nullable=False)
"""
HEAD = """
from flask import Flask
from sqlalchemy import select

from models import Bookmark

app = Flask(__name__)
"""
ROUTE = """

@app.get("/{name}")
def {name}(session, user, since):
    query = select(Bookmark)
{owner}    if since:
        query = query.where(Bookmark.added_at > since)
    return session.scalars(query.limit(20)).all()
"""
OWNER = "    if user:\n        query = query.where(Bookmark.owner_id == user.id)\n"


@pytest.mark.parametrize(("owner", "level"), [(OWNER, Level.INFO), ("", None)], ids=["of an owner", "of all"])
def test_the_list_of_one_owner_is_found_by_its_index(tmp_path: Path, owner: str, level: Level | None) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    names = ["newest", "feed", "shared", "archived", "unread", "export"]
    (tmp_path / "app.py").write_text(HEAD + "".join(ROUTE.format(name=name, owner=owner) for name in names))
    found = UnindexedFilterColumn().detect(survey_path(tmp_path)[0])
    assert {str(finding.object): finding.level for finding in found} == {"bookmarks.added_at": level}
