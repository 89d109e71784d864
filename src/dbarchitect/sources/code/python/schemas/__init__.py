"""Schemas and forms beside the database: pydantic, SQLModel, marshmallow, WTForms."""

from __future__ import annotations

from dbarchitect.sources.code.python.schemas.vocabulary import SchemaVocabulary

__all__ = ["SchemaVocabulary"]
