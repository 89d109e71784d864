"""Packages that look like applications, for projects that do not list theirs in words that can be read.

A list may be put together by a function, by plug-ins or from the environment. What a package with models says of
itself must then do: it counts as installed, unless its place says that it is for tests or for the manual.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from dbarchitect.sources.django.projects import DjangoProject
from dbarchitect.sources.django.world import World
from dbarchitect.sources.production import is_aside
from dbarchitect.sources.python import Module


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A folder with a module or package `models`. `is_marked`: it has migrations or an apps.py of its own."""

    directory: str
    name: str
    is_marked: bool


def packages_outside(project: DjangoProject, world: World, known: Collection[str]) -> Iterator[ModelPackage]:
    """The packages with models that none of the `known` folders is, nor holds as a part of itself.

    Those of the project's folder; where these are none, or no other project is there, also those elsewhere that are
    no part of another project.
    """
    inside: list[ModelPackage] = []
    elsewhere: list[ModelPackage] = []
    home = f"{project.path}/" if project.path else ""
    within = tuple(f"{other}/" for other in project.others if other and other.startswith(home))
    for package in model_packages(world):
        directory = package.directory
        if directory in known or (is_aside(directory) and not is_aside(project.path)):
            continue
        if not package.is_marked and any(directory.startswith(f"{folder}/") for folder in known):
            continue
        if f"{directory}/".startswith(within):
            continue
        if directory.startswith(home):
            inside.append(package)
        elif not any(not other or f"{directory}/".startswith(f"{other}/") for other in project.others):
            elsewhere.append(package)
    yield from inside
    if not inside or not project.others:
        yield from elsewhere


def model_packages(world: World) -> Iterator[ModelPackage]:
    """Every folder of the repository that holds a module or package `models` with a class in it."""
    seen: set[str] = set()
    for path, module in world.index.modules.items():
        directory = models_home(path)
        if not directory or directory in seen or not _holds_classes(module):
            continue
        seen.add(directory)
        name = module.name.partition(".models")[0] if module.name.endswith(".models") else directory.replace("/", ".")
        yield ModelPackage(directory, name, is_marked(directory, world))


def models_home(path: str) -> str | None:
    """The folder of the package whose `models.py` or `models/…` a file is; None for any other file."""
    *folders, name = path.split("/")
    if name == "models.py":
        return "/".join(folders)
    return "/".join(folders[:-1]) if folders and folders[-1] == "models" else None


def is_marked(directory: str, world: World) -> bool:
    """Whether a folder has what only an application has: an apps.py or migrations."""
    marks = (f"{directory}/apps.py", f"{directory}/migrations/__init__.py", f"{directory}/migrations/0001_initial.py")
    return any(mark.lstrip("/") in world.index.modules for mark in marks)


def _holds_classes(module: Module) -> bool:
    """Whether a module may declare models: the empty models.py of a new application does not."""
    try:
        return b"class " in module.source
    except OSError:
        return False
