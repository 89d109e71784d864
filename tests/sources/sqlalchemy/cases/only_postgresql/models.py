# ruff: noqa
"""What SQLite refuses."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class TwoNumbered(Base):
    __tablename__ = "two_numbered"
    a = Column(Integer, primary_key=True, autoincrement=True)
    b = Column(String(5), primary_key=True)
    c = Column(Integer, ForeignKey("one.id", deferrable=True, initially="deferred", name="later"))
    d = Column(Integer)
    __table_args__ = (
        UniqueConstraint(c, d, deferrable=True, initially="DEFERRED"),
        Index("ix_nulls", d.desc().nulls_last(), c.asc().nulls_first()),
        Index("ix_nulls_default", d.desc().nulls_first(), c.asc().nulls_last()),
        UniqueConstraint("d", postgresql_include=["c"]),
        {"prefixes": ["UNLOGGED"]},
    )


class One(Base):
    __tablename__ = "one"
    __table_args__ = {"prefixes": ["UNLOGGED"]}
    id = Column(Integer, primary_key=True)
