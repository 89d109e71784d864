"""The method resolution order of a class (C3, as Python computes it), with libraries' classes as leaves.

Source: https://docs.python.org/3/howto/mro.html
"""

from __future__ import annotations

from collections.abc import Callable

from dbarchitect.sources.python.resolved import Base
from dbarchitect.sources.python.statements import ClassDef


def linearise(cls: ClassDef, bases_of: Callable[[ClassDef], tuple[Base, ...]]) -> tuple[Base, ...]:
    """The class and its bases in resolution order. Where C3 has no answer, or classes derive from themselves,
    depth first, each once."""
    order = _c3(cls, bases_of, (), {})
    return order if order is not None else tuple(_depth_first(cls, bases_of, []))


def _c3(
    cls: ClassDef,
    bases_of: Callable[[ClassDef], tuple[Base, ...]],
    path: tuple[ClassDef, ...],
    done: dict[ClassDef, tuple[Base, ...]],
) -> tuple[Base, ...] | None:
    if cls in done:
        return done[cls]
    if cls in path or len(path) > 100:
        return None
    bases = bases_of(cls)
    sequences: list[list[Base]] = []
    for base in bases:
        if isinstance(base, ClassDef):
            order = _c3(base, bases_of, (*path, cls), done)
            if order is None:
                return None
            sequences.append(list(order))
        else:
            sequences.append([base])
    sequences.append(list(bases))
    merged: list[Base] = [cls]
    while sequences := [s for s in sequences if s]:
        for sequence in sequences:
            head = sequence[0]
            if not any(head in other[1:] for other in sequences):
                break
        else:
            return None
        merged.append(head)
        for sequence in sequences:
            if sequence[0] == head:
                del sequence[0]
    done[cls] = tuple(merged)
    return done[cls]


def _depth_first(cls: ClassDef, bases_of: Callable[[ClassDef], tuple[Base, ...]], seen: list[Base]) -> list[Base]:
    if cls in seen or len(seen) > 1000:
        return seen
    seen.append(cls)
    for base in bases_of(cls):
        if isinstance(base, ClassDef):
            _depth_first(base, bases_of, seen)
        elif base not in seen:
            seen.append(base)
    return seen
