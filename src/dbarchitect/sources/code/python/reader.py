"""The code of a project's Python files, shared out to the applications whose tables it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.python.roles import is_entry
from dbarchitect.sources.code.python.vocabularies import vocabularies_for
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.sharing import Owners, shared
from dbarchitect.sources.code.signs import signs_for
from dbarchitect.sources.code.told import told_once
from dbarchitect.sources.code.workers import Work, can_fork, share_out
from dbarchitect.sources.consulted import Consulted, noted
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module, Statement

_MOST_BYTES = 1_500_000
_SMALL = 100_000
"""Bytes of modules up to which other processes would cost more than they save."""
_PROCESSES = 2
_PLACES = 3
"""Places of one file that are named as not understood."""
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
    """Follow every function of the project that may have to do with a database."""
    models = {model.key: model for reading in readings for model in reading.models}
    vocabularies = vocabularies_for(readings)
    wanted = re.compile(b"|".join(needle for vocabulary in vocabularies for needle in vocabulary.needles))
    interpreter = Interpreter(index, models, vocabularies, wanted=wanted)
    migrations = {path for reading in readings for path in reading.migrations}
    candidates = (module for path, module in index.modules.items() if path not in migrations)
    asking = index.matching(wanted, [module for module in candidates if _is_read(module, interpreter)])
    modules = [module for module in asking if _is_written(module, interpreter)]
    of_models = (index.module(key.partition(":")[0]) for key in models)
    heirs = _heirs(list(dict.fromkeys((*modules, *(m for m in of_models if m is not None)))), index)
    for module in modules:
        interpreter.afresh()
        for vocabulary in interpreter.vocabularies:
            vocabulary.read_module(module, interpreter)
        for cls in module.classes:
            interpreter.afresh()
            for vocabulary in interpreter.vocabularies:
                vocabulary.read_class(cls, interpreter)

    def follow(piece: int, alive: Callable[[], None]) -> None:
        module = modules[piece]
        for function in _functions(module.statements):
            if not module.mentions(wanted, function.span) and not is_entry(function):
                continue
            try:
                _follow(function, heirs, interpreter, alive)
            except BrokenPipeError:
                raise
            except Exception as error:  # noqa: BLE001 - one function that we fail to follow must not cost the audit
                text = f"{function.qualname} could not be followed ({type(error).__name__})"
                interpreter.diagnostics.append(Diagnostic(module.origin(function.span), text))

    _follow_all(modules, follow, interpreter)
    interpreter.diagnostics.extend(_broken(modules))
    for vocabulary in interpreter.vocabularies:
        vocabulary.finish(interpreter)
    return interpreter


def _follow_all(modules: Sequence[Module], follow: Work, interpreter: Interpreter) -> None:
    """Follow the functions of all modules: those of a small project here, of a larger one in processes.

    Each process gets neighbours, which call the same functions, of about as many bytes as the others have. How many
    there are does not depend on the machine: what a process has followed before decides which caller's view of a
    function is told, and two runs over the same project are to say the same.
    """
    if sum(len(module.source) for module in modules) < _SMALL or not can_fork():
        for piece in range(len(modules)):
            follow(piece, lambda: None)
        return
    known = len(interpreter.diagnostics)

    def collect() -> tuple[Recorder, list[Diagnostic], Consulted | None]:
        return interpreter.recorder.packed(), [*interpreter.diagnostics[known:], *_broken(modules)], noted()

    shared = share_out(_neighbours(modules, _PROCESSES), follow, collect)
    log = noted()
    for recorder, diagnostics, consulted in shared.results:
        if log is not None and consulted is not None:
            log.take(consulted)
        interpreter.recorder.absorb(recorder)
        interpreter.diagnostics.extend(diagnostics)
    if log is not None and shared.failed:
        log.spoiled = True
    for piece, failed in sorted(shared.failed.items()):
        interpreter.diagnostics.append(Diagnostic(Origin(modules[piece].path, 1), f"the file {failed.why}"))


def _broken(modules: Sequence[Module]) -> Iterator[Diagnostic]:
    """What could not be read so far in files that have queries: the first few places of each."""
    for module in modules:
        yield from module.problems[: 1 if "{{" in module.path else _PLACES]


def _neighbours(modules: Sequence[Module], count: int) -> list[list[int]]:
    """The numbers of the modules in so many shares, in order, none with more than its part of the bytes."""
    total = sum(len(module.source) for module in modules) + 1
    shares: list[list[int]] = [[] for _ in range(count)]
    passed = 0
    for number, module in enumerate(modules):
        shares[passed * count // total].append(number)
        passed += len(module.source)
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


def _functions(statements: Sequence[Statement]) -> Iterator[FunctionDef]:
    """The functions and methods of a module; functions inside functions are followed with these."""
    for statement in statements:
        if isinstance(statement, FunctionDef):
            yield statement
        elif isinstance(statement, ClassDef):
            yield from _functions(statement.body)


def _heirs(modules: Sequence[Module], index: PythonIndex) -> dict[ClassDef, list[ClassDef]]:
    """The classes of the project by each of their bases."""
    heirs: dict[ClassDef, list[ClassDef]] = {}
    for module in modules:
        for cls in module.classes:
            for base in index.lineage(cls):
                if base is not cls:
                    heirs.setdefault(base, []).append(cls)
    return heirs


def _follow(
    function: FunctionDef,
    heirs: dict[ClassDef, list[ClassDef]],
    interpreter: Interpreter,
    alive: Callable[[], None],
) -> None:
    """Follow a function; a method once more for each class that inherits it, as `self.model` is another there."""
    alive()
    interpreter.follow(function)
    owner = function.outer
    if not isinstance(owner, ClassDef) or owner not in heirs:
        return
    source = function.module.source[function.span.start : function.span.end]
    if b"self." not in source and b"cls." not in source:
        return
    for heir in heirs[owner][:100]:
        if function.name not in heir.members:
            alive()
            interpreter.follow(function, heir)
