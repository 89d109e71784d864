"""What every source reader offers: it finds the applications that it knows in a project, and reads each.

A reader opens no file by itself: it asks the `Project`. It never imports or runs what it reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dbarchitect.catalog.migrations import History
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Code
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.catalog.survey import Application, ConfiguredEngine
from dbarchitect.sources.discover import Project
from dbarchitect.sources.mapping import MappedModel


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What a reader made of one application: its schema as declared, and which engine the project configures.

    `files` are the paths (relative, with `/`) that were read. `catalog.engine` is the engine that the schema was
    read for: the production one where the project tells, see the reader's docstring. `history` is what the migrations
    did; `migrated` the catalog that came of it where `catalog` is what the models say (None: no migrations, or none
    that could be replayed). `models` tell how the program's classes stand for the tables, `code`
    what it asks of them.
    """

    application: Application
    catalog: Catalog
    configured_engines: tuple[ConfiguredEngine, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    files: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    history: History | None = None
    migrated: Catalog | None = None
    models: tuple[MappedModel, ...] = ()
    code: Code | None = None


class SourceReader(Protocol):
    """Reads the schema that a framework's files declare."""

    name: str

    def read(self, project: Project) -> tuple[SourceReading, ...]:
        """One reading per application found; empty where the project has none of this framework."""
        ...
