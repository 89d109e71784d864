# ruff: noqa
"""The declarative style of 2.0: Mapped, Annotated, a type map."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, List, Literal, NewType, Optional, Union

from sqlalchemy import JSON, BigInteger, ForeignKey, Numeric, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

intpk = Annotated[int, mapped_column(primary_key=True)]
required_name = Annotated[str, mapped_column(String(50), nullable=False)]
user_fk = Annotated[int, mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)]
timestamp = Annotated[datetime.datetime, mapped_column(server_default=func.current_timestamp())]
str_30 = Annotated[str, 30]
num_12_4 = Annotated[decimal.Decimal, 12]
UserId = NewType("UserId", int)


class Color(enum.Enum):
    RED = "r"
    GREEN = "g"


class Level(str, enum.Enum):
    low = "LOW"
    high = "HIGH"


class Base(DeclarativeBase):
    type_annotation_map = {
        str_30: String(30),
        num_12_4: Numeric(12, 4),
        dict[str, Any]: JSON,
        UserId: BigInteger,
        decimal.Decimal: Numeric(8, 2),
    }


class Account(Base):
    __tablename__ = "account"

    id: Mapped[intpk]
    name: Mapped[required_name]
    short: Mapped[str_30]
    maybe_short: Mapped[Optional[str_30]]
    ratio: Mapped[num_12_4]
    price: Mapped[decimal.Decimal]
    created_at: Mapped[timestamp]
    nickname: Mapped[str | None]
    alias: Mapped[Optional[str]] = mapped_column(String(40), unique=True)
    both: Mapped[Union[str, None]] = mapped_column(index=True)
    forced: Mapped[Optional[int]] = mapped_column(nullable=False)
    loosened: Mapped[int] = mapped_column(nullable=True)
    active: Mapped[bool] = mapped_column(default=True)
    rate: Mapped[float]
    day: Mapped[datetime.date]
    hour: Mapped[datetime.time]
    span: Mapped[datetime.timedelta]
    blob: Mapped[bytes]
    token: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    color: Mapped[Color]
    level: Mapped[Optional[Level]] = mapped_column(default=Level.low)
    kind: Mapped[Literal["plain", "fancy"]]
    external: Mapped[UserId] = mapped_column(BigInteger)
    plain: Mapped[UserId]
    quoted: Mapped["Optional[int]"]
    renamed: Mapped[str] = mapped_column("given_name", String(10))
    posts: Mapped[List["Entry"]] = relationship(back_populates="account", passive_deletes=True)


class Entry(Base):
    __tablename__ = "entry"

    id: Mapped[intpk]
    account_id: Mapped[user_fk]
    parent_id: Mapped[Optional[int]] = mapped_column(ForeignKey("entry.id"))
    account: Mapped["Account"] = relationship(back_populates="posts")
    parent: Mapped[Optional["Entry"]] = relationship(remote_side=[id])


class Misnamed(Base):
    __tablename__ = "misnamed"

    id: Mapped[intpk]
    entry_id: Mapped[str] = mapped_column(ForeignKey("entry.id"))
