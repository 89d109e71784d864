# ruff: noqa
"""A class that is given to declarative_base and takes its name afterwards."""

from sqlalchemy import BLANK_SCHEMA, CheckConstraint, Column, Integer, MetaData, String, Table
from sqlalchemy.orm import declarative_base, declared_attr

metadata = MetaData()


class Base:
    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower()

    id = Column(Integer, primary_key=True)


Base = declarative_base(cls=Base, metadata=metadata)


class User(Base):
    name = Column(String(9), nullable=False)


class Note(Base):
    __tablename__ = "notes"
    text = Column(String)


blank = Table("blank", metadata, Column("value", Integer), schema=BLANK_SCHEMA)
CheckConstraint(blank.c.value > 5)
