"""What following the modules of a large project gave, kept for the next run, each module's by itself.

What was seen in a module is used again while nothing changed that it depends on: its own source, the sources of the
modules that its names lead to (and of those that theirs lead to), the imports and exports of those that were gone
through on the way, what the whole project tells of it (`Told`: what is mounted where, which actions are handed on).
Which modules lead to which is known from following them: every way by which one reaches another is a link of the module
in which the name is written, so that it does not matter who asked first. With other models nothing is kept; with other
settings of compilers and packages, or where vocabularies learnt something else of all modules, all is followed anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from hashlib import sha256

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.cache import Before
from dbarchitect.sources.code.keeper import Keeper
from dbarchitect.sources.code.stale import leading_to
from dbarchitect.sources.code.typescript.neighbours import Joints
from dbarchitect.sources.code.typescript.roles import Told
from dbarchitect.sources.code.typescript.seen import Seen
from dbarchitect.sources.consulted import Consulted
from dbarchitect.sources.keeping import Place
from dbarchitect.sources.typescript.index import Links, TypeScriptIndex
from dbarchitect.sources.typescript.recalled import Answers, Recalled
from dbarchitect.sources.typescript.syntax import Module

Digest = bytes


@dataclass(eq=False, slots=True)
class Joined:
    """How modules are joined, the digests of the imports and exports of those that were gone through, and the other
    files (settings of compilers and packages) that were read for it."""

    links: dict[str, Links] = field(default_factory=dict)
    surfaces: dict[str, Digest] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, found: Iterable[Joined]) -> Joined:
        """All of some."""
        whole = cls()
        for joined in found:
            whole.add(joined)
        return whole

    def add(self, other: Joined) -> None:
        """Take in what another one knows."""
        self.surfaces.update(other.surfaces)
        self.read |= other.read
        for path, links in other.links.items():
            mine = self.links.get(path)
            if mine is None:
                mine = self.links[path] = Links()
            mine.used |= links.used
            mine.looked |= links.looked
            mine.asked |= links.asked

    def without(self, gone: AbstractSet[str]) -> Joined:
        """The same but for some modules."""
        links = {path: found for path, found in self.links.items() if path not in gone}
        surfaces = {path: found for path, found in self.surfaces.items() if path not in gone}
        return Joined(links, surfaces, set(self.read))


@dataclass(eq=False, slots=True)
class Known:
    """All that is kept of a project.

    `digests` are those of sources, `settings` those of the settings of compilers and packages. `asked` told what the
    whole project tells (`told`); `learnt` is what vocabularies know of all of it. `answers` tell where was searched for
    what, `gathered` what was taken out of which source; `said` is what could not be read, `signs` what was looked at
    for signs. `token` is the name of the reading that was made of it all.
    """

    digests: dict[str, Digest] = field(default_factory=dict)
    settings: dict[str, Digest] = field(default_factory=dict)
    joined: Joined = field(default_factory=Joined)
    asked: tuple[str, ...] = ()
    told: Told | None = None
    learnt: str = ""
    seen: dict[str, Seen] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    gathered: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    said: tuple[Diagnostic, ...] = ()
    signs: Consulted = field(default_factory=Consulted)
    token: str = ""


def surface_of(module: Module) -> Digest:
    """The digest of what others may find by going through a module."""
    text = repr((module.imports, module.exports, module.passed_on, module.stars, sorted(module.bound)))
    return sha256(text.encode("utf-8", "replace")).digest()


class Kept(Keeper[Known]):
    """What is kept of the TypeScript of one project: taken from its place before following, put there after it."""

    def __init__(self) -> None:
        super().__init__()
        self.known = Known()
        self.joints = Joints()

    def at(self, place: Place | None, before: Before | None = None) -> None:
        """Say where it is kept: what was seen in groups of modules beside what was seen in each."""
        super().at(place, before)
        beside = Place(place.path.with_name(f"{place.path.name}.groups"), place.key) if place is not None else None
        self.joints = Joints(beside)

    def save(self, token: str) -> None:
        """Write it."""
        super().save(token)
        self.joints.save()

    def forget(self) -> None:
        """Let go of it."""
        super().forget()
        self.joints.forget()

    @property
    def is_last(self) -> bool:
        """Whether what is known is of the run before this one, of which it is told what changed since."""
        return self.before is not None and self.before.token == self.known.token

    def open(self, index: TypeScriptIndex) -> None:
        """Take what the last run left; what is looked at from now on is looked at for what is kept here."""
        self.begin()
        found = self.found()
        self.known = found if isinstance(found, Known) else Known()
        if self.before is not None and self.is_last:
            known = self.known
            changed = self.before.changes.edited.keys() | self.before.changes.added.keys()
            index.recall(Recalled(known.digests, known.answers, known.gathered, changed))

    def signed(self, log: Consulted) -> None:
        """What was looked at for signs."""
        if self._made is not None:
            self._made.signs = log


def led_elsewhere(known: Known, new: AbstractSet[str], index: TypeScriptIndex) -> set[str]:
    """The modules of which an import means a file that is new."""
    return {
        path
        for path, links in (known.joined.links.items() if new else ())
        if any(index.meant(path, specifier) in new for specifier in links.asked)
    }


def stale(known: Known, changed: AbstractSet[str], led: AbstractSet[str], index: TypeScriptIndex) -> set[str]:
    """The modules of which something that they depend on changed; `changed` are those that did so themselves, `led` are
    those of which an import means another file."""
    otherwise = {path for path in changed if _looks_otherwise(path, known, index)} | led
    looking = {path for path, links in known.joined.links.items() if not otherwise.isdisjoint(links.looked)}
    return leading_to(changed | led | looking, {path: links.used for path, links in known.joined.links.items()})


def _looks_otherwise(path: str, known: Known, index: TypeScriptIndex) -> bool:
    """Whether a changed file has other imports and exports than it had."""
    before = known.joined.surfaces.get(path)
    module = index.module(path) if before is not None and path in index.known else None
    return module is None or surface_of(module) != before


def reached(starts: Iterable[str], links: Mapping[str, Links]) -> set[str]:
    """Modules with all that they depend on."""
    used = set(starts)
    looked: set[str] = set()
    waiting = list(used)
    while waiting:
        link = links.get(waiting.pop())
        if link is not None:
            waiting.extend(link.used - used)
            used |= link.used
            looked |= link.looked
    return used | looked
