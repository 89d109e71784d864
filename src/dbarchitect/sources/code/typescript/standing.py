"""What stands for a function whose arguments are to be known."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.sources.code.typescript.vocabulary import Arguments


@dataclass(eq=False, slots=True)
class StandIn:
    """Stands for the wrapped function: with what it was called."""

    calls: list[Arguments] = field(default_factory=list)
