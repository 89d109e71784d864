# ruff: noqa
"""The declarative style of 1.x: declarative_base(), Column with and without a name."""

import datetime

import sqlalchemy as sa
from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import backref, declarative_base, relationship

Base = declarative_base()
NAME_LENGTH = 80


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    name = Column("full_name", String(NAME_LENGTH), nullable=False)
    email = Column(String(NAME_LENGTH * 2), unique=True, index=True, nullable=False)
    nickname = Column(String, unique=True)
    bio = Column(Text, comment='about "me"')
    active = Column(Boolean, default=True, nullable=False)
    age = Column(sa.SmallInteger)
    visits = Column(sa.BigInteger, default=0)
    balance = Column(sa.Numeric(10, 2), nullable=False, server_default="0")
    score = Column(sa.Float)
    created_at = Column(sa.DateTime, default=datetime.datetime.utcnow, nullable=False)
    updated_at = Column(sa.DateTime(timezone=True), onupdate=sa.func.now(), server_default=sa.func.now())
    born = Column(sa.Date)
    wakes = Column(sa.Time())
    photo = Column(sa.LargeBinary)
    pickled = Column(sa.PickleType)
    lasts = Column(sa.Interval)
    extra = Column("metadata", sa.JSON)
    code = Column(sa.CHAR(3))
    uid = Column(sa.Uuid)
    metadata_ = Column(sa.Unicode(20), key="meta_key", index=True)
    posts = relationship("Post", back_populates="author", cascade="all, delete-orphan")


class Post(Base):
    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("author_id", "slug"),
        CheckConstraint("length(title) > 0", name="title_not_empty"),
        Index("ix_posts_author_created", "author_id", "created_at"),
        {"comment": "what people write"},
    )

    id = Column(sa.BigInteger, primary_key=True)
    author_id = Column(ForeignKey("users.id", ondelete="CASCADE"), nullable=False)
    editor_id = Column(Integer, ForeignKey("users.id", onupdate="CASCADE"), nullable=True)
    reviewer_id = Column(ForeignKey(User.id, ondelete="SET NULL"))
    title = Column(String(200), nullable=False)
    slug = Column(String(200), server_default="untitled")
    created_at = Column(sa.TIMESTAMP(timezone=True))
    published = Column(Boolean, server_default=sa.false(), nullable=False)
    rank = Column(Integer, server_default=sa.text("1"), nullable=False)
    author = relationship("User", back_populates="posts", foreign_keys=[author_id])


class Comment(Base):
    __tablename__ = "comments"
    id = Column(Integer, primary_key=True, autoincrement=True)
    post_id = Column(sa.BigInteger, ForeignKey("posts.id"), index=True)
    post = relationship(Post, backref=backref("comments", cascade="all"))


class Membership(Base):
    __tablename__ = "memberships"
    user_id = Column(Integer, ForeignKey("users.id"), primary_key=True)
    group_id = Column(Integer, primary_key=True, autoincrement=False)
