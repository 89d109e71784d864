"""Schemas above the database: zod, valibot, yup, Joi, drizzle-zod, decorators of class-validator, unions of strings."""

from __future__ import annotations

from dbarchitect.sources.code.typescript.zod.vocabulary import SchemaVocabulary

__all__ = ["SchemaVocabulary"]
