"""A project that was opened: its applications are read, with what their code asks, when somebody asks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.survey import Application, Survey
from dbarchitect.sources.assemble import index_of, read_project, scripts_of, survey_of
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.besides import About, Besides, about, besides_of
from dbarchitect.sources.consulted import Consulted, note_listed, noting, noting_apart
from dbarchitect.sources.discover import Project, SourceFile, open_project
from dbarchitect.sources.meanwhile import at_once, meanwhile
from dbarchitect.sources.moved import Moves, is_only_moved
from dbarchitect.sources.part import only_part, project_around
from dbarchitect.sources.typescript.specifiers import SUFFIXES
from dbarchitect.sources.unread import declared_otherwise

if TYPE_CHECKING:
    from dbarchitect.catalog.deployment import Deployment
    from dbarchitect.sources.cache import Home, Reading, Readings
    from dbarchitect.sources.code.keeping import Keepers
    from dbarchitect.sources.deployment import Asked, Deployments
    from dbarchitect.sources.python.index import PythonIndex
    from dbarchitect.sources.typescript.index import TypeScriptIndex

_CODE = frozenset({".py", *SUFFIXES})
_LARGE = 2_000_000
"""Bytes of code from which on something is done at the same time in a process of its own."""


def survey_path(path: Path, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> tuple[Survey, ...]:
    """One Survey per application at a path; for a part of a project (see `sources.part`) the tables declared there.

    Where no application is found but tables are declared in a way that nobody reads, one empty Survey says so.

    Raises `TargetError` when the path does not exist or cannot be listed.
    """
    whole = project_around(path)
    if whole is not None:
        opened = Opened(open_project(whole, include=include, exclude=exclude))
        every = opened.reading.readings
        readings = only_part(every, path.resolve().relative_to(whole).as_posix())
        if readings:
            return opened.of(readings)
    return Opened(open_project(path, include=include, exclude=exclude)).surveys()


def open_whole(path: Path, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Opened | None:
    """A directory that is no part of a larger project, listed; None for anything else. Raises as `survey_path` does."""
    if not path.is_dir() or project_around(path) is not None:
        return None
    return Opened(open_project(path, include=include, exclude=exclude))


class Opened:
    """A project whose files were listed; what is in them is read when somebody asks."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.looked = Consulted()
        """What its surveys looked at beside what the reading did."""
        self.silent: Collection[str] = ()
        """Source files that are known to tell nothing of how the program is run."""
        self.besides: Mapping[About, Besides] = {}
        """What it tells of its applications besides their readings."""
        self.told: Mapping[About, Besides] = {}
        """The same where it is known already, of an earlier run: nothing that it was told from has changed."""

    @cached_property
    def index(self) -> PythonIndex:
        """Its Python modules."""
        return index_of(self.project)

    @cached_property
    def _scripts(self) -> TypeScriptIndex | None:
        """Its TypeScript and JavaScript."""
        return scripts_of(self.project)

    @cached_property
    def home(self) -> Home | None:
        """Where what is read of it is kept."""
        from dbarchitect.sources.cache import Home

        return Home.of(self.project)

    @cached_property
    def reading(self) -> Reading:
        """Every application with its code, from the cache where nothing changed that was looked at."""
        from dbarchitect.sources.cache import reading_of
        from dbarchitect.sources.code.signs import WORDS

        scripts, kept = self._scripts, None
        if self.home is not None:
            from dbarchitect.sources.code.keeping import Keepers
            from dbarchitect.sources.code.python.kept import Kept as KeptOfPython
            from dbarchitect.sources.code.typescript.kept import Kept as KeptOfTypeScript

            kept = Keepers(KeptOfPython(), KeptOfTypeScript())
        begun = ExitStack()

        def read() -> Readings:
            if scripts is not None and self._is_large:
                begun.enter_context(scripts.seeking(WORDS))
            try:
                return read_project(self.project, self.index, scripts)
            except BaseException:
                begun.close()
                raise

        def follow(found: Readings) -> Readings:
            with begun:
                if self._is_large and (kept is None or kept.is_first):
                    begun.enter_context(self._told_meanwhile(found))
                return _with_code(found, self.index, scripts, kept)

        return reading_of(self.home, read, follow, kept)

    @cached_property
    def _is_large(self) -> bool:
        """Whether there is so much to read that another process is worth its while."""
        return sum(file.size for file in self.project.files if file.suffix in _CODE) > _LARGE

    @contextmanager
    def _told_meanwhile(self, readings: Readings) -> Iterator[None]:
        """Within it, another process tells how the applications are run: what their code asks does not matter to it."""
        deployments = self.deployments
        wanted = [(each.application, each.folders, each.engines) for each in _about(readings, readings)]

        def tell() -> tuple[dict[Asked, Deployment], Consulted]:
            with noting_apart() as log:
                return {asked: deployments.of(*asked) for asked in wanted}, log

        if not at_once():
            yield
            return
        with meanwhile(tell) as told:
            yield
            deployments.know(*told())

    @cached_property
    def deployments(self) -> Deployments:
        """What the repository tells of how its applications are run."""
        from dbarchitect.sources.deployment import Deployments

        return Deployments(self.project, self.index, peek=self._peek, silent=self.silent)

    def _peek(self, file: SourceFile) -> bytes | None:
        """What a file holds, from memory where somebody has read it."""
        found = self._scripts.peek(file.path) if self._scripts is not None else None
        return found if found is not None else file.peek()

    def surveys(self) -> tuple[Survey, ...]:
        """One Survey per application."""
        project, readings = self.project, self.reading.readings  # which knows by itself what it looked at
        with noting(self.looked):
            note_listed()
            found = list(self.of(readings))
            if not found and project.diagnostics:
                found = [Survey(Application(project.root.name), Catalog(POSTGRESQL))]
            if not found and (diagnostics := declared_otherwise(project)):
                found = [Survey(Application(project.root.name), Catalog(POSTGRESQL), diagnostics=diagnostics)]
        if found and project.diagnostics:
            found[0] = replace(found[0], diagnostics=(*project.diagnostics, *found[0].diagnostics))
        return tuple(found)

    def of(self, readings: Sequence[SourceReading]) -> tuple[Survey, ...]:
        """The Surveys of some of its readings, each with what the repository tells besides."""
        told = _about(readings, self.reading.readings)
        self.besides = {each: self._told_of(each) for each in told}
        return tuple(
            survey_of(reading, self.project, self.besides[each]) for reading, each in zip(readings, told, strict=True)
        )

    def _told_of(self, application: About) -> Besides:
        known = self.told.get(application)
        return known if known is not None else besides_of(self.project, self.deployments, application)

    def tells(self, besides: Mapping[About, Besides], moves: Moves) -> bool:
        """Whether it tells the same of some applications as it did, but for places (whose `moves` are noted); what is
        looked at for that is noted, too."""
        with noting(self.looked):
            note_listed()
            return bool(besides) and all(
                is_only_moved(told, besides_of(self.project, self.deployments, each), moves)
                for each, told in besides.items()
            )


def _about(readings: Sequence[SourceReading], every: Sequence[SourceReading]) -> list[About]:
    """What decides about what is told besides of some applications, of `every` one that there is."""
    folders = tuple(dict.fromkeys(reading.application.path for reading in every))
    return [about(reading, folders) for reading in readings]


def _with_code(
    readings: tuple[SourceReading, ...],
    index: PythonIndex,
    scripts: TypeScriptIndex | None,
    kept: Keepers | None = None,
) -> tuple[SourceReading, ...]:
    """The readings with what the program asks of each application's database."""
    from dbarchitect.sources.code.followed import Followed, together

    found: list[Followed | None] = []
    if index.modules:
        from dbarchitect.sources.code.python import reader as python

        found.append(python.followed(index, readings, kept.python if kept is not None else None))
    if readings and scripts is not None:
        from dbarchitect.sources.code.typescript import reader as typescript

        found.append(typescript.followed(scripts, readings, kept.typescript if kept is not None else None))
    return together([each for each in found if each is not None], readings)
