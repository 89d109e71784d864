"""A column that may be NULL beside a default: how bad that is depends on what the default holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.finding import Level
from dbarchitect.rules.constraints.nullable_always_written import NullableAlwaysWritten
from dbarchitect.sources.opened import survey_path

SQLALCHEMY = """
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Rom(Base):
    __tablename__ = "roms"
    id: Mapped[int] = mapped_column(primary_key=True)
    {0}
"""
DJANGO = """
from django.db import models


class Rom(models.Model):
    {0}
"""
SETTINGS = "INSTALLED_APPS = ['shop']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n"


def level(folder: Path) -> Level:
    (found,) = NullableAlwaysWritten().detect(survey_path(folder)[0])
    return found.level or Level.WARNING


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("genres: Mapped[list | None] = mapped_column(JSON, default=[])", Level.INFO),
        ("genres: Mapped[list | None] = mapped_column(JSON, default=list)", Level.INFO),
        ("genres: Mapped[dict | None] = mapped_column(JSON, default=lambda: {})", Level.INFO),
        ("genres: Mapped[dict | None] = mapped_column(JSON, default=lambda: dict())", Level.INFO),
        ("genres: Mapped[dict | None] = mapped_column(JSON, default=lambda: {'a': 1})", Level.WARNING),
        ("genres: Mapped[list] = mapped_column(JSON, nullable=True, default=list)", Level.WARNING),
        ("plays: Mapped[int | None] = mapped_column(default=0)", Level.WARNING),
    ],
)
def test_sqlalchemy(tmp_path: Path, field: str, expected: Level) -> None:
    (tmp_path / "models.py").write_text(SQLALCHEMY.format(field))
    assert level(tmp_path) is expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("genres = models.JSONField(null=True, blank=True, default=list)", Level.INFO),
        ("genres = models.JSONField(null=True, default=list)", Level.WARNING),
    ],
)
def test_django(tmp_path: Path, field: str, expected: Level) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "shop" / "models.py").write_text(DJANGO.format(field))
    assert level(tmp_path) is expected
