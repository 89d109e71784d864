"""Alembic's environments in a project: the folder of an env.py, and the version files that belong to it.

Source: https://alembic.sqlalchemy.org/en/latest/tutorial.html#the-migration-environment
"""

from __future__ import annotations

import configparser
import posixpath
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dbarchitect.sources.alembic.revisions import NEEDLE, Revision, read_revision
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import Module

_SEPARATORS = {"space": " ", "newline": "\n", ":": ":", ";": ";", "os": ":"}


@dataclass(slots=True)
class Environment:
    """An environment: its folder (`''` for the root), its env.py, its ini file, and its revisions."""

    folder: str
    script: Module | None = None
    configured_by: str | None = None
    revisions: list[Revision] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Configured:
    """What a section of an ini file (or of pyproject.toml) says."""

    path: str
    location: str
    versions: tuple[str, ...]
    recursive: bool


def find_environments(project: Project, index: PythonIndex) -> tuple[Environment, ...]:
    """Every environment with revisions, by folder.

    Version files belong to the environment whose configuration names their folder, else to the one whose `versions`
    folder they are in. Those of no environment count as one for each folder only where the project has none at all.
    """
    evaluator = Evaluator(index)
    folders: dict[str, list[Revision]] = {}
    for module in index.candidates(NEEDLE):
        if project.get(module.path) is None:
            continue
        revision = read_revision(module, evaluator)
        if revision is not None:
            folders.setdefault(module.directory, []).append(revision)
    if not folders:
        return ()
    settings = tuple(_configured(project, index))
    scripts = {m.directory: m for p, m in index.modules.items() if p.rpartition("/")[2] == "env.py"}
    environments: dict[str, Environment] = {}
    loose: list[str] = []
    for folder in sorted(folders):
        home = _home(folder, settings, scripts)
        if home is None:
            loose.append(folder)
            continue
        environments.setdefault(home, Environment(home)).revisions.extend(folders[folder])
    if not environments:
        for folder in loose:
            home = folder.rpartition("/")[0] if folder.rpartition("/")[2] == "versions" else folder
            environments.setdefault(home, Environment(home)).revisions.extend(folders[folder])
    for environment in environments.values():
        environment.script = scripts.get(environment.folder)
        environment.configured_by = next((s.path for s in settings if s.location == environment.folder), None)
    return tuple(environments[home] for home in sorted(environments))


def _home(folder: str, settings: tuple[_Configured, ...], scripts: Mapping[str, Module]) -> str | None:
    """The environment's folder that a folder of version files belongs to."""
    for setting in settings:
        if folder in setting.versions:
            return setting.location
        if setting.recursive and any(folder.startswith(f"{v}/") for v in setting.versions):
            return setting.location
    parent, _, name = folder.rpartition("/")
    if name == "versions" and (parent in scripts or any(s.location == parent for s in settings)):
        return parent
    # `migrations/env.py` with `migrations/versions/2024/…`, which only env.py's own code tells; or no folder at all
    if folder in scripts:
        return folder
    above = parent
    while above:
        if above in scripts and folder.startswith(f"{above}/versions/"):
            return None if _is_set_aside(folder) else above
        above = above.rpartition("/")[0]
    return None


def _is_set_aside(folder: str) -> bool:
    return bool(re.search(r"/(?:_?old|archived?|backup|squashed|unused|deprecated|legacy)\Z", folder, re.IGNORECASE))


def _configured(project: Project, index: PythonIndex) -> Iterator[_Configured]:
    for file in project.files:
        if file.suffix in {".ini", ".cfg"} and not file.name.startswith(("tox", "pytest", "mypy")):
            yield from _of_ini(file, project, index)
        elif file.name == "pyproject.toml":
            yield from _of_toml(file, project, index)


def _of_ini(file: SourceFile, project: Project, index: PythonIndex) -> Iterator[_Configured]:
    try:
        raw = file.read_bytes()
        if b"script_location" not in raw:
            return
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        parser.read_string(raw.decode("utf-8", "replace"))
    except (OSError, configparser.Error, AttributeError):  # the last: its parser fails on a value below one without
        return
    for section in parser.sections():
        values = {key: value for key, value in parser.items(section) if isinstance(value, str)}
        yield from _setting(file, values, project, index)


def _of_toml(file: SourceFile, project: Project, index: PythonIndex) -> Iterator[_Configured]:
    try:
        raw = file.read_bytes()
        table = tomllib.loads(raw.decode("utf-8", "replace")) if b"script_location" in raw else {}
    except (OSError, ValueError, RecursionError):  # more than TOMLDecodeError: numbers of 5,000 digits, deep nesting
        return
    tool = table.get("tool")
    values = tool.get("alembic") if isinstance(tool, dict) else None
    if isinstance(values, dict):
        plain = {k: "\n".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in values.items()}
        yield from _setting(file, plain, project, index)


def _setting(
    file: SourceFile, values: Mapping[str, str], project: Project, index: PythonIndex
) -> Iterator[_Configured]:
    written = values.get("script_location")
    if not written:
        return
    here = file.path.rpartition("/")[0]
    location = _located(written, here, project, index)
    separator = values.get("path_separator") or values.get("version_path_separator") or ""
    given = values.get("version_locations", "")
    parts = given.split(_SEPARATORS[separator]) if separator in _SEPARATORS else re.split(r"[\s,]+", given)
    named = tuple(_located(part.strip(), here, project, index) for part in parts if part.strip())
    recursive = values.get("recursive_version_locations", "").strip().lower() in {"true", "1", "yes", "on"}
    yield _Configured(file.path, location, named or (posixpath.join(location, "versions"),), recursive)


def _located(written: str, here: str, project: Project, index: PythonIndex) -> str:
    """The folder that a location names: beside the file, below the project, or inside a package (`app:migrations`)."""
    package, colon, inside = written.partition(":")
    if colon and "/" not in package and "%" not in package:
        found = index.find(package)
        folder = getattr(found, "directory", None)
        return posixpath.normpath(posixpath.join(folder if isinstance(folder, str) else package, inside.strip("/")))
    bare = re.sub(r"(?<![%{])[%{]++\(?here\)?[s}]*+", ".", written).strip().rstrip("/")
    folder = posixpath.normpath(posixpath.join(here, bare.lstrip("/") if bare.startswith("./") else bare))
    if any(file.path.startswith(f"{folder}/") for file in project.files):
        return "" if folder == "." else folder
    below = posixpath.normpath(bare)
    return "" if below == "." else below
