"""The TypeScript and JavaScript modules of a project: found by words, parsed when asked for, joined by imports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from sys import intern

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.consulted import note_file, note_files, note_resolved, noted
from dbarchitect.sources.discover import Project
from dbarchitect.sources.typescript.commonjs import WHOLE
from dbarchitect.sources.typescript.lowering import Trees
from dbarchitect.sources.typescript.modules import read_module
from dbarchitect.sources.typescript.recalled import Answers, Recalled
from dbarchitect.sources.typescript.sources import Sources
from dbarchitect.sources.typescript.specifiers import Specifiers
from dbarchitect.sources.typescript.syntax import External, Found, Imported, Module
from dbarchitect.sources.typescript.words import Searched

_Place = tuple[str, str]


@dataclass(eq=False, slots=True)
class Links:
    """What a module was joined with when somebody asked: `used` are the modules in which its names are bound, `looked`
    those whose imports and exports were gone through for them; `asked` are the specifiers that were followed."""

    used: set[str] = field(default_factory=set)
    looked: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)


class TypeScriptIndex:
    """The modules of a project. Nothing is parsed before it is asked for, nothing is ever run."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._sources = Sources(project)
        self._specifiers: Specifiers | None = None
        self._trees = Trees()
        self._modules: dict[str, Module | None] = {}
        self._exported: dict[_Place, tuple[_Place | External | None, frozenset[str]]] = {}
        self._resolved: dict[tuple[bool, str, str], Found | External | None] = {}
        self._looked: set[str] = set()
        self.links: dict[str, Links] = {}
        self.gathered: dict[str, dict[str, frozenset[str]]] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all modules, in order; declaration files (`.d.ts`), minified and generated ones are left out."""
        return self._sources.paths

    @property
    def known(self) -> Collection[str]:
        """The paths of all files, those that are left out among them."""
        return self._sources.known

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What could not be read, or was left out though it holds what was searched for, by path."""
        found = sorted(self._sources.problems.items())
        return tuple(Diagnostic(Origin(path, 1), text) for path, text in found)

    def source(self, path: str) -> bytes:
        """The source of a module, decoded to UTF-8 where it is in another coding. Raises `OSError`, `KeyError`."""
        note_file(path)
        return self._sources[path]

    def peek(self, path: str) -> bytes | None:
        """The source of a module where it was read already and is what the file holds; nobody takes note."""
        return self._sources.peek(path)

    def matching(
        self, pattern: Searched, paths: Iterable[str] | None = None, *, telling: bool = True
    ) -> tuple[str, ...]:
        """The modules whose source a pattern matches; `telling`: what is left out of them becomes a diagnostic."""
        found = self._sources.matching(pattern, paths, telling=telling)
        self.note_matching(pattern, found)
        return found

    def seeking(self, patterns: Collection[Searched]) -> AbstractContextManager[None]:
        """Within it, all modules are searched for these in another process, before somebody asks."""
        return self._sources.seeking(patterns)

    def note_matching(self, pattern: Searched, found: Iterable[str]) -> None:
        """Note the modules that a pattern matches where that is known already."""
        log = noted()
        if log is not None:
            log.in_scripts[pattern] = log.in_scripts.get(pattern, frozenset()) | frozenset(found)

    def module(self, path: str) -> Module | None:
        """A module, parsed; None where there is none, or it is no code that a person writes."""
        note_file(path)
        self._looked.add(path)
        if path not in self._modules:
            try:
                source = self._sources[path]
            except (KeyError, OSError):
                self._modules[path] = None
                return None
            made = self._modules[path] = read_module(path, source, self._trees)
            made.recoded = path in self._sources.recoded
        return self._modules[path]

    def digests(self) -> dict[str, bytes]:
        """The digests of all sources as they are read; empty for what is left out."""
        return {path: self._sources.digest(path) for path in self._sources.known}

    def recall(self, recalled: Recalled) -> None:
        """Take what an earlier run knows of the sources, before any of them is read."""
        self._sources.recall(recalled)

    @property
    def answers(self) -> Answers:
        """What was searched for so far, and where it is."""
        return self._sources.answers

    def gather(
        self, name: str, pattern: Searched, take: Callable[[bytes], frozenset[str]], paths: Iterable[str] | None = None
    ) -> frozenset[str]:
        """What is taken out of the modules that a pattern matches, all together; of one that is known by `name` what an
        earlier run took."""
        known = self._sources.recalled.gathered.get(name, {})
        plain = self._sources.recalled.plain
        found = self.matching(pattern, paths, telling=False)
        taken = {path: known[path] if path in known and path in plain else take(self.source(path)) for path in found}
        note_files(taken)
        self.gathered.setdefault(name, {}).update(taken)
        return frozenset[str]().union(*taken.values())

    def release(self, path: str) -> None:
        """Forget the bodies of a module's functions.

        The module stays the same one: they are made again when they are asked for, of its tree where that is still
        among the latest (its neighbours call into it), else of one that is parsed anew.
        """
        module = self._modules.get(path)
        if module is not None:
            module.forget()

    def resolve(self, module: Module, name: str) -> Found | External | None:
        """What a name at the top level of a module is: where it is bound, its imports and re-exports followed."""
        key = (False, module.path, name)
        if key not in self._resolved:
            self._resolved[key] = self._linked(module, lambda: self._local(module.path, name, set()))
        return self._resolved[key]

    def exported(self, module: Module, name: str) -> Found | External | None:
        """What a module exports by a name."""
        key = (True, module.path, name)
        if key not in self._resolved:
            self._resolved[key] = self._linked(module, lambda: self._of_export(module.path, name, set()))
        return self._resolved[key]

    def target(self, module: Module, specifier: str) -> Module | str | None:
        """What a specifier leads to: a module of the project, the specifier of a package, None for a missing file."""
        path = self._path(module.path, specifier)
        if path is not None:
            self._links_of(module.path).used.add(path)
            return self.module(path)
        return None if Specifiers.is_of_project(specifier) else specifier

    def meant(self, path: str, specifier: str) -> str | None:
        """The path of the module that a specifier means in a module; None where it is none of the project's."""
        if self._specifiers is None:
            note_resolved()
            self._specifiers = Specifiers(self.project, self._sources.known)
        return self._specifiers.path(path.rpartition("/")[0], specifier)

    def _path(self, path: str, specifier: str) -> str | None:
        self._links_of(path).asked.add(intern(specifier))
        return self.meant(path, specifier)

    def _linked(self, module: Module, find: Callable[[], _Place | External | None]) -> Found | External | None:
        """What is found for a module, which is linked with all modules that were looked into for it."""
        self._looked = set()
        place = find()
        links = self._links_of(module.path)
        links.looked |= self._looked
        if place is None or isinstance(place, External):
            return place
        links.used.add(place[0])
        found = self.module(place[0])
        return Found(found, place[1]) if found is not None else None

    def _links_of(self, path: str) -> Links:
        found = self.links.get(path)
        if found is None:
            found = self.links[path] = Links()
        return found

    def _local(self, path: str, name: str, seen: set[_Place]) -> _Place | External | None:
        """Where a name of a module's top level is bound."""
        at = self.module(path)
        if at is None:
            return None
        if name == "*":
            return path, name
        if name in at.imports:
            return self._imported(path, at.imports[name], seen)
        return (path, name) if name in at.bound else None

    def _imported(self, path: str, imported: Imported, seen: set[_Place]) -> _Place | External | None:
        target = self._path(path, imported.specifier)
        if target is not None and self.module(target) is not None:
            return self._of_export(target, imported.name, seen)
        return External(imported.specifier, imported.name)

    def _of_export(self, path: str, name: str, seen: set[_Place]) -> _Place | External | None:
        """Where a name that a module exports is bound. `seen` is where it was looked for before: it is not there, or
        whoever looks there still goes on."""
        key = (path, name)
        known = self._exported.get(key)
        if known is not None:
            self._looked |= known[1]
            return known[0]
        if key in seen:
            return None
        if seen:  # what is found on the way round a circle may be incomplete
            seen.add(key)
            return self._search(path, name, seen)
        before, self._looked = self._looked, {path}
        found = self._search(path, name, {key})
        self._exported[key] = (found, frozenset(self._looked))
        self._looked |= before
        return found

    def _search(self, path: str, name: str, seen: set[_Place]) -> _Place | External | None:
        at = self.module(path)
        if at is None:
            return None
        whole = name == "*"
        name = WHOLE if whole else name
        if name in at.exports:
            return self._local(path, at.exports[name], seen)
        if name in at.passed_on:
            return self._imported(path, at.passed_on[name], seen)
        if whole:
            return path, "*"
        if name == "default":
            return None
        outside: External | None = None
        for star in at.stars:
            found = self._imported(path, Imported(star, name), seen)
            if isinstance(found, External):
                outside = outside or found
            elif found is not None:
                return found
        return outside
