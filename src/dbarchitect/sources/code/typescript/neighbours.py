"""The modules of a large project in groups of neighbours: what was seen in a group is kept as one, beside what was seen
in each module, and is read in half of the time that its modules take one by one.

Where all is joined, each group is joined by itself before, be it kept as one or not.
"""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TypeAlias
from zlib import crc32

from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.typescript.seen import Seen
from dbarchitect.sources.keeping import Place
from dbarchitect.sources.packing import packed

MANY = 2_000
"""Modules: with fewer, they are read one by one."""
ABOUT = 64
"""Modules of a group."""

Group: TypeAlias = tuple[str, ...]


def neighbours(paths: Sequence[str]) -> tuple[Group, ...]:
    """Modules in groups, in their order. A module by itself tells whether a group begins with it: so one more or less
    makes other groups of those around it alone."""
    if len(paths) < MANY:
        return tuple((path,) for path in paths)
    found: list[list[str]] = []
    for path in paths:
        if not found or crc32(path.encode("utf-8", "surrogatepass")) % ABOUT == 0:
            found.append([])
        found[-1].append(path)
    return tuple(map(tuple, found))


class Gathering:
    """What one process sees in the modules of some groups: each group is packed when all of it was seen."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self._groups = {path: group for group in groups if len(group) > 1 for path in group}
        self._open: dict[Group, tuple[Recorder, list[str]]] = {}
        self.done: dict[Group, bytes] = {}

    def add(self, path: str, seen: Recorder) -> None:
        """Take in what was seen in a module; nobody may use it for anything else any more."""
        group = self._groups.get(path)
        if group is None:
            return
        whole, paths = self._open.setdefault(group, (Recorder(), []))
        whole.absorb(seen)
        paths.append(path)
        if tuple(paths) == group:
            self.done[group] = packed(whole)
            del self._open[group]


class Joints:
    """What was seen in groups of modules, as bytes: of this run, or kept under a digest of what was seen in each of
    their modules, so that it does not matter which run has kept it."""

    def __init__(self, place: Place | None = None) -> None:
        self._place = place
        self._kept: dict[bytes, bytes] | None = None
        self._made: dict[Group, bytes] = {}
        self._asked: dict[bytes, bytes | list[Seen]] = {}

    def take(self, made: Mapping[Group, bytes]) -> None:
        """Take what processes have packed."""
        self._made.update(made)

    def recorders(self, seen: Mapping[str, Seen]) -> Iterator[Recorder]:
        """What was seen in all modules, group by group."""
        for group in neighbours(tuple(seen)):
            parts = [seen[path] for path in group]
            if len(parts) == 1:
                yield from (part.unpacked() for part in parts if part.recorder)
                continue
            body = self._body(group, parts)
            yield pickle.loads(body) if body is not None else together(parts)  # noqa: S301 - our own, as in `Seen`

    def _body(self, group: Group, parts: list[Seen]) -> bytes | None:
        """The bytes of a group; None where there are none. What was asked for is kept for the next run."""
        made = self._made.get(group)
        if self._place is None:
            return made
        if self._kept is None:
            found = self._place.load()
            self._kept = found if isinstance(found, dict) else {}
        digest = _digest(group, parts)
        body = made if made is not None else self._kept.get(digest)
        self._asked[digest] = body if body is not None else parts
        return body

    def save(self) -> None:
        """Write what was asked for, where somebody asked."""
        if self._place is not None and self._asked:
            self._place.save({
                digest: packed(together(found)) if isinstance(found, list) else found
                for digest, found in self._asked.items()
            })  # fmt: skip

    def forget(self) -> None:
        """Let go of it."""
        self._kept, self._made, self._asked = None, {}, {}


def together(parts: Collection[Seen]) -> Recorder:
    """What was seen in some modules, in their order."""
    whole = Recorder()
    for part in parts:
        if part.recorder:
            whole.absorb(part.unpacked())
    return whole


def _digest(group: Group, parts: list[Seen]) -> bytes:
    digest = blake2b("\n".join(group).encode("utf-8", "surrogatepass"), digest_size=16)
    for part in parts:
        digest.update(b"%d " % len(part.recorder))
        digest.update(part.recorder)
    return digest.digest()
