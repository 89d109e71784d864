"""Reads what Drizzle's schemas declare: tables, enums, views, and the relations between them."""

from __future__ import annotations

from dbarchitect.sources.drizzle.reader import DrizzleReader

__all__ = ["DrizzleReader"]
