"""Which modules make one schema: what drizzle-kit is configured to read, else what declares tables in a package.

Two configurations of the same modules for one engine are one; of the same tables for several engines one is read.
Tables that no configuration leads to are a schema of their own where their package has none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dbarchitect.catalog.engine import ENGINES, EngineInfo
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.discover import Project
from dbarchitect.sources.drizzle.configs import Config, find_configs, schema_modules
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.library import declared
from dbarchitect.sources.drizzle.schema import Exported
from dbarchitect.sources.drizzle.values import Called
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Bind, External, Found, Module

_DECLARES = re.compile(rb"drizzle-orm/pg-core|drizzle-orm/sqlite-core|drizzle-orm/mysql-core")
_SAME = 0.6
"""The share of common tables from which two schemas of a package are one application's."""
_PREFERRED = ("postgresql", "mysql", "sqlite")


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema: what it exports of one engine, its modules, and the configuration that names them, if one does.

    `base` is the folder that the configuration's paths count from, `package` that of the first module. `variants` are
    the same application's schemas for other databases, which are not read.
    """

    engine: EngineInfo
    exported: tuple[Exported, ...]
    modules: tuple[str, ...]
    package: str
    config: Config | None = None
    base: str = ""
    variants: tuple[Schema, ...] = ()

    @property
    def tables(self) -> frozenset[Called]:
        """The tables, each by the call that makes it."""
        return frozenset(item.declared.call for item in self.exported if item.declared.kind == "table")

    @property
    def names(self) -> frozenset[str]:
        """The names of the tables' variables."""
        return frozenset(item.name for item in self.exported if item.declared.kind == "table")

    @property
    def folder(self) -> str:
        """The folder of the first module."""
        return posixpath.dirname(self.modules[0])


class Schemas:
    """Finds the schemas of a project."""

    def __init__(self, project: Project, index: TypeScriptIndex, evaluator: Evaluator) -> None:
        self.project = project
        self.index = index
        self.evaluator = evaluator
        self.diagnostics: list[Diagnostic] = []
        self.packages = {posixpath.dirname(file.path) for file in project.named("package.json")}

    def find(self) -> tuple[Schema, ...]:
        """The schemas that hold tables, by their first module."""
        configs, problems = find_configs(self.project, self.index, self.evaluator)
        self.diagnostics += problems
        found = [schema for config in configs if config.unread is None for schema in self._configured(config)]
        found = list(_distinct(found))
        reached = {call for schema in found for call in schema.tables}
        found += self._unconfigured(reached, found)
        return tuple(sorted(_without_variants(found), key=lambda schema: schema.modules[0]))

    def package(self, path: str) -> str:
        """The nearest folder above a path that has a package.json, '' for the project's root."""
        folder = posixpath.dirname(path)
        while folder and folder not in self.packages:
            folder = posixpath.dirname(folder)
        return folder

    def _configured(self, config: Config) -> Iterator[Schema]:
        base, paths = schema_modules(config, self.index.paths)
        if config.schema and not paths:
            text = f"the schema {', '.join(config.schema)} is not there"
            self.diagnostics.append(Diagnostic(config.origin, text))
        exported: dict[tuple[Called, str], Exported] = {}
        found = False
        for path in paths:
            module = self.index.module(path)
            for item in self._exports(module) if module is not None else ():
                exported.setdefault((item.declared.call, item.label), item)
        for engine in _engines(exported.values()) if config.engine is None else (config.engine,):
            own = tuple(item for item in exported.values() if item.declared.engine == engine.name)
            if any(item.declared.kind == "table" for item in own):
                found = True
                yield Schema(engine, own, paths, self.package(paths[0]), config, base)
        if paths and not found:
            which = config.engine.name if config.engine is not None else "any database"
            self.diagnostics.append(Diagnostic(config.origin, f"the schema exports no table for {which}"))

    def _exports(self, module: Module) -> Iterator[Exported]:
        for label, found in self.evaluator.exports(module).items():
            if isinstance(found, Found):
                yield from self._declared(found, label)

    def _declared(self, found: Found | External, label: str) -> Iterator[Exported]:
        if not isinstance(found, Found) or found.name == "*":
            return
        statement = found.module.bound.get(found.name)
        if not isinstance(statement, Bind):
            return
        made = declared(self.evaluator.found(found))
        if made is not None:
            yield Exported(made, found.module.path, found.name, label, _place(found.module, statement, made.call.place))

    def _unconfigured(self, reached: set[Called], configured: Sequence[Schema]) -> Iterator[Schema]:
        """The tables that no configuration leads to, by package and engine."""
        taken = {(schema.package, schema.engine.name) for schema in configured}
        taken |= {(self.package(schema.config.path), schema.engine.name) for schema in configured if schema.config}
        taken |= {(self.package(i.path), schema.engine.name) for schema in configured for i in schema.exported}
        groups: dict[tuple[str, str], list[Exported]] = {}
        for path in self.index.matching(_DECLARES):
            module = self.index.module(path)
            if module is None:
                continue
            names = {local: name for name, local in module.exports.items()}
            every = (i for name in module.bound for i in self._declared(Found(module, name), names.get(name, name)))
            lost = False
            for item in every:
                key = (self.package(path), item.declared.engine)
                if item.declared.call in reached:
                    continue
                if key not in taken:
                    groups.setdefault(key, []).append(item)
                elif item.declared.kind == "table" and item.name in names and not lost:
                    lost = True
                    text = f"the table {item.name} is declared here, but not in what drizzle-kit is configured to read"
                    self.diagnostics.append(Diagnostic(item.place, text))
        for (package, engine), items in groups.items():
            if any(item.declared.kind == "table" for item in items):
                modules = tuple(dict.fromkeys(item.path for item in items))
                yield Schema(ENGINES[engine], tuple(items), modules, package, base=package)


def _place(module: Module, statement: Bind, call: Origin) -> Origin:
    """Where a table is declared: where it is made, unless a function makes it that stands elsewhere."""
    own = module.origin(statement.start, statement.end)
    if call.path == own.path and (own.start or 0) <= (call.start or 0) < (own.end or 0):
        return call
    return own


def _engines(exported: Iterable[Exported]) -> Iterator[EngineInfo]:
    """The engines of the tables, where no dialect tells which is meant."""
    for name in _PREFERRED:
        if any(item.declared.engine == name for item in exported):
            yield ENGINES[name]


def _distinct(schemas: Sequence[Schema]) -> Iterator[Schema]:
    """Without those whose tables another one holds for the same engine; whose configuration is nearest stays."""
    kept: list[Schema] = []
    for schema in sorted(schemas, key=lambda s: (-len(s.tables), s.config is None or not _is_at_home(s), s.modules[0])):
        if not any(o.engine.name == schema.engine.name and schema.tables <= o.tables for o in kept):
            kept.append(schema)
    return iter(kept)


def _is_at_home(schema: Schema) -> bool:
    """Whether the configuration lies in the package of the schema."""
    folder = schema.config.folder if schema.config is not None else ""
    return folder == schema.package or folder.startswith(f"{schema.package}/") or not schema.package


def _without_variants(schemas: Iterable[Schema]) -> Iterator[Schema]:
    remaining = sorted(schemas, key=_preference)
    while remaining:
        best, *rest = remaining
        variants = tuple(schema for schema in rest if schema.package == best.package and _is_variant(best, schema))
        yield replace(best, variants=variants)
        remaining = [schema for schema in rest if schema not in variants]


def _preference(schema: Schema) -> tuple[bool, int, str]:
    return schema.config is None, _PREFERRED.index(schema.engine.name), schema.modules[0]


def _is_variant(one: Schema, other: Schema) -> bool:
    fewer = min(len(one.names), len(other.names))
    return fewer > 0 and len(one.names & other.names) / fewer >= _SAME


def not_read(variant: Schema) -> Diagnostic:
    """What is said of a schema that is not read."""
    text = f"not read: the same tables for {variant.engine.name}, or an older copy"
    return Diagnostic(Origin(variant.config.path if variant.config is not None else variant.modules[0], 1), text)
