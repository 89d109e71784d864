"""Following a project again: what of an earlier run is still true, and what is to be kept of this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.bearing import bears_edit
from dbarchitect.sources.code.python.arrivals import comers
from dbarchitect.sources.code.python.crowds import Crowds, Header, headers_of
from dbarchitect.sources.code.python.fragments import Seen, is_only_moved
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.python.kept import Kept, Known, Last, Learnt, stale
from dbarchitect.sources.code.stale import told_otherwise
from dbarchitect.sources.consulted import Consulted
from dbarchitect.sources.moved import Moves
from dbarchitect.sources.python.statements import Module
from dbarchitect.sources.python.surfaces import surface_of


class Again:
    """One run over the modules of a project, of which an earlier one may have left something.

    `noticed`: the modules that may notice which others came and went (`arrivals`).
    """

    def __init__(
        self,
        interpreter: Interpreter,
        kept: Kept | None,
        before: Last | None,
        pieces: Sequence[Module],
        noticed: AbstractSet[str] = frozenset(),
    ) -> None:
        self._interpreter = interpreter
        self._kept = kept
        self._before, self._edited = Known(), dict[str, bytes]()
        if before is not None:
            self._before, self._edited = before[0], {**before[1].edited, **comers(before[1])}
        self._noticed = noticed
        self._learnt = Learnt()
        self._otherwise: set[str] = set()
        self._headers = self._headers_of(pieces)
        self.crowds = Crowds(self._headers)

    def _headers_of(self, pieces: Iterable[Module]) -> dict[str, tuple[Header, ...]]:
        known = self._before.headers
        return {
            module.path: known[module.path]
            if module.path in known and module.path not in self._edited
            else headers_of(module.source)
            for module in pieces
        }

    def known(self) -> dict[str, Seen]:
        """What was seen in modules of which nothing changed that they depend on."""
        if not self._before.seen:
            return {}
        gone = told_otherwise(Crowds(self._before.headers).of_modules(), self.crowds.of_modules())
        if self._edited:
            self._otherwise = {path for path in self._edited if self._says_otherwise(path)} | self._noticed
            answers = self._before.learnt.answers
            self._learnt.answers = {name: _answer(name, self._interpreter) for name in answers}
            changed = {name for name, said in self._learnt.answers.items() if said != answers[name]}
            gone |= stale(self._before, self._edited.keys() | self._noticed, self._otherwise, changed)
        return {path: seen for path, seen in self._before.seen.items() if path not in gone}

    def _says_otherwise(self, path: str) -> bool:
        """Whether an edited module says something else outside its functions, or what they return counts as well."""
        module = self._interpreter.index.module(path)
        if module is None:  # it is gone: whoever it led to says so
            return True
        surface = self._learnt.surfaces[path] = surface_of(module)
        return path in self._before.learnt.called or self._before.learnt.surfaces.get(path) != surface

    def keep(
        self, seen: Mapping[str, Seen], learnt: Learnt, looked: Consulted, said: tuple[Diagnostic, ...], gathered: str
    ) -> Consulted:
        """Keep what was seen now and before; all that was looked at for it, in this run or an earlier one."""
        whole = Learnt()
        whole.add(self._before.learnt)
        for path in self._otherwise:
            whole.links.pop(path, None)
        whole.add(self._learnt)
        whole.add(learnt)
        every = _carried(self._before.looked, self._edited)
        every.take(looked)
        if self._kept is not None:
            self._kept.keep(Known(dict(seen), whole, every, self._headers, said, gathered, self._before.signs))
        return every

    def moves(self, seen: Mapping[str, Seen], said: tuple[Diagnostic, ...], gathered: str) -> Moves | None:
        """Where everything is that the last run saw, where that is all that changed; None where a reading of it would
        say something else."""
        before, last = self._before, self._kept.before if self._kept is not None else None
        if last is None or not last.may_be_same or not before.seen or before.gathered != gathered:
            return None
        if said != before.said or seen.keys() != before.seen.keys() or last.changes.added or last.changes.removed:
            return None
        if not all(bears_edit(before.signs, path, content) for path, content in last.changes.edited.items()):
            return None
        moves = Moves()
        again = ((before.seen[path], found) for path, found in seen.items() if found is not before.seen[path])
        return moves if all(is_only_moved(was, found, moves) for was, found in again) else None


def learnt_by(interpreter: Interpreter, seen: Iterable[Seen]) -> Learnt:
    """What a process learnt that followed some modules."""
    index = interpreter.index
    asked = set(interpreter.asked_apart).union(*(each.asked for each in seen))
    answers = {name: _answer(name, interpreter) for name in sorted(asked)}
    read = (module for module in index.modules.values() if module.is_read)
    surfaces = {module.path: surface_of(module) for module in read}
    called = interpreter.evaluator.called
    return Learnt(index.links, surfaces, called, set(interpreter.touched_apart), set(interpreter.asked_apart), answers)


def _answer(name: str, interpreter: Interpreter) -> str:
    """What the whole project says to a question."""
    found = (vocabulary.answer(name, interpreter) for vocabulary in interpreter.vocabularies)
    return next((said for said in found if said is not None), "")


def _carried(looked: Consulted, edited: Mapping[str, bytes]) -> Consulted:
    """What was looked at in an earlier run, as it is with files that were edited since."""
    made = looked.copy()
    code = {path: content for path, content in edited.items() if path.lower().endswith((".py", ".pyi"))}
    for word, paths in made.words.items():
        made.words[word] = (paths - edited.keys()).union(path for path, text in code.items() if word in text)
    for pattern, paths in made.patterns.items():
        holding = (path for path, text in code.items() if pattern.search(text) is not None)
        made.patterns[pattern] = (paths - edited.keys()).union(holding)
    for pattern, (among, paths) in made.sought.items():
        here = (path for path in among & edited.keys() if pattern.search(edited[path]) is not None)
        made.sought[pattern] = (among, (paths - edited.keys()).union(here))
    return made
