# ruff: noqa
"""Every generic and SQL type."""

import sqlalchemy as sa
from sqlalchemy import *  # noqa: F403
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class All(Base):
    __tablename__ = "all_types"
    id = Column(Integer, primary_key=True)
    a01 = Column(SmallInteger)
    a02 = Column(sa.types.BigInteger())
    a03 = Column(Unicode)
    a04 = Column(UnicodeText)
    a05 = Column(Numeric)
    a06 = Column(Numeric(10))
    a07 = Column(DECIMAL(5, 1))
    a08 = Column(Float(24))
    a09 = Column(Float(53))
    a10 = Column(Double)
    a11 = Column(REAL)
    a12 = Column(FLOAT)
    a13 = Column(DOUBLE_PRECISION)
    a14 = Column(DateTime(timezone=False))
    a15 = Column(DateTime(True))
    a16 = Column(TIMESTAMP)
    a17 = Column(TIMESTAMP(timezone=True))
    a18 = Column(Time(timezone=True))
    a19 = Column(Interval(native=False))
    a20 = Column(LargeBinary(16))
    a21 = Column(Uuid(native_uuid=False))
    a22 = Column(Uuid(as_uuid=False))
    a23 = Column(UUID)
    a24 = Column(CHAR)
    a25 = Column(VARCHAR(4))
    a26 = Column(VARCHAR)
    a27 = Column(BOOLEAN)
    a28 = Column(INT)
    a29 = Column(BIGINT)
    a30 = Column(DATE)
    a31 = Column(JSON(none_as_null=True))
    a32 = Column(NUMERIC(precision=12, scale=3))
    a33 = Column(String(length=7))
    a34 = Column(TEXT)
