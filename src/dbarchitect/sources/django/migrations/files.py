"""The migration files of a project's own applications, and what each says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.django.apps import App
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.migrations.entries import attribute_entries
from dbarchitect.sources.django.registry import Registry
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef, Constant, Module, Package, is_known
from dbarchitect.sources.python.expressions import Call, Name
from dbarchitect.sources.python.statements import Assign

Key = tuple[str, str]
"""An application's label and a migration's name; `__first__` and `__latest__` count as names in dependencies."""

FIRST, LATEST = "__first__", "__latest__"
_NOBODY: Key = ("", FIRST)


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """A `Migration` class. `operations` are the entries of its list, each an expression and its place."""

    app: App
    name: str
    module: Module
    dependencies: tuple[Key, ...]
    run_before: tuple[Key, ...]
    replaces: tuple[Key, ...]
    atomic: bool
    operations: tuple[Located, ...]
    origin: Origin

    @property
    def key(self) -> Key:
        """What dependencies call it."""
        return self.app.label, self.name


def own_apps(registry: Registry) -> tuple[App, ...]:
    """The project's own applications: those that the settings name, and those that models were found in."""
    apps = {app.directory: app for app in registry.apps if app.directory is not None}
    for model in registry.models.values():
        if model.owned_by is None and model.app.directory is not None:  # a model may lie in another's folder
            apps.setdefault(model.app.directory, model.app)
    return tuple(apps.values())


def migration_files(registry: Registry, diagnostics: list[Diagnostic]) -> Iterator[MigrationFile]:
    """All migrations of the project's own applications; what cannot be read is reported."""
    places = registry.project.setting(registry.world, "MIGRATION_MODULES")
    for app in own_apps(registry):
        for module in migration_modules(app, places, registry.world):
            cls = _migration_class(module, registry.world)
            if cls is not None:
                yield _read(app, module, cls, registry, diagnostics)
            diagnostics.extend(module.problems)


def migration_modules(app: App, places: Constant, world: World) -> Iterator[Module]:
    """The modules in an application's folder of migrations, by name; MIGRATION_MODULES may name another folder."""
    folder = f"{app.directory}/migrations".lstrip("/")
    if isinstance(places, dict) and app.label in places:
        named = places[app.label]
        found = world.index.find(named) if isinstance(named, str) else None
        if not isinstance(found, (Module, Package)):
            return
        folder = found.directory
    depth = folder.count("/") + 1
    for file in sorted(world.index.project.under(folder), key=lambda f: f.path):
        if file.suffix != ".py" or file.path.count("/") != depth or file.name[0] in "_~":
            continue
        module = world.index.modules.get(file.path)
        if module is not None:
            yield module


def _migration_class(module: Module, world: World) -> ClassDef | None:
    try:
        found = world.resolve(module, "Migration") if b"Migration" in module.source else None
    except OSError:
        return None
    return found if isinstance(found, ClassDef) else None


def _read(app: App, module: Module, cls: ClassDef, registry: Registry, diagnostics: list[Diagnostic]) -> MigrationFile:
    world = registry.world

    def keys(name: str) -> tuple[Key, ...]:
        found: list[Key] = []
        for entry in attribute_entries(cls, name, world):
            key = _swappable(entry, registry) if _is_swappable(entry) else _key(entry, world)
            if key == _NOBODY:
                continue
            if key is not None:
                found.append(key)
            else:
                place = entry.module.origin(entry.expr.span)
                diagnostics.append(Diagnostic(place, f"an entry of {name} cannot be told; it is left out"))
        return tuple(found)

    atomic = world.attribute(cls, "atomic")
    value = atomic[1].value if atomic is not None and isinstance(atomic[1], Assign) else None
    return MigrationFile(
        app,
        module.file.name.removesuffix(".py"),
        module,
        keys("dependencies"),
        keys("run_before"),
        keys("replaces"),
        value is None or atomic is None or world.value(value, atomic[0].module, atomic[0]) is not False,
        attribute_entries(cls, "operations", world),
        module.origin(cls.span),
    )


def _is_swappable(entry: Located) -> bool:
    return isinstance(entry.expr, Call) and (entry.expr.name or "").rpartition(".")[2] == "swappable_dependency"


def _swappable(entry: Located, registry: Registry) -> Key:
    """`swappable_dependency(settings.AUTH_USER_MODEL)`; a model that no setting of the project names is a library's."""
    given = entry.expr.args[0] if isinstance(entry.expr, Call) and entry.expr.args else None
    if isinstance(given, Name) and given.id.rpartition(".")[2] == "AUTH_USER_MODEL":
        return registry.user_model.partition(".")[0], FIRST
    target = registry.world.value(given, entry.module, entry.scope)
    return (target.partition(".")[0], FIRST) if isinstance(target, str) else _NOBODY


def _key(entry: Located, world: World) -> Key | None:
    value = world.value(entry.expr, entry.module, entry.scope)
    if isinstance(value, (list, tuple)) and len(value) == 2 and is_known(value):
        return str(value[0]), str(value[1])
    return None
