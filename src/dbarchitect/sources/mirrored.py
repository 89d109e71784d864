"""Models that only mirror a database which SQL makes, in migrations, in files that the program runs or in the texts of
scripts: the SQL tells what is there.

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
from dbarchitect.sources.configuration.environments import environment_of_path
from dbarchitect.sources.discover import Project
from dbarchitect.sources.same import is_mirrored
from dbarchitect.sources.typescript.words import Words

if TYPE_CHECKING:
    from dbarchitect.sources.python.index import PythonIndex
    from dbarchitect.sources.typescript.index import TypeScriptIndex


_VIRTUAL = re.compile(rb"create\s+virtual\s+table\s+(?:if\s+not\s+exists\s+)?[\"`\[]?(?P<name>\w+)", re.IGNORECASE)
_MADE = Words.of((rb"create(?i:\s+table)", rb"CREATE(?i:\s+TABLE)"))


def with_mirrored(
    project: Project,
    readings: Sequence[SourceReading],
    index: PythonIndex,
    scripts: TypeScriptIndex | None = None,
) -> list[SourceReading]:
    """The readings, those of models without migrations of their own with the schema that SQL migrations make of all
    their tables, or SQL files that the program names."""
    if not any(_may_mirror(reading) for reading in readings):
        return list(readings)
    made: list[SourceReading] = []
    if project.by_suffix(".sql", ".ddl"):
        from dbarchitect.sources.sqlfiles import SqlFilesReader

        files = SqlFilesReader().read(project)
        made.extend(reading for reading in files if reading.history is not None or _is_run(reading, index))
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


def _is_run(reading: SourceReading, index: PythonIndex) -> bool:
    """Whether a module of the program names one of the files: it makes its database by them."""
    names = (path.rpartition("/")[2].encode() for path in reading.files)
    return any(environment_of_path(m.path) != "testing" for name in names for m in index.candidates(name))


def _together(made: Sequence[SourceReading], reading: SourceReading) -> SourceReading | None:
    """What the SQL makes that most of the models mirror, with the tables of others that the rest do."""
    names = {table.ref.key for table in reading.catalog.tables}
    ranked = sorted(made, key=lambda m: -sum(table.ref.key in names for table in m.catalog.tables))
    if not ranked:
        return None
    first, *rest = ranked
    known = {table.ref.key for table in first.catalog.tables}
    others = {t.ref.key: t for m in rest for t in m.catalog.tables if t.ref.key in names - known}
    whole = replace(first, catalog=replace(first.catalog, tables=(*first.catalog.tables, *others.values())))
    return whole if len(others) < len(names & known) and is_mirrored(whole, reading) else None


def _told(reading: SourceReading, made: Sequence[SourceReading], virtual: frozenset[str]) -> SourceReading:
    engine = reading.catalog.engine.name
    alike = [m for m in made if m.catalog.engine.name == engine]
    found = next((m for m in alike if is_mirrored(m, reading)), None) or _together(alike, reading)
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
