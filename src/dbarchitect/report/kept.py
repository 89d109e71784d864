"""The report of the last audit, which is the report of this one where nothing that goes into it has changed.

An audit is a function of what was read, of what was asked for, of the day, and of ourselves. What was asked for and the
day are told by a text (`asked`); what was read by the name of the reading (`sources.cache`) and by what was looked at
besides: how the program is run, suppressions in comments. Where a file was edited and all of that is still the same,
so is every finding. Only what the report shows is kept.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from hashlib import sha256

from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report
from dbarchitect.sources.bearing import bears
from dbarchitect.sources.cache import Home, unpacked
from dbarchitect.sources.keeping import at_leisure
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
        borne = self._is_borne(kept, changes)
        if kept.asked != self._asked or self._opened.reading.token != kept.token:
            return None
        if not borne:
            if not self._opened.tells(pickle.loads(kept.besides)):  # noqa: S301 - our own: a part of a file of ours
                return None
            at_leisure(lambda: self._save(kept.besides, kept.report))
        report: Report = pickle.loads(kept.report)  # noqa: S301 - our own: a part of a file of ours
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
        at_leisure(lambda: self._save(packed(self._opened.besides), packed(report)))

    def _save(self, besides: bytes, report: bytes) -> None:
        token, looked = self._opened.reading.token, self._opened.looked
        if token is not None and not looked.spoiled:
            state = self._home.state.with_digests(self._opened.project, None)
            made = _Kept(self._asked, token, state, packed(looked), looked.outside, besides, report)
            self._place.save(made)
