"""Reads Prisma schemas: the catalog that `prisma migrate` makes of them."""

from __future__ import annotations

from dbarchitect.sources.prisma.reader import PrismaReader

__all__ = ["PrismaReader"]
