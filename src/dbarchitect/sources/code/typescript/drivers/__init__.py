"""Raw SQL through drivers: pg, postgres.js, Neon's and Vercel's, mysql2, better-sqlite3, libsql, Bun's, `knex.raw`."""

from __future__ import annotations

from dbarchitect.sources.code.typescript.drivers.vocabulary import DriverVocabulary

__all__ = ["DriverVocabulary"]
