"""The order in which Django runs migrations, over all applications of a project.

A squash stands for the migrations that it replaces, as on a database that has run none of them: these are left out
whether or not their files are still there, and what depends on them depends on the squash. So each table is made once.
Source: https://docs.djangoproject.com/en/5.2/topics/migrations/#squashing-migrations
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dbarchitect.catalog.migrations import ChainFault, ChainProblem
from dbarchitect.sources.django.migrations.files import FIRST, LATEST, Key, MigrationFile

_MOST_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """Migrations in order, with the names of those that each one needs and of those that nothing follows."""

    files: tuple[MigrationFile, ...]
    parents: Mapping[Key, tuple[Key, ...]]
    heads: tuple[Key, ...]
    problems: tuple[ChainProblem, ...]


def spelled(key: Key) -> str:
    """How Django speaks of a migration: `shop.0002_order_total`."""
    return ".".join(key)


def plan(files: Iterable[MigrationFile]) -> Plan:
    """The order in which all these would run on an empty database. Faults of the chain are told, never raised."""
    return _Graph(files).plan()


class _Graph:
    def __init__(self, files: Iterable[MigrationFile]) -> None:
        self.problems: list[ChainProblem] = []
        self.nodes: dict[Key, MigrationFile] = {}
        for file in files:
            first = self.nodes.setdefault(file.key, file)
            if first is not file:
                text = f"{spelled(file.key)} is there twice: {first.module.path} and {file.module.path}"
                self._problem(ChainFault.DUPLICATE, text, (file.key,), file)
        self.labels = {label for label, _ in self.nodes}
        self.stand_in = self._stand_ins()
        self.kept = {key: file for key, file in self.nodes.items() if self.stand_in.get(key, key) == key}
        self.parents: dict[Key, dict[Key, None]] = {key: {} for key in self.kept}
        self._edges: dict[tuple[str, bool], Key | None] = {}

    def _stand_ins(self) -> dict[Key, Key]:
        """Which squash stands for a replaced migration, that of a squash of squashes for all of them."""
        direct: dict[Key, Key] = {}
        for key, file in self.nodes.items():
            for replaced in file.replaces:
                if replaced != key:
                    direct.setdefault(replaced, key)
        found: dict[Key, Key] = {}
        for replaced, following in direct.items():
            seen, last = {replaced}, following
            while last in direct and last not in seen:
                seen.add(last)
                last = direct[last]
            if last not in seen:
                found[replaced] = last
        return found

    def plan(self) -> Plan:
        for key, file in self.kept.items():
            for needed in file.dependencies:
                self._need(key, needed, file)
            for later in file.run_before:
                target = self._found(later, key, file)
                if target is not None and target != key:
                    self.parents[target][key] = None
        for replaced, key in self.stand_in.items():
            self._inherit(replaced, key)
        order = self._sorted()
        followed: dict[Key, set[str]] = {}
        for key, parents in self.parents.items():
            for parent in parents:
                followed.setdefault(parent, set()).add(key[0])
        leaves = [key for key in order if key[0] not in followed.get(key, ())]
        self._several_heads(leaves)
        return Plan(
            tuple(self.kept[key] for key in order),
            {key: tuple(needed) for key, needed in self.parents.items()},
            tuple(key for key in order if key not in followed),
            tuple(self.problems[:_MOST_PROBLEMS]),
        )

    def _inherit(self, replaced: Key, key: Key) -> None:
        """A squash needs what the migrations that it replaces need of other applications, and comes before what
        they come before."""
        file = self.nodes.get(replaced)
        if file is None or key not in self.kept:
            return
        for needed in file.dependencies:
            self._need(key, needed, None)
        for later in file.run_before:
            target = self._found(later, key, None)
            if target is not None and target != key:
                self.parents[target][key] = None

    def _need(self, key: Key, needed: Key, file: MigrationFile | None) -> None:
        target = self._found(needed, key, file)
        if target is not None and target != key:
            self.parents[key][target] = None

    def _found(self, needed: Key, key: Key, file: MigrationFile | None) -> Key | None:
        """The migration that a dependency means, None for one of a library's or one that is missing."""
        label, name = needed
        if label not in self.labels:
            return None
        if name == FIRST:
            return self._edge_of(label, key, first=True)
        if name == LATEST:
            return self._edge_of(label, key, first=False)
        found = self.stand_in.get(needed, needed)
        if found in self.kept:
            return found
        if file is not None:
            text = f"{spelled(key)} needs {spelled(needed)}, which is not there"
            self._problem(ChainFault.MISSING_PARENT, text, (key, needed), file)
        return None

    def _edge_of(self, label: str, key: Key, *, first: bool) -> Key | None:
        """The first or last migration of an application, by what its migrations need of one another."""
        if label == key[0]:
            return None
        if (label, first) not in self._edges:
            self._edges[label, first] = self._edge(label, first=first)
        return self._edges[label, first]

    def _edge(self, label: str, *, first: bool) -> Key | None:
        own = sorted(k for k in self.kept if k[0] == label)
        inner = {k: {self.stand_in.get(d, d) for d in self.kept[k].dependencies if d[0] == label} - {k} for k in own}
        if first:
            return next((k for k in own if not inner[k] & self.kept.keys()), own[0] if own else None)
        needed = {d for found in inner.values() for d in found}
        return next((k for k in reversed(own) if k not in needed), own[-1] if own else None)

    def _sorted(self) -> list[Key]:
        """Depth first from every migration by name, needed ones first; a circle is cut where it closes."""
        done: dict[Key, None] = {}
        for start in sorted(self.kept):
            if start in done:
                continue
            path: dict[Key, None] = {start: None}
            stack = [(start, iter(sorted(self.parents[start])))]
            while stack:
                here, rest = stack[-1]
                following = next(rest, None)
                if following is None:
                    stack.pop()
                    del path[here]
                    done[here] = None
                elif following in path:
                    self._circle(path, here, following)
                elif following not in done:
                    path[following] = None
                    stack.append((following, iter(sorted(self.parents[following]))))
        return list(done)

    def _circle(self, path: Mapping[Key, None], here: Key, following: Key) -> None:
        keys = list(path)
        circle = tuple(keys[keys.index(following) :])
        self.parents[here].pop(following, None)
        if len(self.problems) < _MOST_PROBLEMS:
            names = " needs ".join(map(spelled, (*circle[:8], following)))
            self._problem(
                ChainFault.CYCLE, f"migrations need one another in a circle: {names}", circle, self.kept[here]
            )

    def _several_heads(self, leaves: Iterable[Key]) -> None:
        # Two folders of one label are two applications, the label of one of which could not be told.
        by_folder: dict[tuple[str, str], list[Key]] = {}
        for key in leaves:
            by_folder.setdefault((key[0], self.kept[key].module.directory), []).append(key)
        for (label, _), keys in sorted(by_folder.items()):
            if len(keys) > 1:
                names = ", ".join(name for _, name in sorted(keys))
                text = f"{label} has {len(keys)} migrations that nothing follows: {names}"
                self._problem(ChainFault.SEVERAL_HEADS, text, tuple(sorted(keys)), self.kept[max(keys)])

    def _problem(self, fault: ChainFault, text: str, keys: tuple[Key, ...], file: MigrationFile) -> None:
        self.problems.append(ChainProblem(fault, text, tuple(map(spelled, keys)), file.origin))
