"""Where an import leads: from a specifier as written to a file of the project, or to a package outside of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from dbarchitect.sources.discover import Project
from dbarchitect.sources.typescript.settings import Package, Settings, joined

SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
"""The ends of a module's path, in the order in which an import without one looks for it."""
_WRITTEN_FOR = {
    ".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",),
}  # fmt: skip
_BUILT = re.compile(r"(?:^|(?<=/))(?:dist|build|lib|out|esm|cjs|es)(?:/(?:esm|cjs|es|src|types))?/")
_DECLARED = re.compile(r"\.d(\.[mc]?ts)$")
_ROOTED = re.compile(r"(?:[@~]|~~|@@)/(?!/)")
_LIB = re.compile(r"\$lib(?:/|\Z)")
"""SvelteKit's name for `src/lib`, which the configuration that it generates binds: no repository holds that file."""


class Specifiers:
    """Follows specifiers. `paths` are the modules of the project."""

    def __init__(self, project: Project, paths: Collection[str]) -> None:
        self.paths = paths
        self.settings = Settings(project)
        self._found: dict[tuple[str, str], str | None] = {}
        self._files: dict[str, str | None] = {}

    def path(self, folder: str, specifier: str) -> str | None:
        """The path of the module that a specifier means in a folder; None where it is none of the project's."""
        key = (folder, specifier)
        if key not in self._found:
            self._found[key] = self._search(folder, specifier.partition("?")[0])
        return self._found[key]

    @staticmethod
    def is_of_project(specifier: str) -> bool:
        """Whether a specifier can only mean a file of the project, be it there or not."""
        return specifier.startswith((".", "/", "#")) or bool(_ROOTED.match(specifier) or _LIB.match(specifier))

    def _search(self, folder: str, specifier: str) -> str | None:
        if specifier.startswith("."):
            path = joined(folder, specifier)
            return self.file(path) if path is not None else None
        for candidate in self._candidates(folder, specifier):
            found = self.file(candidate)
            if found is not None:
                return found
        return None

    def _candidates(self, folder: str, specifier: str) -> Iterator[str]:
        settings = self.settings
        for compiler in settings.compilers(folder):
            yield from compiler.candidates(specifier)
        nearest = settings.package_of(folder)
        if specifier.startswith("#") and nearest is not None:
            for target in nearest.imported(specifier):
                if target.startswith("."):
                    yield from _inside(nearest, target)
                else:
                    yield from self._of_packages(folder, target)
        yield from self._of_packages(folder, specifier)
        if _LIB.match(specifier):
            parts = (nearest.folder if nearest is not None else "", "src", specifier[1:])
            yield "/".join(part for part in parts if part)
        if _ROOTED.match(specifier) or specifier.startswith("/"):
            rest = specifier.lstrip("@~").lstrip("/")
            for root in dict.fromkeys((nearest.folder if nearest is not None else "", "")):
                for below in ("src", "", "app"):
                    yield "/".join(part for part in (root, below, rest) if part)

    def _of_packages(self, folder: str, specifier: str) -> Iterator[str]:
        parts = specifier.split("/")
        length = 2 if specifier.startswith("@") else 1
        name, rest = "/".join(parts[:length]), "/".join(parts[length:])
        packages = self.settings.packages.get(name, ())
        for package in sorted(packages, key=lambda p: (-_shared(p.folder, folder), p.folder)):
            for target in package.exported(f"./{rest}" if rest else "."):
                yield from _inside(package, target)
            for below in ("", "src", "lib"):
                yield "/".join(part for part in (package.folder, below, rest) if part)

    def file(self, path: str) -> str | None:
        """The module at a path that may lack its extension, be a folder, or name what is built of it."""
        if path not in self._files:
            self._files[path] = self._file(path)
        return self._files[path]

    def _file(self, path: str) -> str | None:
        paths = self.paths
        if path in paths:
            return path
        for suffix in SUFFIXES:
            if path + suffix in paths:
                return path + suffix
        stem, dot, suffix = path.rpartition(".")
        for other in _WRITTEN_FOR.get(dot + suffix, ()):
            if stem + other in paths:
                return stem + other
        base = f"{path}/index" if path else "index"
        return next((base + suffix for suffix in SUFFIXES if base + suffix in paths), None)


def _inside(package: Package, target: str) -> Iterator[str]:
    """The paths that a target of a package's own map may mean: as written, and what it may be built from."""
    written = joined(package.folder, _DECLARED.sub(r"\1", target))
    if written is None:
        return
    yield written
    below = written[len(package.folder) :].lstrip("/")
    source = _BUILT.sub("src/", below, count=1)
    stem = re.sub(r"\.[mc]?[jt]sx?$", "", source)
    for each in dict.fromkeys((source, stem, stem.removeprefix("src/"))):
        yield "/".join(part for part in (package.folder, each) if part)


def _shared(one: str, other: str) -> int:
    """How many folders two paths have in common from the root."""
    count = 0
    for a, b in zip(one.split("/"), other.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count
