"""Models that only mirror a database which migrations in SQL make: the migrations tell what is there.

A program may declare with Drizzle or Prisma what it asks of a database that somebody else makes (a hosting service's
migrations, another team's): columns and types, so that queries are typed, and no index, key or CHECK. Who judged such
models would miss all of those. They still tell which class stands for which table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project
from dbarchitect.sources.same import is_mirrored


def with_mirrored(project: Project, readings: Sequence[SourceReading]) -> list[SourceReading]:
    """The readings, those of models without migrations of their own with the schema that SQL migrations make of all
    their tables."""
    if not any(_may_mirror(reading) for reading in readings) or not project.by_suffix(".sql", ".ddl"):
        return list(readings)
    from dbarchitect.sources.sqlfiles import SqlFilesReader

    made = [reading for reading in SqlFilesReader().read(project) if reading.history is not None]
    return [_told(reading, made) if _may_mirror(reading) else reading for reading in readings]


def _may_mirror(reading: SourceReading) -> bool:
    return reading.history is None and not reading.migrations and bool(reading.models) and bool(reading.catalog.tables)


def _told(reading: SourceReading, made: Sequence[SourceReading]) -> SourceReading:
    engine = reading.catalog.engine.name
    found = next((m for m in made if m.catalog.engine.name == engine and is_mirrored(m, reading)), None)
    if found is None:
        return reading
    others = tuple(table for table in reading.catalog.tables if found.catalog.table(table.ref) is None)
    engines = (*reading.configured_engines, *found.configured_engines)
    return replace(
        reading,
        catalog=replace(found.catalog, tables=(*found.catalog.tables, *others)),
        configured_engines=tuple(dict.fromkeys(engines)),
        diagnostics=(*reading.diagnostics, *found.diagnostics),
        files=(*reading.files, *found.files),
        migrations=found.migrations,
        history=found.history,
    )
