"""Which environment's migrations make the tables of which application: shared tables decide, then nearness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.migrations import History
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Application, ConfiguredEngine
from dbarchitect.sources.alembic.environments import Environment, find_environments
from dbarchitect.sources.alembic.reader import Replayed, replay
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.configuration import choose_engine, configured_engines
from dbarchitect.sources.discover import Project
from dbarchitect.sources.python.index import PythonIndex

_SHARED_AT_LEAST = 0.5
_ASSUMED_AT_MOST = 0.2
"""The share of tables which no migration creates that may be taken over from the models, so that the rest compares."""


def with_migrations(
    project: Project, index: PythonIndex, readings: Sequence[SourceReading]
) -> tuple[SourceReading, ...]:
    """The readings of SQLAlchemy's models with what their migrations did.

    An environment that belongs to none of them is an application of its own where its migrations create tables.
    """
    owned: dict[int, list[Replayed]] = {}
    alone: list[SourceReading] = []
    for environment in find_environments(project, index):
        engines = _engines(project, index, environment)
        near = _nearest(environment, readings)
        done = replay(environment, index, near.catalog.engine if near is not None else choose_engine(engines))
        owner = _owner(done, readings)
        if owner is None:
            if near is not None and near.catalog.engine.name != choose_engine(engines).name:
                done = replay(environment, index, choose_engine(engines))
            if done.catalog.tables:
                alone.append(_of_its_own(project, done, engines))
            continue
        engine = readings[owner].catalog.engine
        if engine.name != done.catalog.engine.name:
            done = replay(environment, index, engine)
        owned.setdefault(owner, []).append(done)
    found = [_joined(r, owned[at]) if at in owned else r for at, r in enumerate(readings)]
    return (*found, *alone)


def _engines(project: Project, index: PythonIndex, environment: Environment) -> tuple[ConfiguredEngine, ...]:
    """The engines named beside the environment; the whole project's where nothing but drivers is named there."""
    above = environment.folder.rpartition("/")[0]
    found = configured_engines(project, above, index)
    if above and all(e.is_default and e.target is None for e in found):
        return configured_engines(project, "", index)
    return found


def _nearest(environment: Environment, readings: Sequence[SourceReading]) -> SourceReading | None:
    return max(
        readings, key=lambda r: (_near(environment.folder, r.application.path), len(r.catalog.tables)), default=None
    )


def _near(one: str, other: str) -> int:
    """How many folders two paths have in common."""
    common = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        common += 1
    return common


def _owner(done: Replayed, readings: Sequence[SourceReading]) -> int | None:
    """The reading whose tables these migrations make."""
    made = {name.casefold() for _, name in done.assumed} | {t.name.casefold() for t in done.catalog.tables}
    ranked = []
    for at, reading in enumerate(readings):
        tables = {t.name.casefold() for t in reading.catalog.tables}
        shared = len(made & tables)
        if shared and shared >= _SHARED_AT_LEAST * min(len(made), len(tables)):
            ranked.append((shared, _near(done.environment.folder, reading.application.path), -at))
    return -max(ranked)[2] if ranked else None


def _of_its_own(project: Project, done: Replayed, engines: tuple[ConfiguredEngine, ...]) -> SourceReading:
    folder = done.environment.folder
    name = (folder.rpartition("/")[0] or folder).rpartition("/")[2] or project.root.name
    application = Application(name, folder or ".", "alembic", (("migrations", folder or "."),))
    return SourceReading(
        application, done.catalog, engines, done.diagnostics, done.files, done.files, done.history, done.catalog
    )


def _joined(reading: SourceReading, all_done: Sequence[Replayed]) -> SourceReading:
    """The reading with the history of its environment, or of several that it has."""
    histories = [done.history for done in all_done]
    history = History(
        "alembic",
        tuple(m for h in histories for m in h.migrations),
        tuple(head for h in histories for head in h.heads),
        tuple(p for h in histories for p in h.problems),
    )
    return replace(
        reading,
        history=history,
        migrated=_migrated(reading, all_done),
        migrations=tuple(dict.fromkeys((*reading.migrations, *(path for done in all_done for path in done.files)))),
        diagnostics=(*reading.diagnostics, *(d for done in all_done for d in done.diagnostics)),
    )


def _migrated(reading: SourceReading, all_done: Sequence[Replayed]) -> Catalog | None:
    """What the migrations make; None where so much was there before them that a comparison would tell nothing."""
    catalogs = [done.catalog for done in all_done]
    made = {(t.schema, t.name): t for catalog in reversed(catalogs) for t in catalog.tables}
    assumed = {key for done in all_done for key in done.assumed} - made.keys()
    if not made or len(assumed) > _ASSUMED_AT_MOST * (len(made) + len(assumed)):
        return None
    taken = [t for t in reading.catalog.tables if (t.schema, t.name) in assumed]
    if taken:  # the first migration found a schema: what none of them makes may have stood in it
        taken = [t for t in reading.catalog.tables if (t.schema, t.name) not in made]
    if len(catalogs) == 1 and not assumed:
        return catalogs[0]
    return _together(catalogs, (*made.values(), *taken), reading.catalog.engine)


def _together(catalogs: Sequence[Catalog], tables: Iterable[Table], engine: EngineInfo) -> Catalog:
    """One catalog of what several hold."""
    return Catalog(
        engine,
        tuple(tables),
        tuple({(v.schema, v.name): v for c in catalogs for v in c.views}.values()),
        tuple({(e.schema, e.name): e for c in catalogs for e in c.enums}.values()),
        tuple({(d.schema, d.name): d for c in catalogs for d in c.domains}.values()),
        tuple({(s.schema, s.name): s for c in catalogs for s in c.sequences}.values()),
        tuple({(f.schema, f.name, f.arguments): f for c in catalogs for f in c.functions}.values()),
        tuple({e.name: e for c in catalogs for e in c.extensions}.values()),
        tuple({name for c in catalogs for name in c.schemas}),
    )
