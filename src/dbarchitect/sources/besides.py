"""What a Survey tells besides what was read of models and code: how the program is run, suppressions, packages.

It is quickly told again, and where it is the same although files changed, so is the Survey.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbarchitect.catalog.deployment import Deployment
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.catalog.suppression import Suppression
from dbarchitect.catalog.survey import Application, ConfiguredEngine, Dependency
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.dependencies import dependencies_of
from dbarchitect.sources.discover import Project
from dbarchitect.sources.ignores import ignores_of

if TYPE_CHECKING:
    from dbarchitect.sources.deployment import Deployments


@dataclass(frozen=True, slots=True)
class About:
    """The application that it is told of: the folders of the project's other ones, the engines that it configures, the
    files in which comments may suppress something."""

    application: Application
    folders: tuple[str, ...]
    engines: tuple[ConfiguredEngine, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Besides:
    """What is told; `problems` are comments that were meant as suppressions and are none."""

    deployment: Deployment
    suppressions: tuple[Suppression, ...]
    problems: tuple[Diagnostic, ...]
    dependencies: tuple[Dependency, ...]


def about(reading: SourceReading, folders: tuple[str, ...]) -> About:
    """What decides, of a reading, about what is told besides."""
    code, files = reading.code, files_of(reading)
    asking = {q.origin.path for q in code.queries if q.origin.path is not None} if code else set()
    commented = (*files, *reading.migrations, *sorted(asking.difference(files)))
    return About(reading.application, folders, reading.configured_engines, commented)


def files_of(reading: SourceReading) -> tuple[str, ...]:
    """The files of an application, those of its code among them."""
    functions = reading.code.functions.values() if reading.code is not None else ()
    return tuple(sorted({*reading.files, *(f.origin.path for f in functions if f.origin.path is not None)}))


def besides_of(project: Project, deployments: Deployments, of: About) -> Besides:
    """What the project tells of an application."""
    suppressions, problems = ignores_of(project, of.files, deployments.peek)
    return Besides(
        deployments.of(of.application, of.folders, of.engines),
        suppressions,
        problems,
        dependencies_of(project, of.application.path),
    )
