# ruff: noqa
"""Types of the PostgreSQL dialect."""

from sqlalchemy import Column, Index, Integer, String, Text, func
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    BIT,
    BYTEA,
    CIDR,
    DATERANGE,
    DOUBLE_PRECISION,
    ENUM,
    INET,
    INT4RANGE,
    INTERVAL,
    JSON,
    JSONB,
    MACADDR,
    MONEY,
    OID,
    TIME,
    TIMESTAMP,
    TSTZRANGE,
    TSVECTOR,
    UUID,
    ExcludeConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Special(Base):
    __tablename__ = "special"

    id = Column(UUID(as_uuid=True), primary_key=True, server_default=func.gen_random_uuid())
    doc = Column(JSONB, nullable=False, server_default="{}")
    doc2 = Column(JSON)
    tags = Column(ARRAY(String(20)), server_default="{}")
    grid = Column(ARRAY(Integer, dimensions=1))
    moods = Column(ARRAY(ENUM("sad", "glad", name="mood")))
    address = Column(INET)
    net = Column(CIDR)
    mac = Column(MACADDR)
    price = Column(MONEY)
    oid = Column(OID)
    raw = Column(BYTEA)
    ratio = Column(DOUBLE_PRECISION)
    at = Column(TIMESTAMP(timezone=True, precision=3))
    clock = Column(TIME(timezone=True))
    lasts = Column(INTERVAL)
    bits = Column(BIT(3))
    varying = Column(BIT(5, varying=True))
    search = Column(TSVECTOR)
    days = Column(DATERANGE)
    numbers = Column(INT4RANGE)
    during = Column(TSTZRANGE)
    items: Mapped[list[str]] = mapped_column(postgresql.ARRAY(Text))

    __table_args__ = (
        Index("ix_special_doc", doc, postgresql_using="gin"),
        Index("ix_special_doc_path", "doc", postgresql_using="gin", postgresql_ops={"doc": "jsonb_path_ops"}),
        Index("ix_special_tags", "tags", postgresql_using="GIN"),
        Index("ix_special_key", doc["kind"].astext),
        Index("ix_special_search", "search", postgresql_using="gin"),
        Index("ix_special_nulls", "price", unique=True, postgresql_nulls_not_distinct=True),
        Index("ix_special_brin", "at", postgresql_using="brin"),
        ExcludeConstraint(("during", "&&"), using="gist", name="no_overlap"),
    )
