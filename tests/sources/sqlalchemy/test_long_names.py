"""Names that a naming convention makes too long are shortened as SQLAlchemy shortens them."""

from __future__ import annotations

import pytest
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from dbarchitect.sources.sqlalchemy.naming import constraint_name

CONVENTION = {"ck": "%(table_name)s_%(constraint_name)s_check"}


@pytest.mark.parametrize("length", [5, 51, 52, 80])
def test_as_sqlalchemy_does(length: int) -> None:
    own = "n" * length
    table = Table(
        "orders", MetaData(naming_convention=CONVENTION), Column("n", Integer), CheckConstraint("n > 0", name=own)
    )
    name = constraint_name("ck", CONVENTION, "orders", (), explicit=own)
    assert f"CONSTRAINT {name} CHECK" in str(CreateTable(table).compile(dialect=postgresql.dialect()))
