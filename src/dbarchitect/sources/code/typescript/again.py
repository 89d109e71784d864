"""Following a project again: what of an earlier run is still true, and what is to be kept of this one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from dbarchitect.sources.code.typescript.kept import Digest, Joined, Kept, Known, Seen, reached, stale, surface_of
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.web.mounting import mounted_otherwise
from dbarchitect.sources.consulted import note_files
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.words import Searched


class Again:
    """One run over a project of which an earlier one left something. `learnt` is what vocabularies know of all modules.

    What is `kept` is of the same list of files, the same settings and the same models: see `sources.cache`.
    """

    def __init__(self, index: TypeScriptIndex, kept: Kept, roles: Roles, learnt: Sequence[tuple[str, object]]) -> None:
        self.index = index
        self._kept = kept
        self._before = before = kept.load()
        self._digests = index.digests()
        self._searched: dict[Digest, bool] = {}
        edited = {path for path, digest in self._digests.items() if before.digests.get(path) != digest}
        self._asked = roles.asked_of_all()
        asked = reached(self._asked, before.joined.links)
        if before.told is not None and before.asked == self._asked and asked.isdisjoint(edited):
            roles.take(before.told)
        self._told = roles.told()
        self._learnt = repr(learnt)
        if before.told is None or before.learnt != self._learnt:
            self._gone = set(self._digests)
        else:
            others = _otherwise(before.told.handed_on, self._told.handed_on)
            others |= mounted_otherwise(before.told.mounts, self._told.mounts)
            self._gone = stale(before, edited | others, index)

    def matching(self, wanted: Searched) -> list[str]:
        """The modules that hold what makes them worth following: those that changed are searched."""
        known, digests, paths = self._before.searched, self._digests, self.index.paths
        found = set(self.index.matching(wanted, [p for p in paths if digests[p] not in known], telling=False))
        found.update(path for path in paths if known.get(digests[path], False))
        self.index.note_matching(wanted, found)
        self._searched = {digests[path]: path in found for path in paths}
        return [path for path in paths if path in found]

    def known(self, paths: Iterable[str]) -> dict[str, Seen]:
        """What was seen in modules of which nothing changed that they depend on."""
        seen = self._before.seen
        return {path: seen[path] for path in paths if path not in self._gone and path in seen}

    def joined(self, _: Collection[str]) -> Joined:
        """How the modules are joined that were looked into by this process."""
        looked = set[str]().union(*(links.looked for links in self.index.links.values()))
        modules = ((path, self.index.module(path)) for path in looked)
        surfaces = {path: surface_of(module) for path, module in modules if module is not None}
        return Joined(self.index.links, surfaces)

    def keep(self, seen: Mapping[str, Seen], joined: Joined) -> None:
        """Keep what was seen now and before, and how the modules are joined."""
        whole = self._before.joined.without(self._gone)
        whole.add(joined)
        note_files(reached((*seen, *self._asked), whole.links))
        self._kept.keep(Known(self._digests, self._searched, whole, self._asked, self._told, self._learnt, dict(seen)))


def _otherwise(before: Mapping[str, object], now: Mapping[str, object]) -> set[str]:
    """The modules of which something else is told."""
    return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
