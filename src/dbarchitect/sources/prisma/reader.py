"""The applications of a project whose tables Prisma declares.

One reading per schema. The schema is read for the provider of its datasource, PostgreSQL where there is none. The
catalog is what `prisma migrate` makes of the schema, with what the migrations beside it add by hand; what only Prisma's
client knows (references without foreign keys, timestamps that it sets) stands in `Declared`. `models` are the client's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.migrations import History
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.survey import Application, ConfiguredEngine
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.configuration import configured_engines
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.prisma.datasource import read_datasource
from dbarchitect.sources.prisma.mapping import mapped_models
from dbarchitect.sources.prisma.migrated import with_hand_written
from dbarchitect.sources.prisma.schema import SchemaReader
from dbarchitect.sources.prisma.schemas import Schema, find_schemas, package_of
from dbarchitect.sources.sqlfiles import read_folder

READABLE = frozenset({"postgresql", "sqlite"})
"""The engines whose migrations can be replayed."""
_PROVIDER = re.compile(rb"""^[^\S\n]*+provider\s*+=\s*+["'](\w+)["']""", re.MULTILINE)


class PrismaReader:
    """Reads Prisma schemas; see the module's documentation."""

    name = "prisma"

    def read(self, project: Project) -> tuple[SourceReading, ...]:
        """One reading per schema found."""
        schemas, problems = find_schemas(project)
        shared = [schema.package for schema in schemas]
        readings = [_reading(project, schema, alone=shared.count(schema.package) == 1) for schema in schemas]
        if problems:
            nothing = SourceReading(Application(project.root.name, ".", self.name), Catalog(POSTGRESQL))
            first, *others = readings or [nothing]
            readings = [_with_diagnostics(first, problems), *others]
        return tuple(sorted(readings, key=lambda reading: reading.application.path))


def _reading(project: Project, schema: Schema, *, alone: bool) -> SourceReading:
    place = Origin(schema.root, 1)
    source = read_datasource(schema.datasource, place, _named_elsewhere(project, schema))
    path = (schema.package if alone else schema.folder) or "."
    application = Application(_name(project, schema, path), path, PrismaReader.name, (("models", schema.root),))
    diagnostics = [problem for file in schema.files for problem in file.diagnostics]
    diagnostics += [*source.diagnostics, *map(_not_read, schema.variants)]
    catalog, migrations = Catalog(source.engine), _migrations(project, schema)
    history: History | None = None
    migrated: Catalog | None = None
    if source.supported:
        reader = SchemaReader(schema.blocks, source.engine, source.constrained, _major(project, schema))
        catalog = reader.read()
        diagnostics += reader.diagnostics
        replayed = _replayed(project, catalog, migrations, _major(project, schema))
        if replayed is not None:
            diagnostics += replayed.diagnostics
        if replayed is not None and replayed.history is not None:
            catalog, history, migrated = (
                with_hand_written(catalog, replayed.catalog),
                replayed.history,
                replayed.catalog,
            )
    return SourceReading(
        application,
        catalog,
        (*source.configured, *_engines_of(schema.variants)),
        tuple(diagnostics),
        tuple(file.path for file in schema.files),
        tuple(file.path for file in migrations),
        history,
        migrated,
        models=mapped_models(schema.blocks, source.engine.name) if source.supported else (),
    )


def _replayed(
    project: Project, catalog: Catalog, migrations: tuple[SourceFile, ...], major: int | None
) -> SourceReading | None:
    """What replaying the migrations gives, or only a word on why they are not replayed; None where there are none."""
    if not migrations or catalog.engine.name not in READABLE:
        return None
    lock = project.get(posixpath.join(posixpath.dirname(posixpath.dirname(migrations[0].path)), "migration_lock.toml"))
    provider = _PROVIDER.search(lock.read_bytes()) if lock is not None else None
    if provider is not None and provider[1].decode() != catalog.engine.name:
        text = f"not read: the migrations are for {provider[1].decode()}, the schema is for {catalog.engine.name}"
        problem = Diagnostic(Origin(migrations[0].path, 1), text)
        return SourceReading(Application(PrismaReader.name), catalog, diagnostics=(problem,))
    return read_folder(migrations, catalog.engine.name, tool_version=major)


def _with_diagnostics(reading: SourceReading, more: tuple[Diagnostic, ...]) -> SourceReading:
    return replace(reading, diagnostics=(*more, *reading.diagnostics))


def _named_elsewhere(project: Project, schema: Schema) -> tuple[ConfiguredEngine, ...]:
    """What env and compose files say: those of the package, of the whole project where it has none."""
    return configured_engines(project, schema.package) or configured_engines(project)


def _not_read(variant: Schema) -> Diagnostic:
    return Diagnostic(Origin(variant.root, 1), "not read: the same models for another database, or an older copy")


def _engines_of(variants: tuple[Schema, ...]) -> Iterator[ConfiguredEngine]:
    for variant in variants:
        yield from read_datasource(variant.datasource, Origin(variant.root, 1)).configured


def _name(project: Project, schema: Schema, path: str) -> str:
    """The package's name, else the folder's."""
    file = project.get(posixpath.join(schema.package, "package.json"))
    name = package_of(file).get("name") if file is not None and path == (schema.package or ".") else None
    if isinstance(name, str) and name:
        return name
    return project.root.name if path == "." else posixpath.basename(path)


def _major(project: Project, schema: Schema) -> int | None:
    """Prisma's major version, from the package.json of the package or of a folder above it."""
    folder = schema.package
    while True:
        file = project.get(posixpath.join(folder, "package.json"))
        data = package_of(file) if file is not None else {}
        for section in ("dependencies", "devDependencies"):
            wanted = data.get(section)
            for name in ("prisma", "@prisma/client"):
                version = wanted.get(name) if isinstance(wanted, dict) else None
                match = re.search(r"\d{1,9}", version) if isinstance(version, str) else None
                if match is not None:
                    return int(match.group())
        if not folder:
            return None
        folder = posixpath.dirname(folder)


def _migrations(project: Project, schema: Schema) -> tuple[SourceFile, ...]:
    """The migrations in their order: those beside the schema or its folder, else all of the package."""
    beside = posixpath.join(schema.folder, "migrations")
    above = posixpath.join(posixpath.dirname(schema.folder), "migrations")
    for folder in (beside, above, schema.package):
        found = tuple(file for file in project.under(folder) if file.name == "migration.sql")
        if found:
            return found
    return ()
