"""The report of the last audit, which is the report of this one where nothing that goes into it has changed.

An audit is a function of what was read, of what was asked for, of the day, and of ourselves. What was asked for and the
day are told by a text (`asked`); what was read by the name of the reading (`sources.cache`) and by what was looked at
besides: how the program is run, suppressions in comments. Where a file was edited and all of that is still the same,
so is every finding. Only what the report shows is kept.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO

from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Location, Report
from dbarchitect.sources.bearing import bears
from dbarchitect.sources.besides import About, Besides
from dbarchitect.sources.cache import Home, unpacked
from dbarchitect.sources.consulted import Consulted
from dbarchitect.sources.keeping import at_leisure
from dbarchitect.sources.moved import Elsewhere, Moves
from dbarchitect.sources.opened import Opened
from dbarchitect.sources.packing import packed
from dbarchitect.sources.state import Changes, State, marks_below


@dataclass(frozen=True, slots=True)
class _Kept:
    """A report, packed, of a reading with a name; what was `looked` at besides, in which state of the files.

    `outside` are the folders that the project leaves out and that were looked into, with their marks; `besides` is what
    was told besides the reading, packed.
    """

    asked: str
    token: str
    state: State
    looked: bytes
    outside: dict[str, bytes]
    besides: bytes
    report: bytes


class KeptReport:
    """The place of a project's report; `asked` tells all that decides about it but the project's files."""

    def __init__(self, opened: Opened, home: Home, asked: str, *, structure: bool) -> None:
        self._opened = opened
        self._home = home
        project = opened.project
        left_out = repr((project.skipped, project.diagnostics))
        self._asked = sha256(f"{asked}\n{left_out}".encode("utf-8", "surrogateescape")).hexdigest()
        self._place = home.place("structured" if structure else "report")
        self._before: State | None = None

    @classmethod
    def of(cls, opened: Opened, asked: str, *, structure: bool) -> KeptReport | None:
        """The place for a project that was listed; None where nothing of it is kept."""
        return cls(opened, opened.home, asked, structure=structure) if opened.home is not None else None

    def find(self, rendering: Rendering) -> Report | None:
        """The last report, where this audit would give the same; as of now."""
        kept = self._place.load()
        if not isinstance(kept, _Kept):
            return None
        changes = kept.state.changes(self._opened.project)
        if changes is None:
            return None
        self._before = kept.state
        borne = self._is_borne(kept, changes)
        reading = self._opened.reading
        besides = _besides(kept)
        if borne:
            self._opened.told = besides
            self._opened.looked.take(unpacked(kept.looked))
        if kept.asked != self._asked or kept.token not in {reading.token, reading.moved}:
            return None
        moves = Moves.of([reading.moves] if reading.moves is not None and kept.token == reading.moved else [])
        if not borne and not self._opened.tells(besides, moves):
            return None
        if not moves.keep_order() or any(
            each.path in moves.files for told in besides.values() for each in told.suppressions
        ):
            return None
        try:
            report = _unpacked(kept.report, moves)
        except Elsewhere:
            return None
        if not borne or moves.files:
            looked = self._opened.looked if not borne else unpacked(kept.looked)
            said = packed(report) if moves.files else kept.report
            at_leisure(lambda: self._save(packed(besides), said, looked))
        return replace(report, generated_at=rendering.generated_at.isoformat(timespec="seconds"))

    def _is_borne(self, kept: _Kept, changes: Changes) -> bool:
        """Whether what was looked at besides the reading would say the same; if not, what need not be looked into."""
        if any(marks_below(path) != marks for path, marks in kept.outside.items()):
            return False
        if not changes:
            return True
        from dbarchitect.sources.deployment.telling import Telling

        looked = unpacked(kept.looked)
        told = (among - found for pattern, (among, found) in looked.sought.items() if isinstance(pattern, Telling))
        self._opened.silent = frozenset[str]().union(*told).difference(changes.edited, changes.added)
        return bears(looked, changes)

    def keep(self, report: Report) -> None:
        """Keep the report of this audit."""
        at_leisure(lambda: self._save(packed(self._opened.besides), packed(report), self._opened.looked))

    def _save(self, besides: bytes, report: bytes, looked: Consulted) -> None:
        token = self._opened.reading.token
        if token is not None and not looked.spoiled:
            before = self._before if self._before is not None else self._home.saved()
            state = self._home.state.with_digests(self._opened.project, before)
            made = _Kept(self._asked, token, state, packed(looked), looked.outside, besides, report)
            self._place.save(made)


class _Moving(pickle.Unpickler):
    """Unpacks a report with its places where they are now."""

    def __init__(self, packed: bytes, moves: Moves) -> None:
        super().__init__(BytesIO(packed))
        self._moves = moves

    def find_class(self, module: str, name: str) -> object:
        """What stands for a name in the report."""
        place = module == Location.__module__ and name == Location.__qualname__
        return self._location if place else super().find_class(module, name)

    def _location(
        self, path: str, line: int | None, column: int | None, end_line: int | None, end_column: int | None
    ) -> Location:
        return Location(path, *self._moves.span(path, (line, column, end_line, end_column)))


def _besides(kept: _Kept) -> Mapping[About, Besides]:
    """What was told besides the reading."""
    found: Mapping[About, Besides] = pickle.loads(kept.besides)  # noqa: S301 - our own: a part of a file of ours
    return found


def _unpacked(report: bytes, moves: Moves) -> Report:
    """A report with its places where they are now. Raises `Elsewhere` where nothing tells where one is."""
    found: Report = _Moving(report, moves).load() if moves.files else pickle.loads(report)  # noqa: S301 - our own
    return found
