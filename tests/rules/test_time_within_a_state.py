"""The index for the oldest or the newest rows of one state: what queries compare goes before what they sort by."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.members import Index
from dbarchitect.change.operations import Add, Drop
from dbarchitect.finding import Finding, Fix
from dbarchitect.rules.indexes.unindexed_filter_column import UnindexedFilterColumn
from dbarchitect.sources.opened import survey_path

_MODELS = """
from sqlalchemy import DateTime, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Ticket(Base):
    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(String(20){0})
    title: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[str] = mapped_column(DateTime)
"""
_APP = """
from flask import Flask, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Ticket

app = Flask(__name__)

"""
_ROUTE = """
@app.get("/{name}")
def {name}(session: Session):
    return session.scalars(select(Ticket){where}.order_by(Ticket.opened_at.desc()).limit(20)).all()

"""
BY_REQUEST = ".where(Ticket.status == request.args['status'])"
OPEN = ".where(Ticket.status == 'open')"
SOME = ".where(Ticket.status.in_(['open', 'new']))"


def told(folder: Path, *wheres: str, index: str = "") -> tuple[Finding, Fix]:
    (folder / "models.py").write_text(_MODELS.format(index))
    routes = "".join(_ROUTE.format(name=f"list{number}", where=where) for number, where in enumerate(wheres))
    (folder / "app.py").write_text(_APP + routes)
    survey = survey_path(folder)[0]
    rule = UnindexedFilterColumn()
    (finding,) = (found for found in rule.detect(survey) if found.object.columns == ("opened_at",))
    fix = rule.fix(finding, survey)
    assert fix is not None
    return finding, fix


def added(fix: Fix) -> tuple[tuple[str, ...], str | None]:
    (index,) = (change.member for change in fix.changes if isinstance(change, Add))
    assert isinstance(index, Index)
    return index.column_names, str(index.predicate) if index.predicate is not None else None


def test_a_state_that_the_caller_names_goes_before_the_time(tmp_path: Path) -> None:
    finding, fix = told(tmp_path, BY_REQUEST)
    assert added(fix) == (("status", "opened_at"), None)
    assert "No index leads with tickets(status, opened_at)" in finding.message
    assert "(status, opened_at)" in finding.hint


def test_of_one_state_that_the_code_names_those_rows_alone_are_indexed(tmp_path: Path) -> None:
    finding, fix = told(tmp_path, OPEN)
    assert added(fix) == (("opened_at",), "status = 'open'")
    assert "where status = 'open'" in finding.hint


def test_of_several_states_each_query_has_its_own(tmp_path: Path) -> None:
    _, fix = told(tmp_path, OPEN, OPEN.replace("open", "closed"))
    assert added(fix) == (("status", "opened_at"), None)


def test_the_index_of_the_state_alone_is_taken_over(tmp_path: Path) -> None:
    _, fix = told(tmp_path, BY_REQUEST, index=", index=True")
    assert [type(change) for change in fix.changes] == [Add, Drop]


@pytest.mark.parametrize("where", ["", SOME])
def test_where_the_newest_of_all_are_asked_for_too_the_time_leads(tmp_path: Path, where: str) -> None:
    _, fix = told(tmp_path, BY_REQUEST, where)
    assert added(fix) == (("opened_at",), None)
