# ruff: noqa
"""Schemas: of the MetaData, of single tables, foreign keys across them."""

import enum

from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

metadata = MetaData(schema="app")


class Kind(enum.Enum):
    a = 1
    b = 2


class Base(DeclarativeBase):
    metadata = metadata


class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind]


class Child(Base):
    __tablename__ = "child"
    __table_args__ = {"schema": "other"}
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("app.parent.id"))
    plain_id = mapped_column(ForeignKey("parent.id"))


class InPublic(Base):
    __tablename__ = "in_public"
    __table_args__ = ({"schema": "public"},)
    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("other.child.id"))


links = Table("links", metadata, Column("a", ForeignKey("other.child.id")), Column("b", ForeignKey(Parent.id)))


class Explicit(Base):
    __tablename__ = "explicit"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind = mapped_column(Enum("x", "y", name="explicit_kind"))
    named = mapped_column(Enum("x", "y", name="named_kind", schema="other"))


kinds = Table(
    "kinds",
    metadata,
    Column("kind", Enum("x", "z", name="table_kind")),
    Column("of_class", Enum(Kind, name="class_kind")),
)
