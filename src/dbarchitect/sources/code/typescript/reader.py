"""The code of a project's TypeScript and JavaScript files, shared out to the applications whose tables it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.sharing import joined, owner_of, share
from dbarchitect.sources.code.signs import signs_for
from dbarchitect.sources.code.typescript.interpreter import Interpreter
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.vocabularies import vocabularies_for
from dbarchitect.sources.code.workers import can_fork, share_out
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.words import Words

_SMALL = 200_000
"""Bytes of modules up to which other processes would cost more than they save."""
_PROCESSES = 2
_PLACES = 3
"""Places of one file that are named as not understood."""

Fragment = tuple[int, Recorder, tuple[Diagnostic, ...]]


def read_code(index: TypeScriptIndex, readings: Sequence[SourceReading]) -> tuple[SourceReading, ...]:
    """The readings with what the project's TypeScript asks of each one's database, and what could not be followed."""
    if not readings or not index.paths:
        return tuple(readings)
    recorder, found = follow_project(index, readings)
    code = recorder.code()
    code = replace(code, signs=tuple(signs_for(code, partial(_sources_with, index))))
    if not code.queries and not found:
        return tuple(readings)
    problems: dict[int, list[Diagnostic]] = {}
    said = {diagnostic for reading in readings for diagnostic in reading.diagnostics}
    for diagnostic in dict.fromkeys(d for d in found if d not in said):
        problems.setdefault(owner_of(None, diagnostic.origin.path or "", readings), []).append(diagnostic)
    return tuple(
        replace(
            reading,
            code=joined(reading.code, share(code, readings, number)),
            diagnostics=(*reading.diagnostics, *problems.get(number, ())),
        )
        for number, reading in enumerate(readings)
    )


def _sources_with(index: TypeScriptIndex, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """The modules with one of some words, each with its source."""
    for path in index.matching(pattern, telling=False):
        yield path, index.source(path)


def follow_project(
    index: TypeScriptIndex, readings: Sequence[SourceReading]
) -> tuple[Recorder, tuple[Diagnostic, ...]]:
    """Follow every module of the project that may have to do with a database; each by itself, in no order."""
    models = {model.key: model for reading in readings for model in reading.models}
    roles = Roles(index)
    vocabularies = vocabularies_for(readings, index, roles)
    wanted = Words.of(needle for vocabulary in vocabularies for needle in vocabulary.needles)
    migrations = {path for reading in readings for path in reading.migrations}
    paths = [path for path in index.matching(wanted) if path not in migrations]
    interpreter = Interpreter(index, models, vocabularies, wanted, roles)
    fragments: list[Fragment] = []

    def follow(piece: int, alive: Callable[[], None]) -> None:
        alive()
        module = index.module(paths[piece])
        if module is None:
            return
        before = len(interpreter.diagnostics)
        recorder = interpreter.follow_module(module)
        broken = tuple(
            Diagnostic(module.origin(*span), "cannot be read: a syntax error") for span in module.problems[:_PLACES]
        )
        fragments.append((piece, recorder.packed(), (*interpreter.diagnostics[before:], *broken)))
        index.release(module.path)

    sizes = [len(index.source(path)) for path in paths]
    done: list[Fragment] = []
    if sum(sizes) < _SMALL or not can_fork():
        for piece in range(len(paths)):
            follow(piece, lambda: None)
        done = fragments
        failed: dict[int, Diagnostic] = {}
    else:
        shared = share_out(_neighbours(sizes, _PROCESSES), follow, lambda: fragments)
        done = [fragment for result in shared.results for fragment in result]
        failed = {
            piece: Diagnostic(Origin(paths[piece], 1), f"the file {why.why}") for piece, why in shared.failed.items()
        }
    whole = Recorder()
    diagnostics: list[Diagnostic] = []
    for _, recorder, problems in sorted(done, key=lambda fragment: fragment[0]):
        whole.absorb(recorder)
        diagnostics.extend(problems)
    diagnostics.extend(failed[piece] for piece in sorted(failed))
    interpreter.recorder = whole
    for vocabulary in vocabularies:
        vocabulary.finish(interpreter)
    return whole, tuple(diagnostics)


def _neighbours(sizes: Sequence[int], count: int) -> list[list[int]]:
    """The numbers of the modules in so many shares, in order, each of about as many bytes as the others."""
    total = sum(sizes) + 1
    shares: list[list[int]] = [[] for _ in range(count)]
    passed = 0
    for number, size in enumerate(sizes):
        shares[passed * count // total].append(number)
        passed += size
    return shares
