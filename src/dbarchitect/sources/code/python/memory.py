"""What is remembered while one module is followed, and forgotten when the next one is."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.values import Value

MOST_STEPS = 20_000
"""Expressions evaluated for one function and all that it calls."""


@dataclass(eq=False, slots=True)
class Budget:
    """The steps that were taken for what is looked at by itself; no more are taken than `MOST_STEPS`."""

    spent: int = 0


@dataclass(eq=False, slots=True)
class Memory:
    """Values that calls gave (`returned`, each with what its key tells by address), that names of modules and classes
    have (`bound`), that names mean without a function (`meant`), and the frames of modules and classes.

    Some of these values change while they are used: a service keeps what it was given, a list grows. So none of them
    outlives the module that is followed, and none depends on which were followed before.
    """

    returned: dict[Hashable, tuple[Value, object]] = field(default_factory=dict)
    bound: dict[tuple[str, str], Value] = field(default_factory=dict)
    meant: dict[tuple[str, str], Value] = field(default_factory=dict)
    evaluating: set[tuple[str, str]] = field(default_factory=set)
    frames: dict[tuple[str, str], Frame] = field(default_factory=dict)
