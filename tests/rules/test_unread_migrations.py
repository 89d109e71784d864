"""What a migration does by a statement of which not all is known, nobody says that it does not do."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.rules.migrations.migrations_behind_models import MigrationsBehindModels
from dbarchitect.sources.opened import survey_path

MODELS = """
from sqlalchemy import Column, Float, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class Rom(Base):
    __tablename__ = "roms"
    id = Column(Integer, primary_key=True)
    rating = Column(Float)


class Player(Base):
    __tablename__ = "players"
    id = Column(Integer, primary_key=True)
    nick = Column(String(20))
"""
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def columns():
    found = []
    for name in open("/etc/names"):
        found.append((name, "float"))
    return found


def upgrade():
    op.create_table("roms", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("players", sa.Column("id", sa.Integer(), primary_key=True))
    added = ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in columns())
    op.execute(f"ALTER TABLE roms {added}")


def downgrade():
    pass
"""


def test_a_table_that_is_changed_by_an_unknown_text(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = alembic\nsqlalchemy.url = postgresql://db/x\n")
    versions = tmp_path / "alembic" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "alembic" / "env.py").write_text("from models import Base\n\ntarget_metadata = Base.metadata\n")
    (versions / "1_first.py").write_text(MIGRATION)
    survey = survey_path(tmp_path)[0]
    assert [str(f.object) for f in MigrationsBehindModels().detect(survey)] == ["players.nick"]


MYSQL = """
import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade():
    op.create_table("roms", sa.Column("rating", sa.Float()))
    op.create_table("players", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("ALTER TABLE roms ADD COLUMN id INTEGER(11) NOT NULL AUTO_INCREMENT PRIMARY KEY")


def downgrade():
    pass
"""


def test_a_table_that_is_altered_in_a_dialect_that_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(MODELS)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = alembic\nsqlalchemy.url = mysql://db/x\n")
    versions = tmp_path / "alembic" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "alembic" / "env.py").write_text("from models import Base\n\ntarget_metadata = Base.metadata\n")
    (versions / "1_first.py").write_text(MYSQL)
    survey = survey_path(tmp_path)[0]
    assert [str(f.object) for f in MigrationsBehindModels().detect(survey)] == ["players.nick"]
