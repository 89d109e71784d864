"""What models say of NULL beyond the column: that nobody chose it, that None is refused, that some rows have it."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.members import Declared
from dbarchitect.testing.projects import read_models

DJANGO = """
from django.db import models


class Thing(models.Model):
    c = models.{written}
"""
SQLALCHEMY = """
from sqlalchemy import Boolean, Column, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "shop_thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    {written}


class Part(Thing):
    size: Mapped[int] = mapped_column(Integer, nullable=True)
"""


def declared(reader: str, text: str, column: str = "c") -> Declared:
    table = next(table for table in read_models(reader, text).tables if table.name == "shop_thing")
    found = table.column(column)
    assert found is not None
    return found.declared or Declared()


@pytest.mark.parametrize(
    ("written", "never_none", "null_said", "computed"),
    [
        ("BooleanField(null=True, default=False)", True, True, False),
        ("BooleanField(null=True)", True, False, False),
        ("BooleanField(null=True, default=None)", False, True, False),
        ("BooleanField(null=True, blank=True, default=False)", False, True, False),
        ("BooleanField(default=False)", False, False, False),
        ("JSONField(null=True, default=dict)", True, True, True),
    ],
)
def test_django(written: str, never_none: bool, null_said: bool, computed: bool) -> None:
    found = declared("django", DJANGO.format(written=written))
    assert (found.never_none, found.null_said, found.computed_default) == (never_none, null_said, computed)


@pytest.mark.parametrize(
    ("written", "never_none", "null_said", "computed"),
    [
        ("c: Mapped[str] = mapped_column(String, nullable=True)", True, False, False),
        ("c: Mapped[str | None] = mapped_column(String)", False, False, False),
        ("c: Mapped[bool | None] = mapped_column(Boolean, default=False)", False, True, False),
        ("c: Mapped[int] = mapped_column(Integer, nullable=True, default=lambda: 1)", True, True, True),
        ("c = Column(Boolean, default=False)", False, False, False),
        ("c = Column(Boolean, default=False, nullable=True)", False, True, False),
    ],
)
def test_sqlalchemy(written: str, never_none: bool, null_said: bool, computed: bool) -> None:
    found = declared("sqlalchemy", SQLALCHEMY.format(written=written))
    assert (found.never_none, found.null_said, found.computed_default) == (never_none, null_said, computed)


def test_a_column_of_a_subclass_belongs_to_some_rows() -> None:
    text = SQLALCHEMY.format(written="c: Mapped[int] = mapped_column(Integer)")
    assert declared("sqlalchemy", text, "size").some_rows
    assert not declared("sqlalchemy", text).some_rows
