"""The reader of Django projects: settings, models and migrations to catalogs; nothing is imported, nothing run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.objects import Catalog, Extension, Table
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.catalog.survey import Application
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.configuration.drivers import engines_of_drivers
from dbarchitect.sources.configuration.files import engines_of_files
from dbarchitect.sources.discover import Project
from dbarchitect.sources.django.adopted import adopted, believed
from dbarchitect.sources.django.databases import configured_engines, engine_of
from dbarchitect.sources.django.mapping import mapped_models
from dbarchitect.sources.django.migrations import replay_migrations
from dbarchitect.sources.django.projects import DjangoProject, find_projects
from dbarchitect.sources.django.registry import Registry
from dbarchitect.sources.django.tables import TableMaker
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import PythonIndex

_HOLDERS = frozenset({"apps", "models", "modules"})
_EXTENSIONS = {
    "citext": "citext",
    "hstore": "hstore",
    "geometry": "postgis",
    "geography": "postgis",
    "vector": "vector",
}


class DjangoReader:
    """Reads the models of every Django project in a repository, and replays their migrations."""

    name = "django"

    def read(self, project: Project, index: PythonIndex | None = None) -> tuple[SourceReading, ...]:
        """One reading for each Django project that declares a table; empty where there is no Django.

        `index` may be one that another reader uses of the same project.
        """
        index = index if index is not None else PythonIndex(project)
        if not any(True for _ in index.candidates(b"django")):
            return ()
        world = World(index)
        projects = find_projects(project, world)
        readings = self._read_all(projects, project, world)
        if not readings:  # the lists of applications lead to no model: templates, or names that nobody can follow
            readings = self._read_all((replace(found, guess=True) for found in projects), project, world)
        if len(readings) == 1:  # a repository's only application has the repository's name, whatever its folder
            application = replace(readings[0].application, name=project.root.name)
            readings = (replace(readings[0], application=application),)
        return readings

    def _read_all(self, projects: Iterable[DjangoProject], project: Project, world: World) -> tuple[SourceReading, ...]:
        read = (self._read(found, project, world) for found in projects)
        return tuple(reading for reading in read if reading is not None)

    def _read(self, found: DjangoProject, project: Project, world: World) -> SourceReading | None:
        world.use_settings(lambda name: found.setting(world, name))
        named = configured_engines(found, world)
        others = (*engines_of_files(project, found.path), *engines_of_drivers(project, found.path))
        engine = engine_of(named, others)
        registry = Registry(found, world, engine.name)
        if not any(model.owned_by is None for model in registry.models.values()):
            return None
        tables = tuple(TableMaker(registry, engine.name).tables())
        catalog = Catalog(engine, tables, extensions=_extensions(tables, engine))
        diagnostics = dict.fromkeys((*_broken(registry, world), *registry.reader.diagnostics, *registry.diagnostics))
        replayed = replay_migrations(registry, catalog)
        if replayed is not None:
            said = {diagnostic.text.casefold() for diagnostic in diagnostics}  # migrations write models in lower case
            diagnostics.update(dict.fromkeys(d for d in replayed.diagnostics if d.text.casefold() not in said))
            catalog, unread = adopted(catalog, replayed, registry.models, registry.reader)
            diagnostics.update(dict.fromkeys(unread))
            texts = (world.index.modules[path].source for path in replayed.files if path in world.index.modules)
            replayed = replace(replayed, catalog=believed(replayed, catalog, texts))
        path = _home(found.path, tables, world) or "."
        name = path.rpartition("/")[2] if path != "." else project.root.name
        return SourceReading(
            Application(name, path, "django"),
            catalog,
            configured_engines=(*named, *others),
            diagnostics=tuple(d for d in diagnostics if d.origin.path in world.index.modules),
            files=tuple(sorted(registry.files)),
            migrations=tuple(_migrations(registry)),
            history=replayed.history if replayed is not None else None,
            migrated=replayed.catalog if replayed is not None else None,
            models=mapped_models(registry, catalog.tables, engine.name),
        )


def _home(folder: str, tables: tuple[Table, ...], world: World) -> str:
    """The application's folder: the project's, unless most models lie outside it, as a library's do that a sandbox
    installs; then the folder that holds them."""
    paths = [table.origin.path for table in tables if table.owned_by is None]
    own = [path.rpartition("/")[0] for path in paths if path is not None and path in world.index.modules]
    inside = sum(not folder or f"{place}/".startswith(f"{folder}/") for place in own)
    if not own or inside * 2 >= len(own):
        return folder
    home = posixpath.commonpath(own) if all(own) else ""
    while home.rpartition("/")[2] in _HOLDERS:
        home = home.rpartition("/")[0]
    return home


def _broken(registry: Registry, world: World) -> tuple[Diagnostic, ...]:
    """What could not be read in the files that count."""
    found: list[Diagnostic] = []
    for path in sorted(registry.files):
        problems = world.index.modules[path].problems
        if problems and "{{" in path:
            text = "the template of a file, not Python yet: what its variables decide is not read"
            problems = (replace(problems[0], text=text),)
        found.extend(problems)
    return tuple(found)


def _extensions(tables: tuple[Table, ...], engine: EngineInfo) -> tuple[Extension, ...]:
    """The extensions of PostgreSQL that the columns' types need."""
    if engine.name != "postgresql":
        return ()
    types = {column.type.name for table in tables for column in table.columns}
    needed = sorted({extension for name, extension in _EXTENSIONS.items() if name in types})
    return tuple(Extension(name) for name in needed)


def _migrations(registry: Registry) -> list[str]:
    """The migration files of the project's own applications, by path."""
    found: set[str] = set()
    for app in registry.apps:
        if app.directory is None:
            continue
        folder = f"{app.directory}/migrations".lstrip("/")
        for file in registry.world.index.project.under(folder):
            if file.suffix == ".py" and file.name != "__init__.py" and file.path.count("/") == folder.count("/") + 1:
                found.add(file.path)
    return sorted(found)
