"""The applications of a project whose tables Drizzle declares.

One reading per schema that drizzle-kit is configured to read, else per package that declares tables. The engine is the
one of the configuration's dialect, else the one whose tables are declared. The catalog is what drizzle-kit makes of the
schema, with what the migrations add by hand; what only the client knows (value sets of TypeScript, `$default`) stands
in `Declared`. `models` are the tables and views by their variables, with the relations that the program follows.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dbarchitect.catalog.engine import POSTGRESQL, EngineInfo
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.survey import Application, ConfiguredEngine
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.configuration.choice import choose_engine
from dbarchitect.sources.configuration.files import engines_of_files
from dbarchitect.sources.discover import Project
from dbarchitect.sources.drizzle.clients import Client, find_clients
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.mapping import mapped_models
from dbarchitect.sources.drizzle.migrated import (
    added_to,
    last_snapshot,
    migration_files,
    replayed,
    starts_elsewhere,
    with_hand_written,
)
from dbarchitect.sources.drizzle.relations import Relation, RelationReader, is_relations
from dbarchitect.sources.drizzle.schema import SchemaReader
from dbarchitect.sources.drizzle.schemas import Schema, Schemas, not_read
from dbarchitect.sources.drizzle.validators import Validators, find_validators, with_validators
from dbarchitect.sources.drizzle.values import Called
from dbarchitect.sources.drizzle.variants import models_of_variants
from dbarchitect.sources.prisma.schemas import package_of
from dbarchitect.sources.sqlfiles.dialects import READABLE
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Bind, Call, Found

_OURS = re.compile(rb"drizzle-orm")
_RELATIONS = re.compile(rb"\b(?:relations|defineRelations(?:Part)?)\s*\(")
_SUPABASE = frozenset({"auth", "storage", "realtime", "vault"})
"""Schemas of Supabase's own."""
_HOSTS = (
    (re.compile(rb"@neondatabase/serverless|drizzle-orm/neon-"), "neon"),
    (re.compile(rb"@planetscale/database|drizzle-orm/planetscale"), "planetscale"),
    (re.compile(rb"drizzle-orm/supabase"), "supabase"),
)


class DrizzleReader:
    """Reads Drizzle's schemas; see the module's documentation."""

    name = "drizzle"

    def read(self, project: Project, index: TypeScriptIndex | None = None) -> tuple[SourceReading, ...]:
        """One reading per schema found."""
        index = index if index is not None else TypeScriptIndex(project)
        evaluator = Evaluator(index)
        schemas = Schemas(project, index, evaluator)
        found = schemas.find()
        ours = index.matching(_OURS) if found else ()
        relations = tuple(_relations(index, evaluator, ours))
        validators = find_validators(index, evaluator) if found else {}
        program = _Program(relations, find_clients(index, evaluator, ours), validators)
        shared = [schema.package for schema in found]
        readings = [
            _Reading(project, index, evaluator, schema, program).read(alone=shared.count(schema.package) == 1)
            for schema in found
        ]
        if schemas.diagnostics:
            nothing = SourceReading(Application(project.root.name, ".", self.name), Catalog(POSTGRESQL))
            first, *others = readings or [nothing]
            readings = [replace(first, diagnostics=(*schemas.diagnostics, *first.diagnostics)), *others]
        return tuple(sorted(readings, key=lambda reading: reading.application.path))


def _relations(index: TypeScriptIndex, evaluator: Evaluator, paths: Iterable[str]) -> Iterator[Called]:
    """Every declaration of relations at the top level of some modules."""
    for path in index.matching(_RELATIONS, paths):
        module = index.module(path)
        for name, statement in module.bound.items() if module is not None else ():
            if isinstance(statement, Bind) and isinstance(statement.value, Call) and module is not None:
                value = evaluator.found(Found(module, name))
                if isinstance(value, Called) and is_relations(value):
                    yield value


@dataclass(frozen=True, slots=True)
class _Program:
    """What the program makes of its schemas: relations, clients, validators."""

    relations: tuple[Called, ...]
    clients: tuple[Client, ...]
    validators: Validators


class _Reading:
    """Makes the reading of one schema."""

    def __init__(
        self,
        project: Project,
        index: TypeScriptIndex,
        evaluator: Evaluator,
        schema: Schema,
        program: _Program,
    ) -> None:
        self.project = project
        self.index = index
        self.evaluator = evaluator
        self.schema = schema
        self.program = program

    def read(self, *, alone: bool) -> SourceReading:
        """The reading; `alone`: the package has no other schema."""
        schema = self.schema
        path = (schema.package if alone else schema.folder) or "."
        application = Application(self._name(path), path, DrizzleReader.name, (("models", schema.modules[0]),))
        configured = tuple(dict.fromkeys(self._engines()))
        engine = self._engine(configured)
        clients = [client for client in self.program.clients if not schema.tables.isdisjoint(client.labels)]
        casing = self._casing(clients)
        reader = SchemaReader(self.evaluator, engine, casing)
        catalog = reader.read(schema.exported)
        catalog = with_validators(catalog, reader.shapes, reader.drafts, self.program.validators)
        related = tuple(self._related(schema, reader))
        labels = {call: label for client in reversed(clients) for call, label in client.labels.items()}
        models = mapped_models(schema.exported, related, reader.shapes, catalog, labels)
        others = models_of_variants(schema.variants, catalog, self.evaluator, casing, self._related, labels)
        files = tuple(dict.fromkeys(item.path for item in schema.exported))
        reading = SourceReading(
            application,
            catalog,
            configured,
            (*map(not_read, schema.variants), *self._unparsed(files), *reader.diagnostics),
            files,
            models=(*others, *models),
        )
        return self._with_owners(self._with_migrations(reading))

    def _casing(self, clients: Sequence[Client]) -> str | None:
        """The casing of names that the configuration says, else that of the client, by which the program asks."""
        if self.schema.config is not None and self.schema.config.casing is not None:
            return self.schema.config.casing
        return next((client.casing for client in clients if client.casing is not None), None)

    def _with_owners(self, reading: SourceReading) -> SourceReading:
        """The reading with the tables marked that the hosting service has made: the schema names them, with some of
        their columns, so that it can refer to them, but no migration creates them."""
        catalog, migrated = reading.catalog, reading.migrated
        settings = (file.path for file in self.project.named("config.toml"))
        if catalog.engine.hosted_by != "supabase" and not any("supabase" in path.split("/") for path in settings):
            return reading
        tables = tuple(
            replace(table, owned_by="supabase")
            if table.schema in _SUPABASE and (migrated is None or migrated.table(table.ref) is None)
            else table
            for table in catalog.tables
        )
        return replace(reading, catalog=replace(catalog, tables=tables))

    def _related(self, schema: Schema, reader: SchemaReader) -> Iterator[Relation]:
        tables = schema.tables
        problems: list[tuple[Origin, str]] = []
        found = RelationReader(self.evaluator, reader.shapes, lambda *said: problems.append(said)).read(
            self.program.relations
        )
        yield from (relation for relation in found if relation.source in tables)
        own = {item.path for item in schema.exported}
        reader.diagnostics += [Diagnostic(*said) for said in problems if said[0].path in own]

    def _unparsed(self, files: tuple[str, ...]) -> Iterator[Diagnostic]:
        for path in files:
            module = self.index.module(path)
            if module is None:
                continue
            for start, end in module.problems:
                yield Diagnostic(module.origin(start, end), "not understood: this part of the file cannot be parsed")

    def _name(self, path: str) -> str:
        """The package's name, else the folder's."""
        file = self.project.get(posixpath.join(self.schema.package, "package.json"))
        name = package_of(file).get("name") if file is not None and path == (self.schema.package or ".") else None
        if isinstance(name, str) and name:
            return name
        return self.project.root.name if path == "." else posixpath.basename(path)

    def _engine(self, configured: tuple[ConfiguredEngine, ...]) -> EngineInfo:
        base = self.schema.engine
        same = [found for found in configured if found.engine.name == base.name]
        chosen = choose_engine(same) if same else base
        return replace(base, version=chosen.version, hosted_by=chosen.hosted_by)

    def _engines(self) -> Iterator[ConfiguredEngine]:
        """What the configuration says, then what env and compose files do: of the package, else of the project."""
        base, config = self.schema.engine, self.schema.config
        origin = config.origin if config is not None else self.schema.exported[0].place
        hosted = self._host()
        urls = [(url, fallback) for url, fallback in (config.urls if config is not None else ())
                if url.engine.name == base.name]  # fmt: skip
        for url, fallback in urls:
            yield ConfiguredEngine(url.engine, origin, is_default=fallback, target=url.target)
        yield ConfiguredEngine(replace(base, hosted_by=hosted) if hosted else base, origin)
        named = [*engines_of_files(self.project, self.schema.package)] if self.schema.package else []
        for found in named or engines_of_files(self.project, ""):
            if found.engine.name == base.name:
                yield found
        for variant in self.schema.variants:
            if variant.config is not None:
                yield ConfiguredEngine(variant.engine, variant.config.origin)

    def _host(self) -> str | None:
        """The hosting service whose driver the package takes its connections from."""
        package = self.schema.package
        paths = [path for path in self.index.paths if not package or path.startswith(f"{package}/")]
        return next((name for pattern, name in _HOSTS if self.index.matching(pattern, paths)), None)

    def _with_migrations(self, reading: SourceReading) -> SourceReading:
        schema, config = self.schema, self.schema.config
        if config is None:
            return reading
        bases = tuple(dict.fromkeys((schema.base, config.folder, schema.package, *_above(config.folder))))
        files = migration_files(self.project, config.out, bases)
        scripts = tuple(file.path for file in files if file.suffix == ".sql")
        if not scripts or schema.engine.name not in READABLE:
            return replace(reading, migrations=scripts)
        told = replayed(files, schema.engine.name)
        missing = starts_elsewhere(reading.catalog, told)
        if missing is not None:
            diagnostics = (*reading.diagnostics, missing)
            made = added_to(reading.catalog, told, files)
            catalog = with_hand_written(reading.catalog, made, last_snapshot(files))
            return replace(reading, catalog=catalog, migrations=scripts, history=told.history, diagnostics=diagnostics)
        diagnostics = (*reading.diagnostics, *told.diagnostics)
        if told.history is None or told.catalog.engine.name != schema.engine.name:
            return replace(reading, migrations=scripts, diagnostics=diagnostics)
        return replace(
            reading,
            catalog=with_hand_written(reading.catalog, told.catalog, last_snapshot(files)),
            migrations=scripts,
            history=told.history,
            migrated=told.catalog,
            diagnostics=diagnostics,
        )


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder
