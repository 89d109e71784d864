"""What was read of a large project, kept for the next run (`keeping`).

A reading is used again where nothing that it looked at has changed: every file whose content it read, the files that it
may care for by their names (`bearing`), and, of those that it only searched for words, which of them they hold. So
editing what has nothing to do with a database costs nothing, and editing the program does not read the models again.
Files are told by their size, times and number on the disk, and where those differ by their content (`state`).

There is a file for what is known of each project, and beside it those for what was declared, for what the code asks,
for what its modules of TypeScript gave (`code.typescript.kept`) and for the report that was made of it all
(`report.kept`): none of them is opened before it is needed. `DBA_CACHE=0` switches it off.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from secrets import token_hex
from typing import Protocol

from dbarchitect.sources.alike import alike
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.bearing import bears
from dbarchitect.sources.consulted import Consulted, noted, noting
from dbarchitect.sources.discover import Project
from dbarchitect.sources.keeping import Place, at_leisure, ourselves, place_of
from dbarchitect.sources.moved import Moves, is_only_moved
from dbarchitect.sources.packing import packed
from dbarchitect.sources.state import Changes, State
from dbarchitect.sources.typescript.specifiers import SUFFIXES

SMALLEST = 500_000
"""Bytes of code: a smaller project is read as quickly as its cache."""

Readings = tuple[SourceReading, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is known of a reading, and of which project: what was looked at for what is `declared`, for the `whole` with
    the code, and `besides` what keeps its parts by itself. The tokens are names for these very readings: what they gave
    is kept under them; `told` is one for all readings that say the same as this one."""

    state: State
    declared_token: str
    whole_token: str
    told: str
    declared: bytes
    besides: bytes
    whole: bytes


@dataclass(frozen=True, slots=True)
class Before:
    """The run that left what is kept: the name of its reading, and what changed since.

    `may_be_same`: nothing but what is kept in parts could make the reading another one now.
    """

    token: str
    changes: Changes
    may_be_same: bool


class Unchanged(Exception):  # noqa: N818 - the fact, not the noun
    """What was followed again gave the very same as before, but for places that `moves` knows. `join` makes the reading
    of it nevertheless."""

    def __init__(self, moves: Moves, join: Callable[[], Readings]) -> None:
        super().__init__()
        self.moves = moves
        self.join = join


class Keeping(Protocol):
    """What keeps parts of a reading by itself (`code.typescript.kept.Kept`).

    Where `Before.may_be_same` and all parts are what they were, whoever follows may raise `Unchanged`.
    """

    @property
    def besides(self) -> Consulted | None:
        """What was looked at for other things than these parts; None where nobody asked for them."""

    def at(self, place: Place | None, before: Before | None = None) -> None:
        """Say where it is kept; its key changes whenever what is declared was read anew."""

    def save(self, token: str) -> None:
        """Write it, with the name of the reading that was made of it."""

    def forget(self) -> None:
        """Let go of it: it is written, by this process or another one."""


class Home:
    """Where all is kept of a project, whose files were just listed."""

    def __init__(self, project: Project, path: Place) -> None:
        self.project = project
        self._place = path
        self.listed = time.time_ns()

    @classmethod
    def of(cls, project: Project) -> Home | None:
        """The home of a project; None for a small one, where there is no safe place, and with `DBA_CACHE=0`."""
        if sum(file.size for file in project.by_suffix(".py", *SUFFIXES)) < SMALLEST:
            return None
        path = place_of(project.root) if os.environ.get("DBA_CACHE") != "0" else None
        return cls(project, Place(path, f"{project.root}\n{ourselves()}")) if path is not None else None

    @cached_property
    def state(self) -> State:
        """The state of the project as it was listed."""
        return State.of(self.project, self.listed)

    def saved(self) -> State | None:
        """The state that was saved last, maybe by this very audit."""
        kept = self.place().load()
        return kept.state if isinstance(kept, _Kept) else None

    def place(self, name: str = "", token: str = "") -> Place:
        """The place of something that is kept, which is the same only under the same token."""
        path, key = self._place.path, self._place.key
        return Place(path.with_name(f"{path.name}.{name}") if name else path, f"{key}\n{token}" if token else key)


class Reading:
    """A project's applications with their code, made or taken from the cache when somebody asks for them.

    `token` is a name for what this reading says, which a later run finds again where it would say the same; None:
    nothing of it is kept. `moved` names a reading of which this one differs by `moves` alone.
    """

    def __init__(
        self, token: str | None, load: Callable[[], Readings], moved: str | None = None, moves: Moves | None = None
    ) -> None:
        self.token = token
        self.moved = moved
        self.moves = moves
        self._load = load

    @cached_property
    def readings(self) -> Readings:
        """What was read."""
        return self._load()


def reading_of(
    home: Home | None,
    read: Callable[[], Readings],
    follow: Callable[[Readings], Readings],
    parts: Keeping | None = None,
) -> Reading:
    """`follow(read())`, either of them taken from the cache where nothing that it looked at has changed.

    Nothing is loaded before it is asked for. What `follow` keeps by itself of what is declared is in `parts`.
    """
    if home is None:
        return Reading(None, lambda: follow(read()))
    anew = _Anew(home, read, follow, parts)
    kept = home.place().load()
    changes = kept.state.changes(home.project) if isinstance(kept, _Kept) else None
    if not isinstance(kept, _Kept) or changes is None:
        return anew.reading(None, None)
    if still_bears(kept.whole, changes):
        return Reading(kept.told, lambda: anew.again(kept, changes))
    return anew.reading(kept, changes)


def still_bears(looked: bytes, changes: Changes) -> bool:
    """Whether what was looked at (packed) would say the same with these changes."""
    return not changes or bears(unpacked(looked), changes)


def unpacked(looked: bytes) -> Consulted:
    """What was looked at."""
    found = pickle.loads(looked)  # noqa: S301 - our own: a part of a file of ours
    assert isinstance(found, Consulted)  # noqa: S101 - what was packed
    return found


class _Anew:
    """A project that is read anew, but for what nothing has changed of."""

    def __init__(
        self,
        home: Home,
        read: Callable[[], Readings],
        follow: Callable[[Readings], Readings],
        parts: Keeping | None,
    ) -> None:
        self.home = home
        self.read = read
        self.follow = follow
        self.parts = parts

    def reading(self, kept: _Kept | None, changes: Changes | None) -> Reading:
        """What is read, and kept for the next run; `kept` is what the last run left, `changes` what is otherwise."""
        home, log = self.home, Consulted()
        declared: Readings | None = None
        before: Before | None = None
        with noting(log):
            if kept is not None and changes is not None and still_bears(kept.declared, changes):
                declared = _loaded(home.place("declared", kept.declared_token))
            if declared is not None and kept is not None and changes is not None:
                log.take(unpacked(kept.declared))
                before = Before(kept.whole_token, changes, still_bears(kept.besides, changes))
            token = kept.declared_token if kept is not None and declared is not None else token_hex(16)
            new = declared is None
            declared = declared if declared is not None else self.read()
            if new and kept is not None and changes is not None and self._is_as_before(declared, kept):
                token, before = kept.declared_token, Before(kept.whole_token, changes, may_be_same=False)
            of_declared = log.copy()
            if self.parts is not None:
                self.parts.at(home.place("parts", token), before)
            whole: Readings | None = None
            same: Unchanged | None = None
            try:
                whole, whole_token = self.follow(declared), token_hex(16)
                anew = before is None or not before.may_be_same
                vain = kept is not None and anew and self._says_the_same(whole, kept, changes)
                told = kept.told if kept is not None and vain else whole_token
            except Unchanged as found:
                if kept is None:
                    raise
                same = found
                whole_token = token_hex(16) if same.moves.files else kept.whole_token
                told = whole_token if same.moves.files else kept.told
                log = _joined(unpacked(kept.whole), log)
        _tell(log)
        load = same.join if same is not None else lambda: whole if whole is not None else self.anew()
        if log.spoiled:
            return Reading(None, load)
        besides = self.parts.besides if self.parts is not None else None

        def save() -> None:
            if new:
                home.place("declared", token).save(declared)
            if whole is not None:
                home.place("code", whole_token).save(whole)
            if self.parts is not None:
                self.parts.save(whole_token)
            state = home.state.with_digests(home.project, kept.state if kept is not None else None)
            looked = (packed(each) for each in (of_declared, besides or log, log))
            home.place().save(_Kept(state, token, whole_token, told, *looked))

        at_leisure(save)
        if self.parts is not None:
            self.parts.forget()
        if kept is not None and same is not None and same.moves.files:
            return Reading(told, load, kept.told, same.moves)
        return Reading(told, load)

    def _is_as_before(self, declared: Readings, kept: _Kept) -> bool:
        """Whether nothing changed of what is declared but what migrations say, and where it stands: files that it looks
        at were edited, but nobody who follows code learns anything else of them. A place in Python that is told of code
        makes what was seen depend on its file; one in another file does not, and must be where it was."""
        before = _loaded(self.home.place("declared", kept.declared_token)) if self.parts is not None else None
        if before is None:
            return False
        moves = Moves()
        only = is_only_moved(_without_migrations(before), _without_migrations(declared), moves)
        return only and moves.keep_order() and all(path.endswith((".py", ".pyi")) for path in moves.files)

    def _says_the_same(self, whole: Readings, kept: _Kept, changes: Changes | None) -> bool:
        """Whether the code was followed again in vain, as may be where what is declared was read anew: else those who
        follow know by themselves (`Unchanged`). The digests of files in places tell nobody anything."""
        if changes is None or not any(path.endswith(".py") for path in changes.edited):
            return False
        return alike(whole, _loaded(self.home.place("code", kept.whole_token)), without="digest")

    def again(self, kept: _Kept, changes: Changes) -> Readings:
        """What is kept of a reading, or joined of its parts, or made anew where they are gone."""
        found = _loaded(self.home.place("code", kept.whole_token))
        if found is not None:
            return found
        declared = _loaded(self.home.place("declared", kept.declared_token)) if self.parts is not None else None
        if declared is None or self.parts is None:
            return self.anew()
        before = Before(kept.whole_token, changes, may_be_same=False)
        self.parts.at(self.home.place("parts", kept.declared_token), before)
        with noting(Consulted()):
            return self.follow(declared)

    def anew(self) -> Readings:
        """What is read without anything that is kept."""
        if self.parts is not None:
            self.parts.at(None)
        return self.follow(self.read())


def _without_migrations(readings: Readings) -> Readings:
    return tuple(replace(reading, history=None, migrated=None) for reading in readings)


def _joined(first: Consulted, second: Consulted) -> Consulted:
    first.take(second)
    return first


def _tell(log: Consulted) -> None:
    """Tell who takes note of us what was looked at."""
    around = noted()
    if around is not None:
        around.take(log)


def _loaded(place: Place) -> Readings | None:
    found = place.load()
    return found if isinstance(found, tuple) else None
