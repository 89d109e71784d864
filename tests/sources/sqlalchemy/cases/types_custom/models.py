# ruff: noqa
"""The project's own types, variants, mutable types."""

import json

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, Text, TypeDecorator, types
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import declarative_base

Base = declarative_base()
JSONVariant = sa.JSON().with_variant(JSONB(), "postgresql")
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class JSONText(TypeDecorator):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return json.dumps(value)


class EncryptedString(types.TypeDecorator):
    impl = types.String
    cache_ok = True


class Fixed(TypeDecorator):
    impl = String(12)
    cache_ok = True


class GUID(TypeDecorator):
    impl = types.CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect):
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID())
        else:
            return dialect.type_descriptor(types.CHAR(36))


class Prefixed(TypeDecorator):
    impl = String
    cache_ok = True

    def __init__(self, prefix, length=10):
        self.prefix = prefix
        super().__init__(length=length)


class Inherited(JSONText):
    pass


class Slug(String):
    pass


class Things(Base):
    __tablename__ = "things"
    id = Column(BigId, primary_key=True)
    variant = Column(JSONVariant)
    inline = Column(sa.Text().with_variant(mysql.LONGTEXT(), "mysql"))
    either = Column(String(5).with_variant(String(9), "postgresql", "sqlite"))
    json_text = Column(JSONText)
    json_call = Column(JSONText())
    secret = Column(EncryptedString(255))
    fixed = Column(Fixed)
    guid = Column(GUID())
    prefixed = Column(Prefixed("usr"))
    longer = Column(Prefixed("usr", length=20))
    inherited = Column(Inherited)
    slug = Column(Slug(33))
    mutable = Column(MutableDict.as_mutable(sa.JSON))
