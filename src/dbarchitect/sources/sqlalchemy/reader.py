"""The applications of a project whose tables SQLAlchemy, Flask-SQLAlchemy or SQLModel declare.

One reading per MetaData: two packages with a base of their own are two applications, unless the one lies inside the
other. The schema is read for the engine that `sources.configuration` finds for production (PostgreSQL where nothing
tells). Nothing of the project is imported or run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field

from dbarchitect.catalog.survey import Application, ConfiguredEngine
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.configuration import choose_engine, configured_engines
from dbarchitect.sources.discover import Project
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import ClassDef, Module
from dbarchitect.sources.sqlalchemy.application import ApplicationReader, table_calls
from dbarchitect.sources.sqlalchemy.bases import Bases
from dbarchitect.sources.sqlalchemy.described import is_described, with_descriptions
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.mapped_views import without_views

_NEEDLES = (
    b"Column",
    b"Mapped[",
    b"SQLModel",
    b"table=True",
    b"__tablename__",
    b"__table_args__",
    b"__mapper_args__",
    b".Model",
    b"Table(",
    b"Base)",
    b"Base,",
    b"relationship(",
)
_LIBRARIES = (
    b"sqlalchemy", b"sqlmodel", b"SQLModel", b"SQLAlchemy", b"db", b"Base", b"mapped_column", b"__mapper_args__",
)  # fmt: skip
_DECLARING = (b"class ", b"class\t", b"class\\", b"able(")  # without one of them there is nothing to parse for
_DISTRIBUTION = frozenset(
    {"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "alembic.ini", "package.json"}
)
_GENERIC = frozenset(
    {"models", "model", "db", "database", "app", "src", "backend", "server", "api", "core", "lib", "entities", "orm"}
)


@dataclass(slots=True)
class _Cluster:
    """Models and tables that share a MetaData."""

    key: tuple[str, ...]
    classes: list[ClassDef] = field(default_factory=list)
    modules: dict[str, Module] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The common folder of its files, '' for the root."""
        folders = [path.rpartition("/")[0] for path in self.modules]
        return posixpath.commonpath(folders) if folders and all(folders) else ""


class SqlAlchemyReader:
    """Reads SQLAlchemy models; see the module's documentation."""

    name = "sqlalchemy"

    def read(self, project: Project, index: PythonIndex | None = None) -> tuple[SourceReading, ...]:
        """One reading per application found. `index` may be one that another reader has made of the same project."""
        names = Names(index if index is not None else PythonIndex(with_descriptions(project)))
        bases = Bases(names)
        roots = _distributions(project)
        clusters = _clusters(bases, roots, project)
        readings = (self._reading(project, bases, cluster, roots) for cluster in _merged(clusters, roots))
        return tuple(sorted((r for r in readings if r is not None), key=lambda r: r.application.path))

    def _reading(
        self, project: Project, bases: Bases, cluster: _Cluster, roots: frozenset[str]
    ) -> SourceReading | None:
        engines = _engines(project, bases.names.index, _root_of(cluster.folder, roots))
        engine = choose_engine(engines)
        reader = ApplicationReader(bases, engine, frozenset(file.path for file in project.files))
        catalog = reader.read(cluster.modules.values(), cluster.classes)
        if not catalog.tables and not (cluster.classes and reader.diagnostics):
            return None
        problems = tuple(p for path in sorted(cluster.modules) for p in cluster.modules[path].problems)
        application = Application(
            _name(project, cluster.folder), cluster.folder or ".", self.name, (("models", cluster.folder or "."),)
        )
        root = _root_of(cluster.folder, roots)
        migrations = [module for module in _migrations(bases.names.index) if module.path.startswith(root)]
        catalog, mapped = without_views(catalog, [module.source for module in migrations])
        return SourceReading(
            application,
            catalog,
            engines,
            (*problems, *reader.diagnostics, *mapped),
            tuple(sorted(cluster.modules)),
            tuple(module.path for module in migrations),
            models=reader.mapped,
        )


def _engines(project: Project, index: PythonIndex, root: str) -> tuple[ConfiguredEngine, ...]:
    """The engines named below the distribution's folder; the whole project's where only drivers are named there."""
    found = configured_engines(project, root, index)
    if root and all(e.is_default and e.target is None for e in found):
        return configured_engines(project, "", index)
    return found


def _is_migration(module: Module) -> bool:
    return b"down_revision" in module.source and b"revision" in module.source


def _migrations(index: PythonIndex) -> list[Module]:
    return sorted(index.candidates(b"down_revision"), key=lambda module: module.path)


def _clusters(bases: Bases, roots: frozenset[str], project: Project) -> list[_Cluster]:
    """The models and tables by MetaData; what a library's own MetaData holds is told apart by distribution."""
    clusters: dict[tuple[str, ...], _Cluster] = {}

    def cluster(key: tuple[str, str], module: Module) -> _Cluster:
        whole: tuple[str, ...] = key
        if key[0] in {"library", "unseen"}:
            whole = (*key, _root_of(module.directory, roots))
        found = clusters.setdefault(whole, _Cluster(whole))
        found.modules[module.path] = module
        return found

    libraries, declaring = ({m.path for m in bases.index.candidates(*words)} for words in (_LIBRARIES, _DECLARING))
    for module in bases.index.candidates(*_NEEDLES):
        if module.path not in libraries or module.path not in declaring:
            continue
        if is_described(module.path, project) or _is_migration(module):
            continue
        for cls in module.classes:
            root = bases.root(cls)
            if root is not None and not bases.is_root(cls):
                cluster(root.metadata.key, module).classes.append(cls)
        if b"able(" in module.source:
            for key in _table_keys(bases, module):
                cluster(key, module)
    return list(clusters.values())


def _table_keys(bases: Bases, module: Module) -> Iterable[tuple[str, str]]:
    """The MetaData of the tables written out in a module."""
    for located in table_calls(module):
        call = bases.names.invocation(located.expr, located.frame)
        metadata = bases.of_table(call) if call is not None and call.name == "Table" else None
        if metadata is not None:
            yield metadata.key


def _merged(clusters: list[_Cluster], roots: frozenset[str]) -> list[_Cluster]:
    """Clusters of the same distribution of which one lies inside the other's folder become one."""
    merged: list[_Cluster] = []
    for cluster in sorted(clusters, key=lambda c: (c.folder.count("/"), c.folder, -len(c.modules))):
        home = _root_of(cluster.folder, roots)
        for other in merged:
            inside = not other.folder or f"{cluster.folder}/".startswith(f"{other.folder}/")
            if inside and _root_of(other.folder, roots) == home:
                other.classes.extend(cluster.classes)
                other.modules.update(cluster.modules)
                break
        else:
            merged.append(cluster)
    return merged


def _distributions(project: Project) -> frozenset[str]:
    return frozenset(file.path.rpartition("/")[0] for file in project.named(*_DISTRIBUTION))


def _root_of(folder: str, roots: frozenset[str]) -> str:
    """The nearest folder above that is a distribution of its own, '' when there is none."""
    while folder and folder not in roots:
        folder = folder.rpartition("/")[0]
    return folder


def _name(project: Project, folder: str) -> str:
    """The last part of the path that says something; else the name of the project's folder."""
    parts = [part for part in folder.split("/") if part and part not in _GENERIC]
    return parts[-1] if parts else project.root.name


READER = SqlAlchemyReader()
