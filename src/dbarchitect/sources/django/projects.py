"""Which Django projects a repository holds, and what their settings say.

A project is the folder of a manage.py (or, without one, the folder above the package of the settings) together with
its settings modules. Which of several settings counts is told by wsgi.py, asgi.py and manage.py, in this order, then
by names (production before anything else, tests never). A setting that this module does not bind is looked for in
the others of the project. A repository with models and no settings at all is one project without settings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from dbarchitect.sources.configuration.environments import environment_of_path
from dbarchitect.sources.discover import Project
from dbarchitect.sources.django.world import World
from dbarchitect.sources.production import is_aside
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, Module, with_default
from dbarchitect.sources.python.statements import Statement, bound_name

_POINTER = re.compile(rb"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""")
_POINTING = ("wsgi.py", "asgi.py", "manage.py")
_SETTINGS = {"INSTALLED_APPS", "DATABASES"}
_ORDER = {"production": 0, None: 1, "development": 2, "testing": 3}
_DJANGO_VERSION = re.compile(
    rb"""(?:^|["'\s])django(?:\[[^\[\]\n]*\])?["']?\s*+(?:[:=]\s*+)?(?:\{\s*+version\s*+=\s*+)?["']?\s*+"""
    rb"""(?:[=~^><]=?=?)?\s*+v?(\d+)\.(\d+)""",
    re.MULTILINE | re.IGNORECASE,
)
_LOCKED_VERSION = re.compile(rb"""name\s*=\s*"django"[^\S\n]*+\n\s*+version\s*+=\s*+"(\d+)\.(\d+)""", re.IGNORECASE)
_VERSION_FILES = re.compile(
    r"(?:requirements[\w.-]{0,100}\.(?:txt|in)|pyproject\.toml|Pipfile(?:\.lock)?|(?:uv|poetry|pdm)\.lock"
    r"|setup\.(?:cfg|py))\Z"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """A settings module, or a class of settings (django-configurations) in one."""

    module: Module
    owner: ClassDef | None = None

    @property
    def environment(self) -> str | None:
        """Which environment its name speaks of."""
        path = f"{self.module.path}/{self.owner.name}" if self.owner is not None else self.module.path
        return environment_of_path(path.removesuffix(".py"))


@dataclass(frozen=True, slots=True)
class DjangoProject:
    """A Django project: its folder ('' for the whole) and its settings, the one that counts first.

    `others` are the folders of the repository's other projects that can be run. `guess`: its list of applications
    does not lead to any model, so that every package with models counts.
    """

    path: str
    settings: tuple[Settings, ...]
    version: tuple[int, int] | None
    others: tuple[str, ...] = ()
    guess: bool = False

    @property
    def is_aside(self) -> bool:
        """Whether it is an example or a demo: its settings install what they show of the repository, not all."""
        return bool(self.settings) and all(is_aside(s.module.path) for s in self.settings)

    def setting(self, world: World, name: str) -> Constant:
        """The value of a setting with the defaults of environment variables, UNKNOWN when nothing binds it."""
        for settings in self.settings:
            value = world.setting(settings.module, name, settings.owner)
            if value is not UNKNOWN:
                return with_default(value)
        return UNKNOWN


def find_projects(project: Project, world: World) -> tuple[DjangoProject, ...]:
    """The Django projects of a repository, by path."""
    found: dict[str, list[Settings]] = {}
    for settings in _settings_modules(world):
        found.setdefault(_folder_of(settings.module, world), []).append(settings)
    if not found:
        return (DjangoProject("", (), django_version(project, "")),)
    paths = _main_ones(found, world)
    return tuple(
        DjangoProject(
            path,
            tuple(_ranked(path, found[path], world, paths)),
            django_version(project, path),
            tuple(
                other for other in paths if other != path and f"{other}/manage.py".lstrip("/") in world.index.modules
            ),
        )
        for path in paths
    )


def _main_ones(found: Mapping[str, list[Settings]], world: World) -> list[str]:
    """The projects' folders, sorted; settings that only serve a manual or a sample count where nothing else does."""
    main = [
        path
        for path, settings in found.items()
        if f"{path}/manage.py".lstrip("/") in world.index.modules
        or not all(is_aside(one.module.path) for one in settings)
    ]
    return sorted(main or found)


def django_version(project: Project, path: str) -> tuple[int, int] | None:
    """The version of Django that the requirements name, the nearest file and a lock file first; None without one."""
    folders = [path]
    while folders[-1]:
        folders.append(folders[-1].rpartition("/")[0])
    for folder in folders:
        files = [f for f in project.under(folder) if _VERSION_FILES.search(f.name)]
        for file in sorted(files, key=lambda f: (f.path.count("/"), "lock" not in f.name, f.path)):
            try:
                raw = file.read_bytes()
            except OSError:
                continue
            match = _LOCKED_VERSION.search(raw) if file.name.endswith(".lock") else _DJANGO_VERSION.search(raw)
            if match is not None:
                return int(match[1]), int(match[2])
    return None


def _settings_modules(world: World) -> Iterator[Settings]:
    for module in world.index.candidates(b"INSTALLED_APPS", b"DATABASES"):
        if "migrations" in module.path.split("/"):
            continue
        if module.bindings("INSTALLED_APPS") or module.bindings("DATABASES"):
            yield Settings(module)
        for cls in module.classes:
            if _SETTINGS & cls.members.keys():
                yield Settings(module, cls)


def _folder_of(module: Module, world: World) -> str:
    folder = module.directory
    top = folder
    while True:
        if f"{folder}/manage.py".lstrip("/") in world.index.modules:
            return folder
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    while top and f"{top}/__init__.py" in world.index.modules:
        top = top.rpartition("/")[0]
    return top


def _ranked(path: str, settings: list[Settings], world: World, paths: Collection[str]) -> list[Settings]:
    pointed = _pointed(path, world, paths)

    def order(one: Settings) -> tuple[bool, bool, int, int, bool, str]:
        position = pointed.index(one.module) if one.module in pointed else len(pointed)
        environment = _ORDER[one.environment]
        aside = is_aside(one.module.path.removeprefix(path))
        return environment == 3, aside, position, environment, not _binds(one), one.module.path

    chosen = sorted(settings, key=order)
    for module in pointed:  # `wsgi.py` names a module that only star-imports the others
        if all(one.module is not module for one in chosen) and any(_reaches(module, one, world) for one in chosen):
            chosen.insert(0, Settings(module))
            break
    return chosen


def _binds(settings: Settings) -> bool:
    statements: tuple[Statement, ...] = settings.owner.body if settings.owner else settings.module.statements
    return any(bound_name(s) == "INSTALLED_APPS" for s in statements)


def _reaches(module: Module, settings: Settings, world: World) -> bool:
    return settings.owner is None and world.index.resolve(module, "INSTALLED_APPS") is not None


def _pointed(path: str, world: World, paths: Collection[str]) -> list[Module]:
    """The settings modules that wsgi.py, asgi.py and manage.py name, the production server's first; those files of
    the other projects, which may lie within this one, name their own."""
    named: list[Module] = []
    for module in sorted(
        (m for m in world.index.modules.values() if m.file.name in _POINTING),
        key=lambda m: (_POINTING.index(m.file.name), m.path),
    ):
        if path and not module.path.startswith(f"{path}/"):
            continue
        if (home := _folder_of(module, world)) != path and home in paths:
            continue
        for match in _POINTER.finditer(module.source):
            found = world.index.find(match[1].decode(), module)
            if isinstance(found, Module) and found not in named:
                named.append(found)
    return named
