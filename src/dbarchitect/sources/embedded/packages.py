"""Databases of several packages of one repository: a server's, and the one that its application keeps on a device."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

from dbarchitect.catalog.objects import Table
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project, SourceFile


def parted(project: Project, files: Iterable[SourceFile]) -> dict[str, list[SourceFile]]:
    """Files by the package that they belong to, by its folder: the nearest one with a package.json, '' for the root."""
    packages = {posixpath.dirname(file.path) for file in project.named("package.json")}
    found: dict[str, list[SourceFile]] = {}
    for file in files:
        folder = posixpath.dirname(file.path)
        while folder and folder not in packages:
            folder = posixpath.dirname(folder)
        found.setdefault(folder, []).append(file)
    return found


def engines_of(folders: Collection[str], importing: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The engine of each package: the one whose drivers it imports. Of a package that leaves that to others, the one
    that those import most which make no tables."""
    own = {folder: list(_imported_in(folder, folders, importing)) for folder in folders}
    elsewhere = {
        engine: sum(1 for path in paths if not any(folder and _holds(folder, path) for folder in folders))
        for engine, paths in importing.items()
        if paths
    }
    usual = sorted(elsewhere, key=lambda engine: -elsewhere[engine])
    return {folder: next((e for e in usual if e in engines), usual[0]) for folder, engines in own.items()}


def _imported_in(folder: str, folders: Collection[str], importing: Mapping[str, Collection[str]]) -> Iterator[str]:
    inner = [other for other in folders if other != folder and _holds(folder, other)]
    for engine, paths in importing.items():
        if any(_holds(folder, path) and not any(_holds(other, path) for other in inner) for path in paths):
            yield engine


def _holds(folder: str, path: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def are_apart(readings: Iterable[SourceReading]) -> bool:
    """Whether these are databases of their own: they have tables of one name that hold other things, each what the
    other does not; and most of those that they share are not the same."""
    for one, other in combinations([_columns(reading) for reading in readings], 2):
        shared = [(one[name], other[name]) for name in one.keys() & other.keys()]
        differing = sum(1 for ours, theirs in shared if ours != theirs)
        if any(ours - theirs and theirs - ours for ours, theirs in shared) and differing * 2 > len(shared):
            return True
    return False


def _columns(reading: SourceReading) -> dict[str, frozenset[str]]:
    def of(table: Table) -> frozenset[str]:
        return frozenset(column.name for column in table.columns)

    return {table.name: of(table) for table in reading.catalog.tables}
