"""Following a project again: what of an earlier run is still true, and what is to be kept of this one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.bearing import bears_edit
from dbarchitect.sources.code.stale import told_otherwise
from dbarchitect.sources.code.typescript.kept import (
    Digest,
    Joined,
    Kept,
    Known,
    led_elsewhere,
    reached,
    stale,
    surface_of,
)
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.seen import Seen
from dbarchitect.sources.code.typescript.web.mounting import mounted_otherwise
from dbarchitect.sources.consulted import note_files, noted
from dbarchitect.sources.discover import Project
from dbarchitect.sources.moved import Moves
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.recalled import carry


class Again:
    """One run over a project of which an earlier one left something. `learnt` is what vocabularies know of all modules.

    What is `kept` is of the same models: see `sources.cache`.
    """

    def __init__(self, index: TypeScriptIndex, kept: Kept, roles: Roles, learnt: Sequence[tuple[str, object]]) -> None:
        self.index = index
        self._kept = kept
        self._before = before = kept.known
        self._digests = index.digests()
        edited = {path for path, digest in self._digests.items() if before.digests.get(path) != digest}
        edited |= before.digests.keys() - self._digests.keys()
        self._edited = edited
        self._asked = roles.asked_of_all()
        self._learnt = repr(learnt)
        same = before.told is not None and before.learnt == self._learnt
        same = same and before.settings == _settings(index.project, before.settings)
        led = led_elsewhere(before, self._digests.keys() - before.digests.keys(), index) if same else set[str]()
        asked = reached(self._asked, before.joined.links)
        if before.told is not None and same and before.asked == self._asked and asked.isdisjoint(edited | led):
            roles.take(before.told)
        self._told = roles.told()
        if before.told is None or not same:
            self._gone = before.digests.keys() | self._digests.keys()
        else:
            others = told_otherwise(before.told.handed_on, self._told.handed_on)
            others |= mounted_otherwise(before.told.mounts, self._told.mounts)
            self._gone = stale(before, edited | others, led, index)

    def known(self, paths: Iterable[str]) -> dict[str, Seen]:
        """What was seen in modules of which nothing changed that they depend on."""
        seen = self._before.seen
        return {path: seen[path] for path in paths if path not in self._gone and path in seen}

    def joined(self, _: Collection[str]) -> Joined:
        """How the modules are joined that were looked into by this process, and what else it read."""
        looked = set[str]().union(*(links.looked for links in self.index.links.values()))
        modules = ((path, self.index.module(path)) for path in looked)
        surfaces = {path: surface_of(module) for path, module in modules if module is not None}
        log = noted()
        read = log.files.difference(self.index.known) if log is not None else set[str]()
        return Joined(self.index.links, surfaces, read)

    def keep(self, seen: Mapping[str, Seen], joined: Joined, said: tuple[Diagnostic, ...]) -> None:
        """Keep what was seen now and before, how the modules are joined, and what could not be read."""
        before, index = self._before, self.index
        whole = before.joined.without(self._gone)
        whole.add(joined)
        if self._kept.is_last:
            carry(before.answers, index.answers, self._edited, index.paths)
        note_files(reached((*seen, *self._asked), whole.links))
        note_files(whole.read)
        settings = _settings(index.project, whole.read)
        self._kept.keep(
            Known(
                self._digests, settings, whole, self._asked, self._told, self._learnt, dict(seen),
                index.answers, index.gathered, said, before.signs,
            )
        )  # fmt: skip

    def moves(self, seen: Mapping[str, Seen], said: tuple[Diagnostic, ...]) -> Moves | None:
        """Where everything is that the last run saw, where that is all that changed; None where a reading of it would
        say something else."""
        before, last = self._before, self._kept.before
        if not self._kept.is_last or last is None or not last.may_be_same or before.learnt != self._learnt:
            return None
        if said != before.said or seen.keys() != before.seen.keys():
            return None
        if not all(bears_edit(before.signs, path, content) for path, content in last.changes.edited.items()):
            return None
        if last.changes.added or last.changes.removed:
            return None
        again = [(before.seen[path], found) for path, found in seen.items() if found is not before.seen[path]]
        moves = Moves()
        if all(was.says_the_same(found) for was, found in again):
            return moves
        return moves if all(was.is_only_moved(found, moves) for was, found in again) else None


def _settings(project: Project, read: Iterable[str]) -> dict[str, Digest]:
    """The digests of the files that were read to know where imports lead, and of all that would be."""
    asked = (file.path for file in project.named("package.json", "tsconfig.json", "jsconfig.json"))
    return {path: _digest(project, path) for path in (*read, *asked)}


def _digest(project: Project, path: str) -> Digest:
    file = project.get(path)
    try:
        return sha256(file.content()).digest() if file is not None else b""
    except OSError:
        return b""
