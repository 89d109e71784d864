"""The code of a project's TypeScript and JavaScript files, shared out to the applications whose tables it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial

from dbarchitect.catalog.queries import Code, Sign
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.cache import Unchanged
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.sharing import Owners, joined, shared
from dbarchitect.sources.code.signs import signs_for
from dbarchitect.sources.code.told import told_once
from dbarchitect.sources.code.typescript.again import Again
from dbarchitect.sources.code.typescript.interpreter import Interpreter
from dbarchitect.sources.code.typescript.kept import Joined, Kept, Seen
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.vocabularies import vocabularies_for
from dbarchitect.sources.code.workers import can_fork, share_out
from dbarchitect.sources.consulted import Consulted, note_spoiled, noted, noting
from dbarchitect.sources.packing import packed
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.words import Words

_SMALL = 200_000
"""Bytes of modules up to which other processes would cost more than they save."""
_PROCESSES = 2
_SHARES = 32
"""Parts that the processes are given one after another: some modules take a hundred times as long as others."""
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
    if not readings or not index.known:
        return tuple(readings)
    if kept is not None:
        kept.begin(index)
    if not index.paths:
        return tuple(readings)
    recorder, found = follow_project(index, readings, kept)
    code = recorder.code()
    code = replace(code, signs=_signs_of(code, index, kept))
    if not code.queries and not found:
        return tuple(readings)
    problems: dict[int, list[Diagnostic]] = {}
    owners, shares = Owners(readings), shared(code, readings)
    said = {diagnostic for reading in readings for diagnostic in reading.diagnostics}
    for diagnostic in told_once(d for d in found if d not in said):
        problems.setdefault(owners.of(None, diagnostic.origin.path or ""), []).append(diagnostic)
    return tuple(
        replace(
            reading,
            code=joined(reading.code, shares[number]),
            diagnostics=(*reading.diagnostics, *problems.get(number, ())),
        )
        for number, reading in enumerate(readings)
    )


def _signs_of(code: Code, index: TypeScriptIndex, kept: Kept | None) -> tuple[Sign, ...]:
    """The signs that matter to the code; what is looked at for them is kept apart."""
    log = Consulted()
    with noting(log):
        found = tuple(signs_for(code, partial(_sources_with, index)))
    around = noted()
    if around is not None:
        around.take(log)
    if kept is not None:
        kept.signed(log)
    return found


def _sources_with(index: TypeScriptIndex, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """The modules with one of some words, each with its source."""
    for path in index.matching(pattern, telling=False):
        yield path, index.source(path)


def follow_project(
    index: TypeScriptIndex, readings: Sequence[SourceReading], kept: Kept | None = None
) -> tuple[Recorder, tuple[Diagnostic, ...]]:
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
    diagnostics = _unread(index, paths)
    if kept is None or not kept.active:
        roles.told()  # here, and not in each of the processes
        seen, _ = _follow(interpreter, paths)
    else:
        again = Again(index, kept, roles, [(vocabulary.name, vocabulary.gathered()) for vocabulary in vocabularies])
        known, said = again.known(paths), tuple(diagnostics)
        made, surfaces = _follow(interpreter, [path for path in paths if path not in known], again.joined)
        seen = {**known, **made}
        again.keep(seen, surfaces, said)
        if again.is_same(seen, said):
            raise Unchanged
    whole = Recorder()
    for path in paths:
        found = seen[path]
        if found.recorder:
            whole.absorb(found.unpacked())
        diagnostics.extend(found.diagnostics)
    interpreter.recorder = whole
    for vocabulary in vocabularies:
        vocabulary.finish(interpreter)
    return whole, tuple(diagnostics)


def _follow(
    interpreter: Interpreter, paths: Sequence[str], tell: Callable[[Collection[str]], Joined] = lambda _: Joined()
) -> tuple[dict[str, Seen], Joined]:
    """What is seen in some modules, followed in several processes where there are many; and what `tell` says there, of
    those that were followed, of how they are joined."""
    index = interpreter.index
    fragments: dict[str, Seen] = {}

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
        index.release(path)

    sizes = [len(index.source(path)) for path in paths]
    if sum(sizes) < _SMALL or not can_fork():
        for piece in range(len(paths)):
            follow(piece, lambda: None)
        return fragments, tell(fragments)
    shares = _neighbours(sizes, _SHARES)
    shared = share_out(shares, follow, lambda: (fragments, tell(fragments)), processes=_PROCESSES)
    done = {path: found for result, _ in shared.results for path, found in result.items()}
    for piece, why in shared.failed.items():
        done[paths[piece]] = Seen(b"", (Diagnostic(Origin(paths[piece], 1), f"the file {why.why}"),))
        note_spoiled()
    return done, Joined.of(found for _, found in shared.results)


def _unread(index: TypeScriptIndex, paths: Sequence[str]) -> list[Diagnostic]:
    """What of the files with queries could not be read, or is left out though it names a library for databases."""
    index.matching(_LIBRARIES, ())  # of no module: for what it tells of the files that are none
    asking, readable = set(paths), set(index.paths)
    return [d for d in index.diagnostics if d.origin.path in asking or d.origin.path not in readable]


def _neighbours(sizes: Sequence[int], count: int) -> list[list[int]]:
    """The numbers of the modules in so many shares, in order, each of about as many bytes as the others."""
    total = sum(sizes) + 1
    shares: list[list[int]] = [[] for _ in range(count)]
    passed = 0
    for number, size in enumerate(sizes):
        shares[passed * count // total].append(number)
        passed += size
    return shares
