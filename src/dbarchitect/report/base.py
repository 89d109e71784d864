"""What a report format is: a pure function from a Report to text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dbarchitect import __version__


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a format may need beside the audit: when it was made, and how wide and colourful the output may be.

    `width` is in characters; `limit` is how many findings are shown in full (None: all) in formats for people, which
    show those that are known from a baseline or suppressed only when `known` is set.
    """

    generated_at: datetime
    version: str = __version__
    width: int = 100
    colour: bool = False
    unicode: bool = True
    limit: int | None = None
    details: bool = True
    known: bool = False

    @classmethod
    def now(cls) -> Rendering:
        """A rendering of this moment."""
        return cls(datetime.now(UTC))
