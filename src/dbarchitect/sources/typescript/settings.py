"""What tells where an import leads: tsconfig.json with its `paths`, package.json with its `exports` and `imports`."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dbarchitect.sources.discover import Project

_TOKEN = re.compile(r'"(?:[^"\\\n]++|\\.)*+(?:"|(?=\n)|\Z)|//[^\n]*+|/\*.*?(?:\*/|\Z)', re.DOTALL)
_TRAILING = re.compile(r'"(?:[^"\\\n]++|\\.)*+(?:"|(?=\n)|\Z)|,(?=\s*[}\]])', re.DOTALL)
_CONFIGS = ("tsconfig.json", "jsconfig.json")
_MOST_EXTENDS = 12

Json = Mapping[str, object]


def read_json(project: Project, path: str) -> Json | None:
    """An object of JSON, in which comments and commas at the end are allowed; None where there is none to read."""
    file = project.get(path)
    if file is None:
        return None
    try:
        found = _loaded(file.read_bytes().decode("utf-8-sig", "replace"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(_plain(text))


def _plain(text: str) -> str:
    text = _TOKEN.sub(lambda m: m[0] if m[0][0] == '"' else " ", text)
    return _TRAILING.sub(lambda m: m[0] if m[0][0] == '"' else "", text)


def joined(folder: str, path: str) -> str | None:
    """A path from a folder, both with `/` and from the root of the project; None where it leads out of it."""
    found = posixpath.normpath(posixpath.join(folder, path))
    if found == ".":
        return ""
    return None if found == ".." or found.startswith(("../", "/")) else found


@dataclass(frozen=True, slots=True)
class Compiler:
    """What a tsconfig.json says of imports: patterns (`@/*`) with the paths that they stand for, and `baseUrl`."""

    paths: tuple[tuple[str, tuple[str, ...]], ...] = ()
    base: str | None = None

    def candidates(self, specifier: str) -> Iterator[str]:
        """The paths, without extensions, that a specifier may stand for, the likeliest first."""
        fitting: list[tuple[int, str, tuple[str, ...]]] = []
        for pattern, targets in self.paths:
            before, star, after = pattern.partition("*")
            if not star:
                if specifier == pattern:
                    fitting.append((len(pattern) + 1_000, "", targets))
            elif (
                len(specifier) >= len(before) + len(after)
                and specifier.startswith(before)
                and specifier.endswith(after)
            ):
                fitting.append((len(before), specifier[len(before) : len(specifier) - len(after)], targets))
        for _, filled, targets in sorted(fitting, key=lambda fit: -fit[0]):
            for target in targets:
                found = joined("", target.replace("*", filled, 1))
                if found is not None:
                    yield found
        if self.base is not None:
            found = joined(self.base, specifier)
            if found is not None:
                yield found


@dataclass(frozen=True, slots=True)
class Package:
    """A package.json: its folder and what it says."""

    folder: str
    content: Json = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name, empty where it has none."""
        name = self.content.get("name")
        return name if isinstance(name, str) else ""

    def imported(self, specifier: str) -> Iterator[str]:
        """What `#name` stands for in this package: paths in it, or names of other packages."""
        imports = self.content.get("imports")
        if isinstance(imports, dict):
            yield from matched(imports, specifier)

    def exported(self, subpath: str) -> Iterator[str]:
        """The paths in this package that `name` (`.`) or `name/path` (`./path`) may lead to, as it says."""
        exports = self.content.get("exports")
        if isinstance(exports, str | list) or (
            isinstance(exports, dict) and not any(k.startswith(".") for k in exports)
        ):
            exports = {".": exports}
        if isinstance(exports, dict):
            yield from matched(exports, subpath)
        if subpath == ".":
            for key in ("source", "types", "typings", "module", "main"):
                value = self.content.get(key)
                if isinstance(value, str):
                    yield value


def matched(table: Json, specifier: str) -> Iterator[str]:
    """What a map of `exports` or `imports` gives for a key, with its patterns (`./*`) and conditions."""
    if specifier in table:
        yield from _leaves(table[specifier], "")
    fitting: list[tuple[int, str, object]] = []
    for key, value in table.items():
        before, star, after = key.partition("*")
        if star and specifier.startswith(before) and specifier.endswith(after):
            if len(specifier) >= len(before) + len(after):
                fitting.append((len(before), specifier[len(before) : len(specifier) - len(after)], value))
        elif key.endswith("/") and specifier.startswith(key):
            fitting.append((len(key), specifier[len(key) :], f"{value}*" if isinstance(value, str) else value))
    for _, filled, value in sorted(fitting, key=lambda fit: -fit[0]):
        yield from _leaves(value, filled)


def _leaves(value: object, filled: str, depth: int = 0) -> Iterator[str]:
    """All paths below conditions: the one that is there is right, as what is built is not in a repository."""
    if isinstance(value, str):
        yield value.replace("*", filled)
    elif depth < _MOST_EXTENDS and isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner, filled, depth + 1)
    elif depth < _MOST_EXTENDS and isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, filled, depth + 1)


class Settings:
    """The configurations and packages of a project, each read when it is asked for."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._compilers: dict[str, tuple[Compiler, ...]] = {}
        self._nearest: dict[str, Package | None] = {}
        self._packages: dict[str, tuple[Package, ...]] | None = None

    @property
    def packages(self) -> dict[str, tuple[Package, ...]]:
        """The packages that the project holds itself, by name."""
        if self._packages is None:
            found: dict[str, tuple[Package, ...]] = {}
            for file in self.project.named("package.json"):
                package = self._package(file.path)
                if package is not None and package.name:
                    found[package.name] = (*found.get(package.name, ()), package)
            self._packages = found
        return self._packages

    def package_of(self, folder: str) -> Package | None:
        """The package that a folder belongs to."""
        if folder not in self._nearest:
            own = self._package(f"{folder}/package.json" if folder else "package.json")
            above = self.package_of(folder.rpartition("/")[0]) if own is None and folder else None
            self._nearest[folder] = own or above
        return self._nearest[folder]

    def _package(self, path: str) -> Package | None:
        content = read_json(self.project, path)
        return Package(path.rpartition("/")[0], content) if content is not None else None

    def compilers(self, folder: str) -> tuple[Compiler, ...]:
        """The configurations that hold in a folder, the nearest first."""
        if folder not in self._compilers:
            above = self.compilers(folder.rpartition("/")[0]) if folder else ()
            own = (self._compiler(joined(folder, name) or name, 0) for name in _CONFIGS)
            self._compilers[folder] = (*(c for c in own if c is not None and (c.paths or c.base is not None)), *above)
        return self._compilers[folder]

    def _compiler(self, path: str, depth: int) -> Compiler | None:
        content = read_json(self.project, path) if depth < _MOST_EXTENDS else None
        if content is None:
            return None
        folder = path.rpartition("/")[0]
        extends = content.get("extends")
        above = Compiler()
        for name in [extends] if isinstance(extends, str) else extends if isinstance(extends, list) else []:
            found = self._extended(folder, name, depth) if isinstance(name, str) else None
            if found is not None:
                above = Compiler(found.paths or above.paths, found.base if found.base is not None else above.base)
        options = content.get("compilerOptions")
        options = options if isinstance(options, dict) else {}
        base, paths = options.get("baseUrl"), options.get("paths")
        root = joined(folder, base) if isinstance(base, str) else above.base
        mine = above.paths
        if isinstance(paths, dict):
            start = root if root is not None else folder
            mine = tuple(
                (pattern, tuple(p for t in targets if isinstance(t, str) and (p := joined(start, t)) is not None))
                for pattern, targets in paths.items()
                if isinstance(targets, list)
            )
        if not mine:
            mine = tuple(self._referenced(folder, content.get("references"), depth))
        return Compiler(mine, root)

    def _extended(self, folder: str, name: str, depth: int) -> Compiler | None:
        """The configuration that another one extends: a file, or a file of a package of the project."""
        if name.startswith("."):
            path = joined(folder, name)
        else:
            scope = name.split("/")
            length = 2 if name.startswith("@") else 1
            packages = self.packages.get("/".join(scope[:length]), ())
            path = joined(packages[0].folder, "/".join(scope[length:]) or "tsconfig.json") if packages else None
        if path is None:
            return None
        for candidate in (path, f"{path}.json", f"{path}/tsconfig.json"):
            found = self._compiler(candidate, depth + 1)
            if found is not None:
                return found
        return None

    def _referenced(self, folder: str, references: object, depth: int) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The paths of the configurations beside it that one refers to (`tsconfig.app.json`)."""
        for reference in references if isinstance(references, list) else ():
            name = reference.get("path") if isinstance(reference, dict) else None
            path = joined(folder, name) if isinstance(name, str) else None
            if path is not None and path.endswith(".json") and path.rpartition("/")[0] == folder:
                found = self._compiler(path, depth + 1)
                yield from found.paths if found is not None else ()
