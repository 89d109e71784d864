"""Drizzle's query builder, relational queries and `sql` templates."""

from __future__ import annotations

from dbarchitect.sources.code.typescript.drizzle.vocabulary import DrizzleVocabulary

__all__ = ["DrizzleVocabulary"]
