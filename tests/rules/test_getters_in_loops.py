"""A loop that calls what does nothing but ask is as bad as one that asks by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.queries.query_in_loop import QueryInLoop
from dbarchitect.sources.opened import survey_path

MODELS = """
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.query import Query

db = SQLAlchemy()


class Person(db.Model):
    class PersonQuery(Query):
        def get(self, id):
            {body}

    query_class = PersonQuery
    __tablename__ = "people"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)


class Bill(db.Model):
    __tablename__ = "bills"
    id = db.Column(db.Integer, primary_key=True)
    payer_id = db.Column(db.Integer, nullable=False)
"""
APP = """
from models import Bill, Person


def listed():
    shown = []
    for bill in Bill.query.all():
        shown.append(Person.query.get(bill.payer_id).name)
    return shown
"""
ASKS = "return Person.query.filter(Person.id == id).one_or_none()"
REMEMBERS = f"if id in KNOWN:\n                return KNOWN[id]\n            {ASKS}"


@pytest.mark.parametrize(("body", "level"), [(ASKS, Level.WARNING), (REMEMBERS, Level.INFO)])
def test_a_method_of_a_query_class(tmp_path: Path, body: str, level: Level) -> None:
    (tmp_path / "models.py").write_text(MODELS.format(body=body))
    (tmp_path / "app.py").write_text(APP)
    (found,) = QueryInLoop().detect(survey_path(tmp_path)[0])
    assert "PersonQuery.get for every row" in found.message
    assert (found.level or Level.WARNING) is level
