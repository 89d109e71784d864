"""The applications of a Django project: their labels, their folders, the type of their automatic keys."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.sources.django.packages import model_packages, packages_outside
from dbarchitect.sources.django.projects import DjangoProject
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, Module, Package
from dbarchitect.sources.python.expressions import Call, Expr
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


@dataclass(frozen=True, slots=True)
class InstalledApps:
    """The applications in order.

    `listed`: the settings name some; `understood`: they name all, none is computed. `guessed` are the packages that
    were added because a part could not be told.
    """

    apps: tuple[App, ...]
    listed: bool
    understood: bool
    guessed: tuple[App, ...]


def installed_apps(project: DjangoProject, world: World) -> InstalledApps:
    """The applications that the settings list, with packages that look like some where a part of it is computed."""
    fallback = default_auto_field(project, world)
    value = project.setting(world, "INSTALLED_APPS")
    entries = list(value) if isinstance(value, (list, tuple)) else [UNKNOWN]
    if UNKNOWN in entries:
        entries = [*_handed_in(project, world), *entries]
    near = project.settings[0].module if project.settings else None
    apps: dict[str, App] = {}
    for entry in entries:
        if isinstance(entry, str):
            app = _app(entry, near, world, fallback)
            apps.setdefault(app.label, app)
    listed = bool(apps)
    understood = all(isinstance(entry, str) for entry in entries) and not project.guess
    guessed: list[App] = []
    if not understood or project.guess or (project.is_aside and not project.others):
        known = {app.directory for app in apps.values() if app.directory}
        has_models = understood or any(package.directory in known for package in model_packages(world))
        for package in packages_outside(project, world, known):
            if has_models and not package.is_marked:
                continue  # the list names its applications; what has nothing of one is none
            config = _config_in(package.directory, world)
            if config is not None:
                app = _configured(config, package.name, world, fallback, package.directory)
            else:
                app = App(package.directory.rpartition("/")[2], package.name, package.directory, fallback)
            if apps.setdefault(app.label, app) is app:
                guessed.append(app)
            elif apps[app.label].directory is None and project.guess:  # a name with a template's mark in it
                apps[app.label] = app
                guessed.append(app)
    return InstalledApps(tuple(apps.values()), listed, understood, tuple(guessed))


def _handed_in(project: DjangoProject, world: World) -> list[Constant]:
    """The lists given to a function that puts the settings' list together (`with_plugins(["shop", …])`): whatever it
    adds, these are installed."""
    for settings in project.settings:
        statements = settings.owner.body if settings.owner else settings.module.statements
        for statement in reversed(statements):
            if isinstance(statement, Assign) and statement.target == "INSTALLED_APPS":
                given = statement.value.args if isinstance(statement.value, Call) else ()
                lists = [world.evaluator.value(argument, settings.module, settings.owner) for argument in given]
                found: list[Constant] = [name for each in lists if isinstance(each, (list, tuple)) for name in each]
                if found:
                    return found
    return []


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
