"""What was seen in one module of TypeScript, as bytes: for another process or another run."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.moved import Moves, is_only_moved


@dataclass(eq=False, slots=True)
class Seen:
    """What was seen in one module: its recorder, packed, and what could not be followed."""

    recorder: bytes
    diagnostics: tuple[Diagnostic, ...]

    def unpacked(self) -> Recorder:
        """The recorder."""
        found: Recorder = pickle.loads(self.recorder)  # noqa: S301 - our own: of this run, or of a file of ours
        return found

    def says_the_same(self, other: Seen) -> bool:
        """Whether another one of the module is the same to the byte."""
        return self.recorder == other.recorder and self.diagnostics == other.diagnostics

    def is_only_moved(self, now: Seen, moves: Moves) -> bool:
        """Whether another one of the module is alike, maybe at other places, which are noted."""
        if bool(self.recorder) != bool(now.recorder) or not is_only_moved(self.diagnostics, now.diagnostics, moves):
            return False
        return not self.recorder or self.unpacked().is_only_moved(now.unpacked(), moves)
