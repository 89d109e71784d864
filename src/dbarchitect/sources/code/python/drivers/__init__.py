"""Raw SQL run through a driver: psycopg, sqlite3, asyncpg, aiosqlite, PyMySQL, a framework's cursor."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.vocabulary import Vocabulary


class DriverVocabulary(Vocabulary):
    """Cursors and connections of drivers."""

    name = "sql"
    needles = (rb"\.execute\w*\(", rb"\.executemany\(", rb"\.fetch(?:one|all|val|row|many)?\(")

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self.readings = readings
