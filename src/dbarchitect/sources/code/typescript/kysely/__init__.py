"""Kysely's query builder: tables and columns by their names in the database. Conditions, templates and results are
those of the room next door, `drizzle`."""

from __future__ import annotations

from dbarchitect.sources.code.typescript.kysely.vocabulary import KyselyVocabulary

__all__ = ["KyselyVocabulary"]
