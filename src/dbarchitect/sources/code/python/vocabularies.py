"""The vocabularies that a project's code needs."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.vocabulary import Vocabulary


def vocabularies_for(readings: Sequence[SourceReading]) -> tuple[Vocabulary, ...]:
    """Those of the frameworks that were read, then those of every program."""
    frameworks = {reading.application.framework for reading in readings}
    found: list[Vocabulary] = []
    if "django" in frameworks:
        from dbarchitect.sources.code.python.django import DjangoVocabulary

        found.append(DjangoVocabulary(readings))
    if frameworks - {"django"}:  # also where SQL files make the tables: `connection.execute(text("select …"))`
        from dbarchitect.sources.code.python.signed_in import SignedInVocabulary
        from dbarchitect.sources.code.python.sqlalchemy import SqlAlchemyVocabulary

        found.extend((SqlAlchemyVocabulary(readings), SignedInVocabulary()))
    from dbarchitect.sources.code.python.drivers import DriverVocabulary
    from dbarchitect.sources.code.python.named import NamedVocabulary
    from dbarchitect.sources.code.python.noticed import NoticedVocabulary
    from dbarchitect.sources.code.python.schemas import SchemaVocabulary
    from dbarchitect.sources.code.python.web import WebVocabulary

    found.extend((NamedVocabulary(readings), DriverVocabulary(readings), WebVocabulary()))
    found.extend((SchemaVocabulary(readings), NoticedVocabulary()))
    return tuple(found)
