"""Fixes that people apply by hand must leave nothing to say either; the bench leaves them to us."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.apply import apply_all
from dbarchitect.finding import Applicability
from dbarchitect.rules._base import Rule
from dbarchitect.rules.history.missing_audit_trail import MissingAuditTrail
from dbarchitect.rules.history.missing_soft_delete import MissingSoftDelete
from dbarchitect.testing import bench, blocks
from dbarchitect.testing.casebook import Case
from dbarchitect.testing.live import LiveCase

ACCOUNTS = """
create table users (
  id integer primary key,
  email varchar(255) not null unique,
  role varchar(10) not null check (role in ('admin', 'user')),
  created_at timestamp not null,
  updated_at timestamp not null
);
create table teams (id integer primary key, name varchar(80) not null unique);
create table team_members (
  user_id integer not null references users (id) on delete cascade,
  team_id integer not null references teams (id) on delete cascade,
  primary key (user_id, team_id)
);
create index ix_team_members_team_id on team_members (team_id);
"""


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
@pytest.mark.parametrize("rule", [MissingAuditTrail(), MissingSoftDelete()], ids=lambda rule: rule.name())
def test_nothing_is_left_to_say(rule: Rule, engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    shadow = request.getfixturevalue("postgresql" if engine == "postgresql" else "sqlite_shadow")
    case = Case(tmp_path, "by hand", 1)
    target = shadow.database()
    try:
        live = LiveCase.create(engine, target, ACCOUNTS)
        before: Catalog = live.catalog()
        survey = blocks.survey_of(before, case)
        (finding,) = rule.detect(survey)
        fix = rule.fix(finding, survey)
        assert fix is not None
        assert fix.applicability is Applicability.MANUAL
        live.change(fix.changes, before)
        after = live.catalog()
        assert after == apply_all(fix.changes, before)
        assert bench.after_fix_problems(rule, finding, survey, blocks.survey_of(after, case)) == []
    finally:
        shadow.drop(target)
