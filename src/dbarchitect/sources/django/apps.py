"""The applications of a Django project: their labels, their folders, the type of their automatic keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.sources.django.projects import DjangoProject
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, Module, Package
from dbarchitect.sources.python.expressions import Expr
from dbarchitect.sources.python.statements import Assign

_CONFIGS = ("django.apps.AppConfig", "django.apps.config.AppConfig")


@dataclass(frozen=True, slots=True)
class App:
    """An installed application. `directory` is None for a library's; `auto_field` the dotted class of its keys."""

    label: str
    name: str
    directory: str | None
    auto_field: str


def default_auto_field(project: DjangoProject, world: World) -> str:
    """The class of automatic primary keys: the setting, else what the version of Django has for a default.

    Before 3.2 and up to 5.2 that is AutoField (int4), from 6.0 on BigAutoField; AutoField when no version is known.
    Source: https://docs.djangoproject.com/en/6.0/ref/settings/#default-auto-field
    """
    value = project.setting(world, "DEFAULT_AUTO_FIELD")
    if isinstance(value, str):
        return value
    newer = project.version is not None and project.version >= (6, 0)
    return f"django.db.models.{'BigAutoField' if newer else 'AutoField'}"


def installed_apps(project: DjangoProject, world: World) -> tuple[tuple[App, ...], bool]:
    """The applications in order, and whether the settings list any.

    Where part of the list is computed, packages of the project that look like applications are added.
    """
    fallback = default_auto_field(project, world)
    value = project.setting(world, "INSTALLED_APPS")
    entries = list(value) if isinstance(value, (list, tuple)) else [UNKNOWN]
    near = project.settings[0].module if project.settings else None
    apps: dict[str, App] = {}
    for entry in entries:
        if isinstance(entry, str):
            app = _app(entry, near, world, fallback)
            apps.setdefault(app.label, app)
    listed = bool(apps)
    if not all(isinstance(entry, str) for entry in entries):
        for app in _unlisted(project, world, fallback, {a.directory for a in apps.values()}):
            apps.setdefault(app.label, app)
    return tuple(apps.values()), listed


def _app(entry: str, near: Module | None, world: World, fallback: str) -> App:
    found = world.index.find(entry, near)
    if found is None and "." in entry:
        head, _, last = entry.rpartition(".")
        holder = world.index.find(head, near)
        if isinstance(holder, Module):
            config = world.index.resolve(holder, last)
            if isinstance(config, ClassDef):
                return _configured(config, entry, world, fallback)
        if holder is None:  # a library's AppConfig: `django.contrib.auth.apps.AuthConfig`
            name = head.removesuffix(".apps") if last[:1].isupper() else entry
            return App(name.rpartition(".")[2], name, None, "")
    if isinstance(found, (Module, Package)):
        directory = found.directory
        config = _config_in(directory, world)
        if config is not None:
            return _configured(config, entry, world, fallback, directory)
        return App(entry.rpartition(".")[2], entry, directory, fallback)
    return App(entry.rpartition(".")[2], entry, None, "")


def _config_in(directory: str, world: World) -> ClassDef | None:
    """The AppConfig that Django picks by itself: the only one of apps.py, or the one with `default = True`."""
    module = world.index.modules.get(f"{directory}/apps.py".lstrip("/"))
    configs = [c for c in module.classes if _is_config(c, world)] if module is not None else []
    marked = [c for c in configs if _constant(c, "default", world) is True]
    wanted = [c for c in configs if _constant(c, "default", world) is not False]
    for choice in (marked, wanted):
        if len(choice) == 1:
            return choice[0]
    return None


def _is_config(cls: ClassDef, world: World) -> bool:
    externals = world.external_bases(cls)
    return any(name in _CONFIGS or name.endswith("Config") for name in externals)


def _configured(config: ClassDef, entry: str, world: World, fallback: str, directory: str | None = None) -> App:
    name = _constant(config, "name", world)
    name = name if isinstance(name, str) else entry.removesuffix(f".{config.name}").removesuffix(".apps")
    label = _constant(config, "label", world)
    if directory is None:
        found = world.index.find(name, config.module)
        directory = found.directory if isinstance(found, (Module, Package)) else None
        if found is None and not name.startswith("django."):
            directory = config.module.directory
    auto = _constant(config, "default_auto_field", world)
    return App(
        label if isinstance(label, str) else name.rpartition(".")[2],
        name,
        directory,
        auto if isinstance(auto, str) else fallback,
    )


def _constant(cls: ClassDef, name: str, world: World) -> Constant:
    found = world.attribute(cls, name)
    expr: Expr | None = found[1].value if found is not None and isinstance(found[1], Assign) else None
    return world.value(expr, found[0].module, found[0]) if found is not None else UNKNOWN


def _unlisted(project: DjangoProject, world: World, fallback: str, known: set[str | None]) -> Iterator[App]:
    """Packages that look like applications, for a project that does not list them in so many words."""
    prefix = f"{project.path}/" if project.path else ""
    for path in world.index.modules:
        if not path.startswith(prefix):
            continue
        folder, _, name = path.rpartition("/")
        if name == "models.py":
            directory = folder
        elif path.endswith("/models/__init__.py"):
            directory = folder.rpartition("/")[0]
        else:
            continue
        if directory in known or any(f and directory.startswith(f"{f}/") for f in known):
            continue
        entry = world.index.modules[path].name.removesuffix(".models")
        config = _config_in(directory, world)
        has_migrations = f"{directory}/migrations/__init__.py".lstrip("/") in world.index.modules
        if config is not None:
            yield _configured(config, entry, world, fallback, directory)
        elif directory and (has_migrations or not known):
            yield App(directory.rpartition("/")[2], entry, directory, fallback)
