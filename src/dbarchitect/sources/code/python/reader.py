"""The code of a project's Python files, shared out to the applications whose tables it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.crowds import Crowds, headers_of
from dbarchitect.sources.code.python.fragments import Seen, merged, packed
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.python.modules import Modules
from dbarchitect.sources.code.python.vocabularies import vocabularies_for
from dbarchitect.sources.code.sharing import Owners, shared
from dbarchitect.sources.code.signs import signs_for
from dbarchitect.sources.code.told import told_once
from dbarchitect.sources.code.workers import can_fork, share_out
from dbarchitect.sources.consulted import note_spoiled, noted
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.reading import release
from dbarchitect.sources.python.statements import Module

_MOST_BYTES = 1_500_000
_SMALL = 100_000
"""Bytes of modules up to which other processes would cost more than they save."""
_PROCESSES = 2
_PASSED_OVER = frozenset({"migrations", "south_migrations"})


def read_code(index: PythonIndex, readings: Sequence[SourceReading]) -> tuple[SourceReading, ...]:
    """The readings with what the project's Python code asks of each one's database, and what could not be followed."""
    if not readings or not index.modules:
        return tuple(readings)
    interpreter = follow_project(index, readings)
    code = interpreter.recorder.code()
    code = replace(code, signs=tuple(signs_for(code, partial(_sources_with, index))))
    problems: dict[int, list[Diagnostic]] = {}
    owners, shares = Owners(readings), shared(code, readings)
    said = {diagnostic for reading in readings for diagnostic in reading.diagnostics}
    for diagnostic in told_once(d for d in interpreter.diagnostics if d not in said):
        problems.setdefault(owners.of(None, diagnostic.origin.path or ""), []).append(diagnostic)
    return tuple(
        replace(
            reading,
            code=shares[number],
            diagnostics=(*reading.diagnostics, *problems.get(number, ())),
        )
        for number, reading in enumerate(readings)
    )


def _sources_with(index: PythonIndex, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """The modules with one of some words, each with its source."""
    for module in index.matching(pattern, index.modules.values()):
        yield module.path, module.source


def follow_project(index: PythonIndex, readings: Sequence[SourceReading]) -> Interpreter:
    """Follow every module of the project that may have to do with a database; each by itself, in no order."""
    models = {model.key: model for reading in readings for model in reading.models}
    vocabularies = vocabularies_for(readings)
    wanted = re.compile(b"|".join(needle for vocabulary in vocabularies for needle in vocabulary.needles))
    interpreter = Interpreter(index, models, vocabularies, wanted=wanted)
    migrations = {path for reading in readings for path in reading.migrations}
    candidates = (module for path, module in index.modules.items() if path not in migrations)
    asking = index.matching(wanted, [module for module in candidates if _is_read(module, interpreter)])
    modules = [module for module in asking if _is_written(module, interpreter)]
    paths = [module.path for module in modules]
    of_models = (index.module(key.partition(":")[0]) for key in models)
    pieces = list(dict.fromkeys((*modules, *(m for m in of_models if m is not None))))
    crowds = Crowds({module.path: headers_of(module.source) for module in pieces})
    seen = _follow(Modules(interpreter, wanted, paths, crowds), pieces)
    interpreter.recorder = merged(seen[module.path].unpacked() for module in pieces)
    for module in pieces:
        interpreter.diagnostics.extend(seen[module.path].diagnostics)
    for vocabulary in interpreter.vocabularies:
        vocabulary.finish(interpreter)
    return interpreter


def _follow(modules: Modules, pieces: Sequence[Module]) -> dict[str, Seen]:
    """What is seen in some modules: those of a small project are followed here, of a larger one in processes, which
    get neighbours each, as they call the same functions, of about as many bytes as the others have."""
    fragments: dict[str, Seen] = {}

    def follow(piece: int, alive: Callable[[], None]) -> None:
        alive()
        module = pieces[piece]
        parts, diagnostics = modules.follow(module, alive)
        fragments[module.path] = Seen(packed(parts), diagnostics)
        release(module)

    sizes = [len(module.source) for module in pieces]
    if sum(sizes) < _SMALL or not can_fork():
        for piece in range(len(pieces)):
            follow(piece, lambda: None)
        return fragments
    shared = share_out(_neighbours(sizes, _PROCESSES), follow, lambda: (fragments, noted()))
    done: dict[str, Seen] = {}
    log = noted()
    for found, consulted in shared.results:
        done |= found
        if log is not None and consulted is not None:
            log.take(consulted)
    for piece, why in shared.failed.items():
        path = pieces[piece].path
        done[path] = Seen(b"", (Diagnostic(Origin(path, 1), f"the file {why.why}"),))
        note_spoiled()
    return done


def _neighbours(sizes: Sequence[int], count: int) -> list[list[int]]:
    """The numbers of the modules in so many shares, in order, each of about as many bytes as the others."""
    total = sum(sizes) + 1
    shares: list[list[int]] = [[] for _ in range(count)]
    passed = 0
    for number, size in enumerate(sizes):
        shares[passed * count // total].append(number)
        passed += size
    return shares


def _is_read(module: Module, interpreter: Interpreter) -> bool:
    """Whether a module may be looked into: it is not a migration, and it can be read."""
    folders = module.path.split("/")[:-1]
    if _PASSED_OVER.intersection(folders):
        return False
    try:
        _ = module.searched
    except OSError as error:
        interpreter.diagnostics.append(Diagnostic(Origin(module.path, 1), f"cannot be read: {error.strerror}"))
        return False
    return True


def _is_written(module: Module, interpreter: Interpreter) -> bool:
    """Whether a module is no longer than what a person writes."""
    if len(module.source) > _MOST_BYTES:
        text = f"{len(module.source):,} bytes: larger than any code that a person writes; its queries are not read"
        interpreter.diagnostics.append(Diagnostic(Origin(module.path, 1), text))
        return False
    return True
