"""Prisma's client in TypeScript and JavaScript: what its calls ask of the database."""

from __future__ import annotations

from dbarchitect.sources.code.typescript.prisma.vocabulary import PrismaVocabulary

__all__ = ["PrismaVocabulary"]
