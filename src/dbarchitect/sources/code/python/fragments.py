"""What was seen in one module as bytes, for another process or another run; and what all of them give together."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable
from dataclasses import dataclass

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.code.python.modules import Parts
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.keeping import compact


@dataclass(eq=False, slots=True)
class Seen:
    """What was seen in one module, packed by `packed` (empty: nothing), and what could not be followed."""

    parts: bytes
    diagnostics: tuple[Diagnostic, ...]

    def unpacked(self) -> Parts:
        """What was seen."""
        if not self.parts:
            return Parts(Recorder(), Recorder(), Recorder())
        found: Parts = pickle.loads(self.parts)  # noqa: S301 - our own: of this run, or of a file of ours
        return found


def packed(parts: Parts) -> bytes:
    """What was seen in a module as bytes, without what only the process that followed it can use."""
    body = io.BytesIO()
    compact(body).dump(Parts(parts.declared.packed(), parts.followed.packed(), parts.inherited.packed()))
    return body.getvalue()


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
