"""Django's ORM."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.vocabulary import Vocabulary


class DjangoVocabulary(Vocabulary):
    """Managers, querysets, rows."""

    name = "django"
    needles = (rb"\.objects\b",)

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self.readings = readings
