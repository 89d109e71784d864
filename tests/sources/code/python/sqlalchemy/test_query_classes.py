"""Queries of a class of the project, whose methods go before the library's."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.queries import Verb
from dbarchitect.sources.opened import survey_path

MODELS = """
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.query import Query

db = SQLAlchemy()


class Bill(db.Model):
    class BillQuery(Query):
        def of(self, project):
            return self.filter(Bill.project == project)

        def delete(self, project, id):
            bill = self.of(project).filter(Bill.id == id).one()
            db.session.delete(bill)
            return bill

    query_class = BillQuery
    __tablename__ = "bills"
    id = db.Column(db.Integer, primary_key=True)
    project = db.Column(db.Integer, nullable=False)
"""
APP = """
from models import Bill


def remove(project, id):
    return Bill.query.delete(project, id)


def listed(project):
    return Bill.query.of(project).limit(5).all()
"""


def test_its_methods_are_followed(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "app.py").write_text(APP)
    code = survey_path(tmp_path)[0].code
    assert code is not None
    deleted = [q for q in code.queries if q.verb is Verb.DELETE]
    assert [str(p.column) for q in deleted for p in q.predicates] == ["bills.id"], "not all of them"
    (listed,) = [q for q in code.queries if q.place.function == "app.py:listed"]
    assert [str(p.column) for p in listed.predicates] == ["bills.project"]
    assert listed.limit is not None
