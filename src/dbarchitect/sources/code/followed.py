"""The code of a project, followed module by module, one language after the other; joined where somebody wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dbarchitect.sources.cache import Readings, Unchanged
from dbarchitect.sources.moved import Moves


@dataclass(frozen=True, slots=True)
class Followed:
    """The code of one language. `join` gives readings what it asks of each one's database. `moves` is where its places
    are, where nothing else is otherwise than the last run saw it; None where something is."""

    join: Callable[[Readings], Readings]
    moves: Moves | None = None


def together(found: Sequence[Followed], readings: Readings) -> Readings:
    """The readings with their code. Raises `Unchanged` where none of it says anything else than before."""

    def join() -> Readings:
        joined = readings
        for each in found:
            joined = each.join(joined)
        return joined

    known = [each.moves for each in found if each.moves is not None]
    if found and len(known) == len(found):
        moves = Moves.of(known)
        if moves.keep_order():
            raise Unchanged(moves, join)
    return join()
