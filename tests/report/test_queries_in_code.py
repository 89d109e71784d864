"""A finding about the code: every format names the function and the line, and the report says how many were read."""

from __future__ import annotations

import json

import pytest

from dbarchitect.api import FORMATS, Options, audit, formatter, report
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report

CODE = """from sqlalchemy import Column, ForeignKey, Integer, select
from sqlalchemy.orm import DeclarativeBase, relationship
from fastapi import FastAPI

app = FastAPI()

class Base(DeclarativeBase): ...

class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)

class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"), index=True)
    author = relationship(Author)

@app.get("/books")
def books(session):
    return [book.author.id for book in session.scalars(select(Book).limit(100))]
"""
LINE = CODE.count("\n")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "web.py").write_text(CODE)
    return report(audit([str(folder)], Options(select=("lazy-relation-in-loop",))), Rendering.now())


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in {"json", "html"}])
def test_every_format_names_the_function_and_its_line(made: Report, name: str) -> None:
    said = formatter(name)(made, Rendering.now())
    assert "lazy-relation-in-loop" in said
    if name != "concise":  # which has the line, and names the function in its sentence
        assert "author query web.py:books" in said
    if name == "sarif":
        (result,) = json.loads(said)["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == LINE
    elif name == "gitlab":
        assert json.loads(said)[0]["location"] == {"path": "web.py", "lines": {"begin": LINE}}
    else:
        assert f"file=web.py,line={LINE}" in said if name == "github" else f"web.py:{LINE}" in said


def test_the_json_report_names_the_query_by_its_function(made: Report) -> None:
    (finding,) = json.loads(formatter("json")(made, Rendering.now()))["findings"]
    assert finding["object"] == {
        "kind": "query",
        "schema": None,
        "table": "author",
        "columns": [],
        "name": "web.py:books",
    }


def test_reports_say_how_many_queries_were_read(made: Report) -> None:
    (application,) = made.applications
    assert application.inventory.counts["queries in the code"] == application.examined.queries == 2
    assert "3 columns · 2 queries · 1 file" in formatter("text")(made, Rendering.now())
