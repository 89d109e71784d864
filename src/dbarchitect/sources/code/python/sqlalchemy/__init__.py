"""SQLAlchemy's ORM and Core, Flask-SQLAlchemy and SQLModel."""

from __future__ import annotations

from dbarchitect.sources.code.python.sqlalchemy.vocabulary import SqlAlchemyVocabulary

__all__ = ["SqlAlchemyVocabulary"]
