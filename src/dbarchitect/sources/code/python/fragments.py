"""What was seen in one module as bytes, for another process or another run; and what all of them give together."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.code.python.modules import Parts
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.moved import Moves
from dbarchitect.sources.moved import is_only_moved as told_elsewhere
from dbarchitect.sources.packing import forget, reducers

Packed: TypeAlias = tuple[bytes, bytes, bytes]
"""What was declared, followed and inherited (`Parts`), each by itself; nothing where nothing was seen."""
NOTHING: Packed = (b"", b"", b"")


@dataclass(eq=False, slots=True)
class Seen:
    """What was seen in one module, packed, and what could not be followed. It depends on all that stands in the files
    `touched`, and on what the project answered to what was `asked`."""

    parts: Packed
    diagnostics: tuple[Diagnostic, ...]
    touched: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, parts: Parts, diagnostics: tuple[Diagnostic, ...], touched: Iterable[str], asked: Iterable[str]
    ) -> Seen:
        """What was seen as bytes, without what only the process that followed the module can use. Every file of which
        it names a place is touched."""
        paths = {diagnostic.origin.path for diagnostic in diagnostics if diagnostic.origin.path is not None}
        paths.update(touched)
        table = reducers()
        take_apart = table[Origin]

        def noting(origin: Origin) -> object:
            if origin.path is not None:
                paths.add(origin.path)
            return take_apart(origin)

        table[Origin] = noting

        def packed(recorder: Recorder) -> bytes:
            if not recorder:
                return b""
            body = io.BytesIO()
            pickler = pickle.Pickler(body, protocol=pickle.HIGHEST_PROTOCOL)
            pickler.dispatch_table = table
            pickler.dump(recorder.portable())
            return body.getvalue()

        whole = packed(parts.declared), packed(parts.followed), packed(parts.inherited)
        return cls(whole, diagnostics, frozenset(paths), frozenset(asked))


def _restored(part: bytes) -> Recorder:
    """What was packed."""
    found: Recorder = pickle.loads(part)  # noqa: S301 - our own: of this run, or of our file
    return found


def is_only_moved(before: Seen, now: Seen, moves: Moves) -> bool:
    """Whether the same was seen in a module as before, maybe at other places, which are noted."""
    if not told_elsewhere(before.diagnostics, now.diagnostics, moves):
        return False
    return all(
        bool(was) is bool(found) and (not was or _restored(was).is_only_moved(_restored(found), moves))
        for was, found in zip(before.parts, now.parts, strict=True)
    )


def merged(found: Iterable[Packed]) -> Recorder:
    """One recorder of what was seen in many modules: of a function that several have seen, what a class of the library
    does with it goes before what it does by itself, and that before what it does for an heir.

    One part after the other is unpacked and let go: all of them would take several times the room of what they give.
    """
    whole = Recorder()
    try:
        for parts in list(zip(*found, strict=True)):
            for part in parts:
                if part:
                    whole.absorb(_restored(part))
    finally:
        forget()
    return whole
