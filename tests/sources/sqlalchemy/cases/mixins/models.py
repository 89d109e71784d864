# ruff: noqa
"""Mixins, abstract bases, declared_attr, names that functions compute."""

import re

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, String, UniqueConstraint, func
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_mixin, declared_attr, mapped_column, relationship


def camel_to_snake(name: str) -> str:
    """CamelCase to camel_case."""
    first = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", first).lower()


def split_name(name):
    words = re.split("(?=[A-Z])", name)
    return "_".join([word.lower() for word in words if word])


MORE = (Index("ix_more", "title"),)


class Base(DeclarativeBase):
    __abstract__ = True


@declarative_mixin
class TimestampMixin:
    created_at = Column(DateTime, nullable=False, server_default=func.now())
    updated_at = mapped_column(DateTime, onupdate=func.now())

    @declared_attr
    def __table_args__(cls):
        return (Index(f"ix_{cls.__tablename__}_created", "created_at"),)


class NamedMixin:
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return camel_to_snake(cls.__name__)

    name: Mapped[str] = mapped_column(String(64))


class OwnedMixin:
    OWNER = "people.id"

    @declared_attr
    def owner_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey(cls.OWNER, ondelete="CASCADE"), index=True)

    @declared_attr
    def owner(cls):
        return relationship("Person")


class Model(Base):
    __abstract__ = True

    id = Column(Integer, primary_key=True)

    @declared_attr
    def __tablename__(cls):
        return split_name(cls.__name__)


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)


class HTTPRequestLog(NamedMixin, OwnedMixin, Base):
    id: Mapped[int] = mapped_column(primary_key=True)


class UserGroup(TimestampMixin, Model):
    title = Column(String(10))


class Overridden(TimestampMixin, Model):
    __tablename__ = "overridden"
    __table_args__ = (UniqueConstraint("title"), *MORE)
    created_at = Column(String(5))
    title = Column(String(10))


class Lower(Model):
    @declared_attr
    def __tablename__(cls):
        return cls.__name__.lower() + "s"

    @declared_attr
    def code(cls):
        if cls.__name__ == "Lower":
            return Column(String(3))
        return Column(Integer)
