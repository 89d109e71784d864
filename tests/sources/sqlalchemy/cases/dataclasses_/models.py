# ruff: noqa
"""Models that are dataclasses."""

from typing import Optional

from sqlalchemy import ForeignKey, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, registry

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
