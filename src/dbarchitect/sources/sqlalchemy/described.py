"""Bases of well-known libraries whose columns we describe ourselves.

`library/` holds `<module>.stub` files: Python in our own words, read like the project's and never run.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from dbarchitect.sources.discover import Project, SourceFile


@cache
def described_files() -> tuple[SourceFile, ...]:
    """The descriptions, each at the path where its module would be found."""
    folder = Path(str(files("dbarchitect.sources.sqlalchemy") / "library"))
    stems = {path: path.name.removesuffix(".stub") for path in sorted(folder.glob("*.stub"))}
    packages = {stem.partition(".")[0] for stem in stems.values() if "." in stem}
    return tuple(
        SourceFile(f"{stem.replace('.', '/')}{'/__init__' if stem in packages else ''}.py", path.stat().st_size, path)
        for path, stem in stems.items()
    )


def with_descriptions(project: Project) -> Project:
    """The project with the descriptions of the libraries that it has no copy of."""
    own = {file.path.partition("/")[0] for file in project.files}
    added = tuple(file for file in described_files() if file.path.partition("/")[0] not in own)
    everything = tuple(sorted((*project.files, *added), key=lambda file: file.path))
    return Project(project.root, everything, project.skipped, project.diagnostics)


def is_described(path: str, project: Project) -> bool:
    """Whether a path is that of a description, not of a file of the project."""
    return project.get(path) is None
