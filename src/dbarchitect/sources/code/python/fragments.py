"""What was seen in one module as bytes, for another process or another run; and what all of them give together."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.code.python.modules import Parts
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.moved import Moves
from dbarchitect.sources.moved import is_only_moved as told_elsewhere
from dbarchitect.sources.packing import reducers


@dataclass(eq=False, slots=True)
class Seen:
    """What was seen in one module, packed (empty: nothing), and what could not be followed. It depends on all that
    stands in the files `touched`, and on what the project answered to what was `asked`."""

    parts: bytes
    diagnostics: tuple[Diagnostic, ...]
    touched: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, parts: Parts, diagnostics: tuple[Diagnostic, ...], touched: Iterable[str], asked: Iterable[str]
    ) -> Seen:
        """What was seen as bytes, without what only the process that followed the module can use. Every file of which
        it names a place is touched."""
        paths = set(touched)
        table = reducers()
        take_apart = table[Origin]

        def noting(origin: Origin) -> object:
            if origin.path is not None:
                paths.add(origin.path)
            return take_apart(origin)

        table[Origin] = noting
        body = io.BytesIO()
        pickler = pickle.Pickler(body, protocol=pickle.HIGHEST_PROTOCOL)
        pickler.dispatch_table = table
        whole = Parts(parts.declared.portable(), parts.followed.portable(), parts.inherited.portable())
        pickler.dump((whole, diagnostics))
        return cls(body.getvalue(), diagnostics, frozenset(paths), frozenset(asked))

    def unpacked(self) -> Parts:
        """What was seen."""
        if not self.parts:
            return Parts(Recorder(), Recorder(), Recorder())
        found: tuple[Parts, object] = pickle.loads(self.parts)  # noqa: S301 - our own: of this run, or of our file
        return found[0]


def is_only_moved(before: Seen, now: Seen, moves: Moves) -> bool:
    """Whether the same was seen in a module as before, maybe at other places, which are noted."""
    if not told_elsewhere(before.diagnostics, now.diagnostics, moves):
        return False
    was, found = before.unpacked(), now.unpacked()
    return (
        was.declared.is_only_moved(found.declared, moves)
        and was.followed.is_only_moved(found.followed, moves)
        and was.inherited.is_only_moved(found.inherited, moves)
    )


def merged(found: Iterable[Parts]) -> Recorder:
    """One recorder of what was seen in many modules: of a function that several have seen, what a class of the library
    does with it goes before what it does by itself, and that before what it does for an heir."""
    whole = Recorder()
    every = list(found)
    for parts in every:
        whole.absorb(parts.declared)
    for parts in every:
        whole.absorb(parts.followed)
    for parts in every:
        whole.absorb(parts.inherited)
    return whole
