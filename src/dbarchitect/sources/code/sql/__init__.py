"""Reads queries written as text, for every language: `read_sql` and `looks_like_sql`.

The parser is imported by the first statement that is read, not before.
"""

from __future__ import annotations

from dbarchitect.sources.code.sql.reader import read_sql
from dbarchitect.sources.code.sql.recognise import looks_like_sql
from dbarchitect.sources.code.sql.shapes import LONGEST_TEXT, Hole, SqlQuery, StatementKind, Unreadable

__all__ = ["LONGEST_TEXT", "Hole", "SqlQuery", "StatementKind", "Unreadable", "looks_like_sql", "read_sql"]
