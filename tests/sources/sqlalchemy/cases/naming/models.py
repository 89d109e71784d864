# ruff: noqa
"""A naming convention."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase

convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=convention)


class A(Base):
    __tablename__ = "a"
    id = Column(Integer, primary_key=True)
    x = Column(Integer, unique=True)
    y = Column(Integer, index=True)
    z = Column(String(3), ForeignKey("b.code"))
    __table_args__ = (CheckConstraint("x > 0", name="positive"), UniqueConstraint("y", "z"), Index(None, "x", "y"))


class B(Base):
    __tablename__ = "b"
    code = Column(String(3), primary_key=True)
