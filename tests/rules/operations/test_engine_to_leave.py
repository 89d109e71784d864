"""What the finding on an engine to leave says of the way to another one."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.rules.operations.engine_unfit_for_production import EngineUnfitForProduction
from dbarchitect.sources.opened import survey_path

MODELS = """
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class Plan(db.Model):
    __tablename__ = "plans"
    id = db.Column(db.Integer, primary_key=True)
    data = db.Column(db.JSON, nullable=False)
    state = db.Column(db.String(20), default="new")
    kind = db.Column(db.String(20), server_default="week")
    made_at = db.Column(db.DateTime)
"""


def evidence(tmp_path: Path, url: str) -> list[str]:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "config.py").write_text(f'class ProductionConfig:\n    SQLALCHEMY_DATABASE_URI = "{url}"\n')
    surveys = survey_path(tmp_path)
    rule = EngineUnfitForProduction()
    return [e.text for survey in surveys for finding in rule.detect(survey) for e in finding.evidence]


def test_times_documents_and_defaults_are_named(tmp_path: Path) -> None:
    said = evidence(tmp_path, "sqlite:///app.db")
    assert next(text for text in said if "timestamptz" in text).endswith(": plans.made_at")
    assert next(text for text in said if "jsonb" in text).endswith(": plans.data")
    assert next(text for text in said if "defaults" in text).endswith(": plans.state new")


def test_a_server_has_nothing_to_leave(tmp_path: Path) -> None:
    assert evidence(tmp_path, "postgresql://db/app") == []
