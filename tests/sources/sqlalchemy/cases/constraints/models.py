# ruff: noqa
"""Indexes and constraints in all their spellings."""

import sqlalchemy as sa
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    and_,
    desc,
    func,
    or_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    tenant: Mapped[int]
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))
    email = Column(String(80))
    total = Column(Integer)
    slug = Column(String(20), unique=True)
    paid = Column(Boolean, nullable=False, default=False)
    deleted_at = Column(DateTime)
    created_at = Column(DateTime)
    parent_tenant = Column(Integer)
    parent_number = Column(Integer)
    checked = Column(Integer, CheckConstraint("checked >= 0"))

    __table_args__ = (
        PrimaryKeyConstraint("tenant", "number", name="pk_orders"),
        UniqueConstraint(status, total, name="uq_status_total"),
        UniqueConstraint("email", "tenant"),
        UniqueConstraint("slug"),  # said twice: the servers make one
        CheckConstraint("status IN ('new', 'paid')", name="valid_status"),
        CheckConstraint(text("total >= 0")),
        CheckConstraint(total < 1000000),
        CheckConstraint(and_(total > -5, or_(email != None, paid == True))),  # noqa: E711, E712
        ForeignKeyConstraint(["parent_tenant", "parent_number"], ["orders.tenant", "orders.number"]),
        Index("ix_lower_email", func.lower(email)),
        Index("ix_lower_text", text("lower(email)"), unique=True),
        Index("ix_desc", created_at.desc(), "total"),
        Index("ix_desc_function", desc("created_at")),
        Index("ix_text_column", text("created_at DESC")),
        Index(
            "ix_partial", "email", unique=True, postgresql_where=deleted_at.is_(None), sqlite_where=deleted_at.is_(None)
        ),
        Index("ix_partial_text", "status", postgresql_where=text("total > 5"), sqlite_where=text("total > 5")),
        Index(
            "ix_partial_in",
            "total",
            postgresql_where=status.in_(["new", "paid"]),
            sqlite_where=status.in_(["new", "paid"]),
        ),
        Index("ix_partial_not", "created_at", postgresql_where=~paid, sqlite_where=~paid),
        Index("ix_covering", "total", postgresql_include=["status"]),
        Index("ix_pattern", "status", postgresql_ops={"status": "varchar_pattern_ops"}),
        Index("ix_hash", "email", postgresql_using="hash"),
        Index("ix_two", "parent_tenant", "parent_number"),
    )


class Line(Base):
    __tablename__ = "lines"
    id = mapped_column(Integer, primary_key=True)
    a = mapped_column(Integer, nullable=False)
    b = mapped_column(Integer, index=True, unique=True)
    c = mapped_column(String(5), unique=True)


Index("ix_lines_a_b", Line.a, Line.b.desc())
Index("ix_lines_sum", Line.a + Line.b)
Index("ix_lines_coalesce", func.coalesce(Line.c, "none"), unique=True)
