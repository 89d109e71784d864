# ruff: noqa
"""Enumerations: native or not, by name or by value, with and without a CHECK."""

import enum

from sqlalchemy import Column, Enum, Integer, String
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

STATES = ("open", "closed")


class Status(enum.Enum):
    ACTIVE = "active"
    ON_HOLD = "on hold"
    ALSO_ACTIVE = "active"


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


Fruit = enum.Enum("Fruit", "apple pear")


def values(cls):
    return [member.value for member in cls]


class Base(DeclarativeBase):
    type_annotation_map = {Size: Enum(Size, native_enum=False, length=20)}


class Thing(Base):
    __tablename__ = "thing"

    id = Column(Integer, primary_key=True)
    by_name = Column(Enum(Status), nullable=False, default=Status.ACTIVE)
    by_value = Column(Enum(Status, values_callable=lambda e: [m.value for m in e], name="status_value"))
    by_function = Column(Enum(Status, values_callable=values, name="status_function"))
    written = Column(Enum("red", "green's", name="color"))
    starred = Column(Enum(*STATES, name="state"), server_default="open")
    computed = Column(Enum(*[s.value for s in Status], name="computed"))
    not_native = Column(Enum(Status, native_enum=False))
    checked = Column(Enum(Status, native_enum=False, create_constraint=True, name="checked_status"))
    long = Column(Enum("a", "bb", native_enum=False, length=50, name="long"))
    dialect = Column(postgresql.ENUM("x", "y", name="dialect_enum"))
    fruit = Column(Enum(Fruit))
    size: Mapped[Size]
    mapped: Mapped[Status]
    also: Mapped[Status] = mapped_column(Enum(Status, name="status"))
    plain = Column(String(8), default=Status.ACTIVE.value)


class Labelled(str, enum.Enum):
    def __new__(cls, value, label):
        found = str.__new__(cls, value)
        found._value_ = value
        found.label = label
        return found

    one = "ONE", "the first"
    two = "TWO", str("the second")


class Labels(Base):
    __tablename__ = "labels"
    id = Column(Integer, primary_key=True)
    label = Column(Enum(Labelled, values_callable=values))
