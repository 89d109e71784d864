"""Models that only mirror a database which migrations in SQL make, in files of their own or in the texts of scripts:
the migrations tell what is there.

A program may declare with Drizzle or Prisma what it asks of a database that somebody else makes (a hosting service's
migrations, another team's): columns and types, so that queries are typed, and no index, key or CHECK. Who judged such
models would miss all of those. They still tell which class stands for which table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project
from dbarchitect.sources.same import is_mirrored

if TYPE_CHECKING:
    from dbarchitect.sources.typescript.index import TypeScriptIndex


_VIRTUAL = re.compile(rb"create\s+virtual\s+table\s+(?:if\s+not\s+exists\s+)?[\"`\[]?(?P<name>\w+)", re.IGNORECASE)
_MADE = re.compile(rb"create(?i:\s+table)|CREATE(?i:\s+TABLE)")


def with_mirrored(
    project: Project, readings: Sequence[SourceReading], scripts: TypeScriptIndex | None = None
) -> list[SourceReading]:
    """The readings, those of models without migrations of their own with the schema that SQL migrations make of all
    their tables."""
    if not any(_may_mirror(reading) for reading in readings):
        return list(readings)
    made: list[SourceReading] = []
    if project.by_suffix(".sql", ".ddl"):
        from dbarchitect.sources.sqlfiles import SqlFilesReader

        made.extend(reading for reading in SqlFilesReader().read(project) if reading.history is not None)
    if scripts is not None and scripts.matching(_MADE):
        from dbarchitect.sources.embedded.scripts import read_embedded_scripts

        engine = next(reading.catalog.engine.name for reading in readings if _may_mirror(reading))
        made.extend(read_embedded_scripts(project, scripts, engine))
    virtual = _virtual(project, scripts) if made else frozenset()
    return [_told(reading, made, virtual) if _may_mirror(reading) else reading for reading in readings]


def _virtual(project: Project, scripts: TypeScriptIndex | None) -> frozenset[str]:
    """The names of the tables that a module of the engine keeps (SQLite's full text): they have no keys to judge."""
    files = list(project.by_suffix(".sql", ".ddl"))
    if scripts is not None:
        paths = set(scripts.matching(_VIRTUAL))
        files.extend(file for file in project.files if file.path in paths)
    found: set[str] = set()
    for file in files:
        with suppress(OSError):
            found.update(match["name"].decode(errors="replace") for match in _VIRTUAL.finditer(file.read_bytes()))
    return frozenset(found)


def _may_mirror(reading: SourceReading) -> bool:
    return reading.history is None and not reading.migrations and bool(reading.models) and bool(reading.catalog.tables)


def _told(reading: SourceReading, made: Sequence[SourceReading], virtual: frozenset[str]) -> SourceReading:
    engine = reading.catalog.engine.name
    found = next((m for m in made if m.catalog.engine.name == engine and is_mirrored(m, reading)), None)
    if found is None:
        return reading
    missing = (table for table in reading.catalog.tables if found.catalog.table(table.ref) is None)
    others = tuple(table for table in missing if table.name not in virtual)
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
