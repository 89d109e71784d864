# ruff: noqa
"""Defaults, sequences, identity, computed columns, self-numbering keys."""

import sqlalchemy as sa
from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    FetchedValue,
    ForeignKey,
    Identity,
    Integer,
    Sequence,
    SmallInteger,
    String,
    func,
    text,
)
from sqlalchemy.orm import declarative_base
from sqlalchemy.schema import DefaultClause

Base = declarative_base()
numbers = Sequence("numbers")


class Plain(Base):
    __tablename__ = "plain"
    id = Column(Integer, primary_key=True)
    text_ = Column(String(20), server_default="it's")
    number = Column(Integer, server_default="5", nullable=False)
    negative = Column(Integer, server_default=text("-1"))
    decimal = Column(sa.Numeric(5, 2), server_default="1.50")
    yes = Column(sa.Boolean, server_default=sa.true())
    no = Column(sa.Boolean, server_default=text("false"))
    quoted = Column(sa.Boolean, server_default="1")
    now = Column(sa.DateTime, server_default=func.now())
    stamp = Column(sa.DateTime, server_default=func.current_timestamp())
    stamped = Column(sa.DateTime, server_default=text("CURRENT_TIMESTAMP"))
    fetched = Column(Integer, server_default=FetchedValue())
    clause = Column(String(5), DefaultClause("abc"))
    doc = Column(sa.JSON, server_default=text("'{}'"))
    nothing_ = Column(String(5), server_default=None)
    width = Column(Integer, default=3, onupdate=4)
    area = Column(Integer, Computed("width * 2", persisted=True))


class Big(Base):
    __tablename__ = "big"
    id = Column(BigInteger, primary_key=True)


class Small(Base):
    __tablename__ = "small"
    id = Column(SmallInteger, primary_key=True)


class Textual(Base):
    __tablename__ = "textual"
    id = Column(String(36), primary_key=True)


class Manual(Base):
    __tablename__ = "manual"
    id = Column(Integer, primary_key=True, autoincrement=False)


class Filled(Base):
    __tablename__ = "filled"
    id = Column(Integer, primary_key=True, default=lambda: 7)


class Constant(Base):
    __tablename__ = "constant"
    id = Column(Integer, primary_key=True, server_default=text("7"))


class Pointing(Base):
    __tablename__ = "pointing"
    id = Column(Integer, ForeignKey("plain.id"), primary_key=True)


class Identified(Base):
    __tablename__ = "identified"
    id = Column(BigInteger, Identity(always=True), primary_key=True)


class IdentifiedByDefault(Base):
    __tablename__ = "identified_by_default"
    id = Column(Integer, Identity(start=10), primary_key=True)


class Sequenced(Base):
    __tablename__ = "sequenced"
    id = Column(Integer, Sequence("sequenced_ids"), primary_key=True)


class Two(Base):
    __tablename__ = "two"
    a = Column(Integer, primary_key=True)
    b = Column(Integer, primary_key=True)


class Automatic(Base):
    __tablename__ = "automatic"
    __table_args__ = {"sqlite_autoincrement": True}
    id = Column(Integer, primary_key=True)
