"""SQLAlchemy, Flask-SQLAlchemy and SQLModel, read without importing or running anything."""

from dbarchitect.sources.sqlalchemy.reader import READER, SqlAlchemyReader

__all__ = ["READER", "SqlAlchemyReader"]
