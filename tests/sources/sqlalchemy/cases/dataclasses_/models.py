# ruff: noqa
"""Models that are dataclasses."""

from dataclasses import dataclass, field
from typing import Optional

from sqlalchemy import Column, ForeignKey, Integer, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, composite, mapped_column, registry

reg = registry()


class Base(MappedAsDataclass, DeclarativeBase):
    registry = reg


class User(Base):
    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str]
    email: Mapped[Optional[str]] = mapped_column(String(30), default=None)
    made: Mapped[str] = mapped_column(insert_default=func.now(), init=False)


@reg.mapped_as_dataclass
class Address:
    __tablename__ = "address"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), init=False)
    street: Mapped[str] = mapped_column(String(100), kw_only=True)


metadata = reg.metadata


@dataclass
class Point:
    x: int
    y: Optional[int]


class Vertex(Base):
    __tablename__ = "vertex"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    start: Mapped[Point] = composite(mapped_column("x1"), mapped_column("y1"))
    end: Mapped[Point] = composite(Point, mapped_column("x2"), mapped_column("y2", String(3)))


@reg.mapped
@dataclass
class Plain:
    __tablename__ = "plain"
    __sa_dataclass_metadata_key__ = "sa"

    id: int = field(init=False, metadata={"sa": Column(Integer, primary_key=True)})
    name: Optional[str] = field(default=None, metadata={"sa": Column(String(50))})
