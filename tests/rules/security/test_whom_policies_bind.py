"""Whom policies bind is seen on a live server only, so the case book cannot show it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dbarchitect.catalog.survey import Application, Survey
from dbarchitect.change.apply import apply_all
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.rules.security.missing_row_level_security import MissingRowLevelSecurity
from dbarchitect.shadow import Shadow

NOTES = """
create table notes (id bigint primary key, owner_name text not null, body text not null);
alter table notes enable row level security;
create policy own_notes on notes using (owner_name = current_user);
"""


@pytest.fixture
def target(postgresql: Shadow) -> Iterator[str]:
    database = postgresql.database()
    yield database
    postgresql.drop(database)


def read(target: str, ddl: str) -> Survey:
    engine("postgresql").execute(target, (ddl,))
    return Survey(Application("notes"), engine("postgresql").read(target, ReadOptions()).catalog)


def test_the_owner_alone_is_exempt(target: str) -> None:
    survey = read(target, NOTES)
    rule = MissingRowLevelSecurity()
    (finding,) = rule.detect(survey)
    assert str(finding.object) == "notes"
    assert "no role but the owner" in finding.message
    assert not list(rule.praise(survey))
    fix = rule.fix(finding, survey)
    assert fix is not None
    after = Survey(survey.application, apply_all(fix.changes, survey.catalog))
    assert not list(rule.detect(after))


def test_somebody_else_is_bound(target: str) -> None:
    survey = read(target, NOTES + "grant select on notes to public;")
    assert not list(MissingRowLevelSecurity().detect(survey))
    assert "not from the owner" in next(iter(MissingRowLevelSecurity().praise(survey))).message


def test_the_owner_is_forced(target: str) -> None:
    assert not list(
        MissingRowLevelSecurity().detect(read(target, NOTES + "alter table notes force row level security;"))
    )
