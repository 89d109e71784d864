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


def behind(folder: Path, migration: str, url: str = "postgresql://db/x") -> list[str]:
    """What the migrations lack of the models, after one that makes their tables."""
    (folder / "models.py").write_text(MODELS)
    (folder / "alembic.ini").write_text(f"[alembic]\nscript_location = alembic\nsqlalchemy.url = {url}\n")
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic" / "env.py").write_text("from models import Base\n\ntarget_metadata = Base.metadata\n")
    (versions / "1_first.py").write_text(migration)
    return [str(f.object) for f in MigrationsBehindModels().detect(survey_path(folder)[0])]


def test_a_table_that_is_changed_by_an_unknown_text(tmp_path: Path) -> None:
    assert behind(tmp_path, MIGRATION) == ["players.nick"]


def test_a_table_that_is_altered_in_a_dialect_that_is_not_read(tmp_path: Path) -> None:
    assert behind(tmp_path, MYSQL, "mysql://db/x") == ["players.nick"]
