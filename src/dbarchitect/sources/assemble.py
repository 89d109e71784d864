"""Puts readings together: one Survey per application, models and live database of the same application as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from dbarchitect.catalog.drift import Difference, Side
from dbarchitect.catalog.members import Check, Column, ForeignKey, Index, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.survey import Application, Need, Survey
from dbarchitect.engines.registry import READABLE
from dbarchitect.errors import UsageError
from dbarchitect.sources.applied import with_applied
from dbarchitect.sources.base import SourceReader, SourceReading
from dbarchitect.sources.besides import Besides, files_of
from dbarchitect.sources.discover import Project
from dbarchitect.sources.drift import compare
from dbarchitect.sources.made import with_made
from dbarchitect.sources.mirrored import with_mirrored
from dbarchitect.sources.same import in_order, without_repeated

if TYPE_CHECKING:  # a live database is read without them
    from dbarchitect.sources.python.index import PythonIndex
    from dbarchitect.sources.typescript.index import TypeScriptIndex

_Member = TypeVar("_Member", Index, UniqueKey, Check)

MODEL_READERS = ("django", "sqlalchemy", "prisma", "drizzle")
_SHARED_AT_LEAST = 0.5
_ALCHEMY = (b"alchemy", b"Alchemy", b"sqlmodel", b"SQLModel")
_REVISION = b"down_revision"
_MAKING = (b"CREATE TABLE", b"create table", b"Create Table")
_MADE = re.compile(rb"create(?i:\s+table)|CREATE(?i:\s+TABLE)|\.\s*createTable(?:IfNotExists)?\(")
_DRIZZLE = re.compile(rb"drizzle-orm")
_DJANGO = re.compile(rb"(?:from|import)[ \t]+django\b|\bdjango[._]\w")  # a comment may name it as well
_NAMELESS = frozenset(
    {"src", "lib", "app", "db", "database", "backend", "server", "api", "default", "repo", "sql", "schema",
     "migrations", "packages", "internal-packages", "apps", "services", "libs", "projects", "frontend", "priv",
     "internal", "pkg"}
)  # fmt: skip


def reader_named(name: str) -> SourceReader:
    """The reader of that name. Raises `UsageError` when there is none."""
    if name == "django":
        from dbarchitect.sources.django import DjangoReader

        return DjangoReader()
    if name == "sqlalchemy":
        from dbarchitect.sources.sqlalchemy import SqlAlchemyReader

        return SqlAlchemyReader()
    if name == "prisma":
        from dbarchitect.sources.prisma import PrismaReader

        return PrismaReader()
    if name == "drizzle":
        from dbarchitect.sources.drizzle import DrizzleReader

        return DrizzleReader()
    raise UsageError(f"there is no reader {name!r}", hint=f"Readers: {', '.join(MODEL_READERS)}.")


def read_project(
    project: Project, index: PythonIndex | None = None, scripts: TypeScriptIndex | None = None
) -> tuple[SourceReading, ...]:
    """Every application of a project: those that declare models, then SQL files that belong to none of them.

    The readers share an index of the project's modules, `index` where one is given, `scripts` for TypeScript. What
    nothing in the project mentions is not looked for, and its reader not even imported.
    """
    index = index if index is not None else index_of(project)
    readings: list[SourceReading] = []
    if index.matching(_DJANGO, index.candidates(b"django")):
        from dbarchitect.sources.django import DjangoReader

        readings.extend(DjangoReader().read(project, index))
    if _mentions(index, *_ALCHEMY) or (not readings and _mentions(index, _REVISION)):
        readings.extend(_with_alembic(project, index))
    if project.by_suffix(".prisma"):
        readings.extend(reader_named("prisma").read(project))
    scripts = scripts if scripts is not None else scripts_of(project)
    if scripts is not None and scripts.matching(_DRIZZLE):
        from dbarchitect.sources.drizzle import DrizzleReader

        readings.extend(DrizzleReader().read(project, scripts))
    readings = with_mirrored(project, readings, index, scripts)
    if project.by_suffix(".sql", ".ddl"):
        from dbarchitect.sources.sqlfiles import SqlFilesReader

        # An application of which nothing could be read must not take the SQL files below it along.
        known = [r for r in readings if r.catalog.tables or r.history is not None]
        claimed = tuple(place for r in known for place in (r.application.path, *_beyond(r)))
        readings = _with_sql(readings, SqlFilesReader(claimed=claimed).read(project))
    if not any(reading.catalog.tables for reading in readings) and _mentions(index, *_MAKING):
        from dbarchitect.sources.embedded.python import read_embedded

        readings.extend(read_embedded(project, index))
    if scripts is not None and not any(reading.catalog.tables for reading in readings) and scripts.matching(_MADE):
        from dbarchitect.sources.embedded.scripts import read_embedded_scripts

        readings.extend(read_embedded_scripts(project, scripts))
    return _with_distinct_names(in_order(without_repeated(readings)), project)


def _with_sql(readings: list[SourceReading], of_sql: Sequence[SourceReading]) -> list[SourceReading]:
    """The readings with those of SQL files. Files of which no table could be read are no application beside one that
    has tables: what there is to say of them, that one says."""
    main = next((number for number, reading in enumerate(readings) if reading.catalog.tables), None)
    if main is None:
        return [*readings, *of_sql]
    unread = tuple(d for reading in of_sql if not reading.catalog.tables for d in reading.diagnostics)
    found = list(readings)
    found[main] = replace(found[main], diagnostics=(*found[main].diagnostics, *unread))
    return [*found, *(reading for reading in of_sql if reading.catalog.tables)]


def _beyond(reading: SourceReading) -> list[str]:
    """The migrations that lie outside the application's own folder."""
    home = reading.application.path
    return [path for path in reading.migrations if home != "." and not path.startswith(f"{home}/")]


def _with_alembic(project: Project, known: PythonIndex) -> tuple[SourceReading, ...]:
    """The applications that SQLAlchemy's models declare and those that only migrations tell, with their histories."""
    from dbarchitect.sources.python.index import PythonIndex
    from dbarchitect.sources.sqlalchemy import SqlAlchemyReader
    from dbarchitect.sources.sqlalchemy.described import with_descriptions

    index = PythonIndex(with_descriptions(project), like=known)
    readings = SqlAlchemyReader().read(project, index)
    if not _mentions(index, _REVISION):
        return readings
    from dbarchitect.sources.alembic import with_migrations

    return with_migrations(project, index, readings)


def index_of(project: Project) -> PythonIndex:
    from dbarchitect.sources.python.index import PythonIndex

    return PythonIndex(project)


def _mentions(index: PythonIndex, *words: bytes) -> bool:
    return any(True for _ in index.candidates(*words))


def scripts_of(project: Project) -> TypeScriptIndex | None:
    """The project's TypeScript and JavaScript, None where it has none."""
    from dbarchitect.sources.typescript.specifiers import SUFFIXES

    if not any(file.suffix in SUFFIXES for file in project.files):
        return None
    from dbarchitect.sources.typescript.index import TypeScriptIndex

    return TypeScriptIndex(project)


def _with_distinct_names(readings: Sequence[SourceReading], project: Project) -> tuple[SourceReading, ...]:
    names = [_name(reading.application, project, alone=len(readings) == 1) for reading in readings]
    distinct: list[SourceReading] = []
    used: set[str] = set()
    for reading, plain in zip(readings, names, strict=True):
        application, name = reading.application, plain
        if names.count(name) > 1 and application.path not in {".", ""}:
            name = application.path
        if name in used:
            name = f"{name} ({application.framework})"
        number = 2
        while name in used:
            name, number = f"{plain} {number}", number + 1
        used.add(name)
        distinct.append(replace(reading, application=replace(application, name=name)))
    return tuple(distinct)


def _name(application: Application, project: Project, *, alone: bool) -> str:
    """What a person calls it: a repository's only application has the repository's name, whatever its folder.

    A name that the project gave itself (a package's) stays; a folder called `lib`, `app` or `src` names nothing, so
    the first folder above it that does is taken.
    """
    parts = [part for part in application.path.split("/") if part not in {".", ""}]
    if application.name not in {*parts, project.root.name}:
        return application.name
    if alone or not parts:
        return project.root.name
    telling = [part for part in parts if part.casefold() not in _NAMELESS and any(map(str.isalpha, part))]
    return application.name if application.name in telling else [project.root.name, *telling][-1]


def survey_of(reading: SourceReading, project: Project, besides: Besides) -> Survey:
    """The Survey of an application whose files were read; comments in the files of its code count as well."""
    needs = {Need.CATALOG, Need.CONFIGURATION}
    if reading.application.framework in MODEL_READERS:
        needs.add(Need.MODELS)
    if reading.history is not None:
        needs.add(Need.MIGRATIONS)
    drift, compared = _behind(reading)
    if reading.code is not None:
        needs.add(Need.CODE)
    return Survey(
        reading.application,
        with_made(reading.catalog, reading.migrated),
        configured_engines=reading.configured_engines,
        needs=frozenset(needs),
        diagnostics=(*reading.diagnostics, *_engine_not_written(reading), *besides.problems),
        files=files_of(reading),
        migrations=reading.migrations,
        skipped=project.skipped,
        history=reading.history,
        deployment=besides.deployment,
        dependencies=besides.dependencies,
        suppressions=besides.suppressions,
        drift=drift,
        compared=compared,
        migrated=reading.migrated,
        code=reading.code,
    )


_Compared = tuple[tuple[Difference, ...], frozenset[frozenset[Side]]]


def _behind(reading: SourceReading) -> _Compared:
    """Where the migrations do not make what the models say."""
    if reading.migrated is None or reading.migrated.engine.name != reading.catalog.engine.name:
        return (), frozenset()
    found = compare(reading.catalog, Side.MODELS, reading.migrated, Side.MIGRATIONS)
    return found, frozenset({frozenset({Side.MODELS, Side.MIGRATIONS})})


def _drifted(declared: Survey, live: Survey) -> _Compared:
    """Where the database is not what the migrations make, or what the models say where there are no migrations."""
    if declared.migrated is not None:
        account, side = declared.migrated, Side.MIGRATIONS
    else:
        account = declared.catalog
        side = Side.MODELS if Need.MODELS in declared.needs else Side.MIGRATIONS
    if account.engine.name != live.engine.name:
        return (), frozenset()
    return compare(account, side, live.catalog, Side.DATABASE), frozenset({frozenset({side, Side.DATABASE})})


def _engine_not_written(reading: SourceReading) -> tuple[Diagnostic, ...]:
    name = reading.catalog.engine.name
    if name in READABLE:
        return ()
    declared = Origin(reading.files[0]) if reading.files else Origin()
    place = next((c.origin for c in reading.configured_engines if c.engine.name == name), declared)
    text = f"the application uses {name}, whose SQL dbarchitect does not write yet: findings come without fixes"
    return (Diagnostic(place, text),)


def assemble(declared: Sequence[Survey], live: Sequence[Survey]) -> tuple[Survey, ...]:
    """Join each live database with the application whose tables it holds; what belongs to nobody stays alone."""
    remaining = list(declared)
    joined: list[Survey] = []
    for database in live:
        match = max(remaining, key=lambda survey: _shared(survey, database), default=None)
        if match is not None and _shared(match, database) >= _SHARED_AT_LEAST:
            remaining.remove(match)
            joined.append(join(match, database))
        else:
            joined.append(database)
    # A folder of no framework that we read tells nothing of a database that was read itself.
    known = (s for s in remaining if not live or s.application.framework is not None)
    return _told_apart((*known, *joined))


def _told_apart(surveys: Sequence[Survey]) -> tuple[Survey, ...]:
    """The Surveys, those of several targets that have the same name numbered: findings know theirs by its name."""
    told: list[Survey] = []
    used: set[str] = set()
    for survey in surveys:
        name, number = survey.application.name, 2
        while name in used:
            name, number = f"{survey.application.name} ({number})", number + 1
        used.add(name)
        told.append(replace(survey, application=replace(survey.application, name=name)))
    return tuple(told)


def _shared(declared: Survey, live: Survey) -> float:
    wanted = {table.ref.key for table in declared.catalog.tables}
    return len(wanted & {table.ref.key for table in live.catalog.tables}) / len(wanted) if wanted else 0.0


def join(declared: Survey, live: Survey) -> Survey:
    """One Survey of both: the database's catalog and facts, with what the models say and where they say it."""
    tables = (_table(table, declared.catalog) for table in live.catalog.tables)
    drift, compared = _drifted(declared, live)
    history = declared.history
    if history is not None and live.facts is not None:
        history = with_applied(history, live.facts.applied)
    return replace(
        declared,
        history=history,
        application=replace(declared.application, targets=(*declared.application.targets, *live.application.targets)),
        catalog=replace(live.catalog, tables=tuple(tables)),
        facts=live.facts,
        needs=declared.needs | live.needs,
        diagnostics=(*declared.diagnostics, *live.diagnostics),
        unseen=live.unseen,
        drift=(*declared.drift, *drift),
        compared=declared.compared | compared,
    )


def _table(live: Table, catalog: Catalog) -> Table:
    model = catalog.table(live.ref)
    if model is None:
        return live
    return replace(
        live,
        columns=tuple(_column(column, model.column(column.name)) for column in live.columns),
        foreign_keys=tuple(_foreign_key(key, model.foreign_keys) for key in live.foreign_keys),
        indexes=_placed(live.indexes, model.indexes),
        unique_keys=_placed(live.unique_keys, model.unique_keys),
        checks=_placed(live.checks, model.checks),
        model=model.model,
        owned_by=live.owned_by or model.owned_by,
        origin=model.origin,
    )


def _column(live: Column, model: Column | None) -> Column:
    return live if model is None else replace(live, declared=model.declared, origin=model.origin)


def _foreign_key(live: ForeignKey, models: Iterable[ForeignKey]) -> ForeignKey:
    model = next((key for key in models if key.columns == live.columns), None)
    if model is None:
        return live
    return replace(
        live,
        application_on_delete=model.application_on_delete,
        on_delete_written=model.on_delete_written,
        origin=model.origin,
    )


def _placed(live: Sequence[_Member], models: Sequence[_Member]) -> tuple[_Member, ...]:
    """The members with the places of their equals."""
    return tuple(_at_its_equal(member, models) for member in live)


def _at_its_equal(live: _Member, models: Sequence[_Member]) -> _Member:
    model = next((member for member in models if member == live), None)
    return live if model is None else replace(live, origin=model.origin)
