# ruff: noqa
"""Flask-SQLAlchemy 3.1 with a base of one's own."""

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"ix": "ix_%(column_0_label)s", "pk": "pk_%(table_name)s"})
    registry = registry(type_annotation_map={str: String(99)}, metadata=metadata)


db = SQLAlchemy(model_class=Base)


class UserProfile(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bio: Mapped[str | None] = mapped_column(db.Text)


metadata = db.metadata
