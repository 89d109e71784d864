"""The code of a project's TypeScript and JavaScript files, shared out to the applications whose tables it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

from dbarchitect.catalog.queries import Code, Sign
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.cache import Readings
from dbarchitect.sources.code.followed import Followed, together
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.sharing import handed_out
from dbarchitect.sources.code.signs import signs_for
from dbarchitect.sources.code.typescript.again import Again
from dbarchitect.sources.code.typescript.interpreter import Interpreter
from dbarchitect.sources.code.typescript.kept import Joined, Kept
from dbarchitect.sources.code.typescript.neighbours import Gathering, Joints, neighbours
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.seen import Seen
from dbarchitect.sources.code.typescript.vocabularies import vocabularies_for
from dbarchitect.sources.code.workers import share_out_by_size
from dbarchitect.sources.consulted import note_spoiled, noting_apart
from dbarchitect.sources.meanwhile import can_fork
from dbarchitect.sources.moved import Moves
from dbarchitect.sources.packing import forget, packed
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.words import Words

_SMALL = 200_000
"""Bytes of modules up to which other processes would cost more than they save."""
_LIBRARIES = re.compile(
    rb"[pP]risma\b|drizzle\b|kysely\b|[\"'](?:pg|mysql2?|mysql2/promise|postgres|better-sqlite3|sqlite3)[\"']"
)
"""What names a library for databases: a file with it that cannot be read is told."""
_PLACES = 3
"""Places of one file that are named as not understood."""


def read_code(
    index: TypeScriptIndex, readings: Sequence[SourceReading], kept: Kept | None = None
) -> tuple[SourceReading, ...]:
    """The readings with what the project's TypeScript asks of each one's database, and what could not be followed."""
    found = followed(index, readings, kept)
    return together([found] if found is not None else [], tuple(readings))


def followed(index: TypeScriptIndex, readings: Sequence[SourceReading], kept: Kept | None = None) -> Followed | None:
    """The project's TypeScript, followed module by module; None where there is nothing to follow."""
    if not readings or not index.known:
        return None
    if kept is not None:
        kept.open(index)
    if not index.paths:
        return None
    parts = _follow_modules(index, readings, kept)
    return Followed(lambda known: _joined(index, known, parts, kept), parts.moves)


def _joined(index: TypeScriptIndex, readings: Readings, parts: _Parts, kept: Kept | None) -> Readings:
    """The readings with what the modules ask, all of them together."""
    recorder, found = parts.joined()
    code = recorder.code()
    code = replace(code, signs=_signs_of(code, index, kept))
    if not code.queries and not found:
        return tuple(readings)
    return handed_out(code, readings, found)


def _signs_of(code: Code, index: TypeScriptIndex, kept: Kept | None) -> tuple[Sign, ...]:
    """The signs that matter to the code; what is looked at for them is kept apart."""
    with noting_apart() as log:
        found = tuple(signs_for(code, partial(_sources_with, index)))
    if kept is not None:
        kept.signed(log)
    return found


def _sources_with(index: TypeScriptIndex, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """The modules with one of some words, each with its source."""
    for path in index.matching(pattern, telling=False):
        yield path, index.source(path)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was seen in each module, and besides what could not be read; `moves` as `Followed` has them."""

    interpreter: Interpreter
    seen: Mapping[str, Seen]
    joints: Joints
    unread: tuple[Diagnostic, ...]
    moves: Moves | None = None

    def joined(self) -> tuple[Recorder, tuple[Diagnostic, ...]]:
        """What was seen in all of them, and what could not be followed."""
        whole, diagnostics = Recorder(), list(self.unread)
        for recorder in self.joints.recorders(self.seen):
            whole.absorb(recorder)
        for found in self.seen.values():
            diagnostics.extend(found.diagnostics)
        forget()
        self.interpreter.recorder = whole
        for vocabulary in self.interpreter.vocabularies:
            vocabulary.finish(self.interpreter)
        return whole, tuple(diagnostics)


def follow_project(
    index: TypeScriptIndex, readings: Sequence[SourceReading], kept: Kept | None = None
) -> tuple[Recorder, tuple[Diagnostic, ...]]:
    """Follow every module of the project that may have to do with a database."""
    return _follow_modules(index, readings, kept).joined()


def _follow_modules(index: TypeScriptIndex, readings: Sequence[SourceReading], kept: Kept | None) -> _Parts:
    """Follow every module of the project that may have to do with a database; each by itself, in no order.

    What is `kept` of an earlier run is used again for modules of which nothing that they depend on has changed.
    """
    models = {model.key: model for reading in readings for model in reading.models}
    roles = Roles(index)
    vocabularies = vocabularies_for(readings, index, roles)
    wanted = Words.of(needle for vocabulary in vocabularies for needle in vocabulary.needles)
    migrations = {path for reading in readings for path in reading.migrations}
    interpreter = Interpreter(index, models, vocabularies, wanted, roles)
    paths = [path for path in index.matching(wanted, telling=False) if path not in migrations]
    unread = tuple(_unread(index, paths))
    if kept is None or not kept.active:
        roles.told()  # here, and not in each of the processes
        joints = Joints()
        seen, _ = _follow(interpreter, paths, joints)
        return _Parts(interpreter, _in_order(seen, paths), joints, unread)
    again = Again(index, kept, roles, [(vocabulary.name, vocabulary.gathered()) for vocabulary in vocabularies])
    known = again.known(paths)
    made, surfaces = _follow(interpreter, [path for path in paths if path not in known], kept.joints, again.joined)
    seen = _in_order({**known, **made}, paths)
    again.keep(seen, surfaces, unread)
    return _Parts(interpreter, seen, kept.joints, unread, again.moves(seen, unread))


def _in_order(seen: Mapping[str, Seen], paths: Iterable[str]) -> dict[str, Seen]:
    return {path: seen[path] for path in paths}


def _follow(
    interpreter: Interpreter,
    paths: Sequence[str],
    joints: Joints,
    tell: Callable[[Collection[str]], Joined] = lambda _: Joined(),
) -> tuple[dict[str, Seen], Joined]:
    """What is seen in some modules, followed in several processes where there are many; and what `tell` says there, of
    those that were followed, of how they are joined. `joints` get what was seen in groups of them."""
    index = interpreter.index
    fragments: dict[str, Seen] = {}
    groups = neighbours(paths)
    gathering = Gathering(groups)

    def follow(piece: int, alive: Callable[[], None]) -> None:
        alive()
        path = paths[piece]
        module = index.module(path)
        if module is None:
            fragments[path] = Seen(b"", ())
            return
        before = len(interpreter.diagnostics)
        recorder = interpreter.follow_module(module)
        broken = tuple(
            Diagnostic(module.origin(*span), "cannot be read: a syntax error") for span in module.problems[:_PLACES]
        )
        fragments[path] = Seen(packed(recorder.portable()), (*interpreter.diagnostics[before:], *broken))
        gathering.add(path, recorder)
        index.release(path)

    sizes = [len(index.source(path)) for path in paths]
    if sum(sizes) < _SMALL or not can_fork():
        for piece in range(len(paths)):
            follow(piece, lambda: None)
        joints.take(gathering.done)
        return fragments, tell(fragments)
    begin = accumulate(map(len, groups), initial=0)
    shared = share_out_by_size(sizes, follow, lambda: (fragments, tell(fragments), gathering.done), set(begin))
    done: dict[str, Seen] = {}
    for result, _, packed_groups in shared.results:
        done.update(result)
        joints.take(packed_groups)
    for piece, why in shared.failed.items():
        done[paths[piece]] = Seen(b"", (Diagnostic(Origin(paths[piece], 1), f"the file {why.why}"),))
        note_spoiled()
    return done, Joined.of(found for _, found, _ in shared.results)


def _unread(index: TypeScriptIndex, paths: Sequence[str]) -> list[Diagnostic]:
    """What of the files with queries could not be read, or is left out though it names a library for databases."""
    index.matching(_LIBRARIES, ())  # of no module: for what it tells of the files that are none
    asking, readable = set(paths), set(index.paths)
    return [d for d in index.diagnostics if d.origin.path in asking or d.origin.path not in readable]
