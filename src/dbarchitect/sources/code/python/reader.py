"""The code of a project's Python files, shared out to the applications whose tables it asks for."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dbarchitect.catalog.queries import Code, Sign
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.cache import Readings
from dbarchitect.sources.code.followed import Followed, together
from dbarchitect.sources.code.python.again import Again, learnt_by
from dbarchitect.sources.code.python.arrivals import noticing
from dbarchitect.sources.code.python.django.atomic_requests import misplaced
from dbarchitect.sources.code.python.fragments import NOTHING, Seen, merged
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.python.kept import Kept, Known, Learnt
from dbarchitect.sources.code.python.modules import Modules
from dbarchitect.sources.code.python.vocabularies import vocabularies_for
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.sharing import handed_out
from dbarchitect.sources.code.signs import signs_for
from dbarchitect.sources.code.workers import share_out_by_size
from dbarchitect.sources.consulted import Consulted, note_spoiled, noted, noting, noting_apart
from dbarchitect.sources.meanwhile import can_fork
from dbarchitect.sources.moved import Moves
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.reading import release
from dbarchitect.sources.python.statements import Module
from dbarchitect.sources.state import Changes

_MOST_BYTES = 1_500_000
_SMALL = 100_000
"""Bytes of modules up to which other processes would cost more than they save."""
_LARGE = 5_000_000
"""Bytes of what was seen, packed, from which on there must be room for what comes of it."""
_PASSED_OVER = frozenset({"migrations", "south_migrations"})


def read_code(
    index: PythonIndex, readings: Sequence[SourceReading], kept: Kept | None = None
) -> tuple[SourceReading, ...]:
    """The readings with what the project's Python code asks of each one's database, and what could not be followed."""
    found = followed(index, readings, kept)
    return together([found] if found is not None else [], tuple(readings))


def followed(index: PythonIndex, readings: Sequence[SourceReading], kept: Kept | None = None) -> Followed | None:
    """The project's Python, followed module by module; None where there is nothing to follow."""
    if not readings or not index.modules:
        return None
    if kept is not None:
        kept.begin()
    parts = _follow_modules(index, readings, kept)
    return Followed(lambda known: _joined(index, known, parts, kept), parts.moves)


def _joined(index: PythonIndex, readings: Readings, parts: _Parts, kept: Kept | None) -> Readings:
    """The readings with what the modules ask, all of them together."""
    recorder, found = parts.joined()
    code = recorder.code()
    code = replace(code, signs=_signs_of(code, index, kept))
    return handed_out(code, readings, found)


def _signs_of(code: Code, index: PythonIndex, kept: Kept | None) -> tuple[Sign, ...]:
    """The signs that matter to the code; what is looked at for them is kept apart."""
    with noting_apart() as log:
        search = partial(_sources_with, index)
        beside = misplaced(search) if any(query.library == "django" for query in code.queries) else None
        found = (*signs_for(code, search), *((beside,) if beside is not None else ()))
    if kept is not None:
        kept.signed(log)
    return found


def _sources_with(index: PythonIndex, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, bytes]]:
    """The modules with one of some words, each with its source."""
    for module in index.matching(pattern, index.modules.values()):
        yield module.path, module.source


@dataclass(slots=True)
class _Parts:
    """What was seen in each module, by one who followed them; `moves` as `Followed` has them."""

    interpreter: Interpreter
    seen: list[Seen]
    moves: Moves | None

    def joined(self) -> tuple[Recorder, list[Diagnostic]]:
        """What was seen in all of them, and what could not be followed. It is let go of: asked once."""
        interpreter, seen = self.interpreter, self.seen
        self.seen = []
        told = [diagnostic for each in seen for diagnostic in each.diagnostics]
        parts = [each.parts for each in seen]
        del seen
        if sum(len(each) for part in parts for each in part) > _LARGE:
            interpreter.index.forget()
            gc.collect()  # readers of models, which hold themselves: before there are facts, that is quick
        interpreter.recorder = merged(parts)
        for vocabulary in interpreter.vocabularies:
            vocabulary.finish(interpreter)
        return interpreter.recorder, [*interpreter.diagnostics, *told]


def _follow_modules(index: PythonIndex, readings: Sequence[SourceReading], kept: Kept | None) -> _Parts:
    """Follow every module of the project that may have to do with a database; each by itself, in no order.

    What is `kept` of an earlier run is used again for modules of which nothing that they depend on has changed.
    """
    models = {model.key: model for reading in readings for model in reading.models}
    vocabularies = vocabularies_for(readings)
    wanted = re.compile(b"|".join(needle for vocabulary in vocabularies for needle in vocabulary.needles))
    interpreter = Interpreter(index, models, vocabularies, wanted=wanted)
    looked, gathered = Consulted(), ""
    with noting(looked):
        before = kept.load() if kept is not None else None
        noticed = noticing(index, before[1]) if before is not None else None
        before = before if noticed is not None else None
        if before is not None:
            _recall(index, wanted, *before)
        modules = _asking(index, readings, wanted, interpreter.diagnostics)
        of_models = (index.module(key.partition(":")[0]) for key in models)
        pieces = list(dict.fromkeys((*modules, *(m for m in of_models if m is not None))))
        again = Again(interpreter, kept, before, pieces, noticed or frozenset())
        known = again.known()
        following = Modules(interpreter, wanted, [module.path for module in modules], again.crowds)
        made, learnt = _follow(following, [module for module in pieces if module.path not in known])
        seen = {module.path: known.get(module.path) or made[module.path] for module in pieces}
        if kept is not None and kept.active:
            gathered = repr([(vocabulary.name, vocabulary.gathered(interpreter)) for vocabulary in vocabularies])
        said = tuple(interpreter.diagnostics)
        looked = again.keep(seen, learnt, looked, said, gathered)
    log = noted()
    if log is not None:
        log.take(looked)
    return _Parts(interpreter, list(seen.values()), again.moves(seen, said, gathered))


def _recall(index: PythonIndex, wanted: re.Pattern[bytes], known: Known, changes: Changes) -> None:
    """Take from the last run which modules have a word that tells of a query; unless some could not be read, which is
    to be told again."""
    holding = known.looked.patterns.get(wanted)
    if holding is not None and not known.said:
        index.recall(wanted, holding, changes.edited.keys() | changes.added.keys())


def _asking(
    index: PythonIndex, readings: Sequence[SourceReading], wanted: re.Pattern[bytes], problems: list[Diagnostic]
) -> list[Module]:
    """The modules that have a word that tells of a query; migrations apart."""
    migrations = {path for reading in readings for path in reading.migrations}
    candidates = (module for path, module in index.modules.items() if path not in migrations)
    asking = index.matching(wanted, [module for module in candidates if _is_read(module, index, wanted, problems)])
    return [module for module in asking if _is_short(module, index, wanted) or _is_written(module, problems)]


def _follow(modules: Modules, pieces: Sequence[Module]) -> tuple[dict[str, Seen], Learnt]:
    """What is seen in some modules, and what was learnt on the way. Those of a small project are followed here, of a
    larger one in processes, which get neighbours each, as they call the same functions, of about as many bytes as the
    others have."""
    fragments: dict[str, Seen] = {}
    interpreter = modules.interpreter

    def follow(piece: int, alive: Callable[[], None]) -> None:
        alive()
        module = pieces[piece]
        parts, diagnostics = modules.follow(module, alive)
        fragments[module.path] = Seen.of(parts, diagnostics, interpreter.touched, interpreter.asked)
        release(module)

    sizes = [len(module.source) for module in pieces]
    if sum(sizes) < _SMALL or not can_fork():
        for piece in range(len(pieces)):
            follow(piece, lambda: None)
        return fragments, learnt_by(interpreter, fragments.values())
    shared = share_out_by_size(sizes, follow, lambda: (fragments, learnt_by(interpreter, fragments.values()), noted()))
    done: dict[str, Seen] = {}
    log = noted()
    for found, _, consulted in shared.results:
        done |= found
        if log is not None and consulted is not None:
            log.take(consulted)
    for piece, why in shared.failed.items():
        path = pieces[piece].path
        done[path] = Seen(NOTHING, (Diagnostic(Origin(path, 1), f"the file {why.why}"),))
        note_spoiled()
    return done, Learnt.of(learnt for _, learnt, _ in shared.results)


def _is_read(module: Module, index: PythonIndex, wanted: re.Pattern[bytes], problems: list[Diagnostic]) -> bool:
    """Whether a module may be looked into: it is not a migration, and it can be read."""
    folders = module.path.split("/")[:-1]
    if _PASSED_OVER.intersection(folders):
        return False
    if index.is_recalled(module, wanted):
        return True
    try:
        _ = module.searched
    except OSError as error:
        problems.append(Diagnostic(Origin(module.path, 1), f"cannot be read: {error.strerror}"))
        return False
    return True


def _is_short(module: Module, index: PythonIndex, wanted: re.Pattern[bytes]) -> bool:
    """Whether a module that need not be read for anything else is far shorter than what a person writes."""
    return index.is_recalled(module, wanted) and module.file.size < _MOST_BYTES // 4


def _is_written(module: Module, problems: list[Diagnostic]) -> bool:
    """Whether a module is no longer than what a person writes."""
    if len(module.source) > _MOST_BYTES:
        text = f"{len(module.source):,} bytes: larger than any code that a person writes; its queries are not read"
        problems.append(Diagnostic(Origin(module.path, 1), text))
        return False
    return True
