"""Files that Python's grammar refuses: the broken place is named, and the rest of the file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.api import audit
from dbarchitect.catalog.survey import Survey

MODELS = """from sqlalchemy import Column, Integer
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase): ...

class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    year = Column(Integer)
"""
WHOLE = """from models import Book

def of_year(session, year):
    return session.query(Book).filter(Book.year == year).all()
"""
BROKEN = """

def other(session):
    return session.query(Book).filter(Book.year == 1984
"""


def survey(root: Path) -> Survey:
    (one,) = audit([str(root)]).applications
    return one.survey


@pytest.mark.parametrize("padding", [0, 200_000], ids=["here", "in another process"])
def test_a_broken_function_is_named_once_and_costs_itself_alone(tmp_path: Path, padding: int) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "books.py").write_text(WHOLE + BROKEN)
    (tmp_path / "more.py").write_text(f'{WHOLE}\nTEXT = "{"m" * padding}"\n')
    found = survey(tmp_path)
    assert [(str(d.origin), d.text) for d in found.diagnostics] == [
        ("books.py:8:5", "syntax error: the statement here could not be read")
    ]
    assert found.code is not None
    assert {query.place.function for query in found.code.queries} >= {"books.py:of_year", "more.py:of_year"}


def test_a_file_broken_all_over_is_named_by_its_first_places(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "books.py").write_text(WHOLE + BROKEN * 40)
    assert len(survey(tmp_path).diagnostics) == 3
