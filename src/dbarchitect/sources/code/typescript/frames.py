"""One function while it is followed: its names, and what stands around the statement that is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.catalog.queries import LoopFact
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.typescript.syntax import Class, Function, Module


@dataclass(eq=False, slots=True)
class Frame:
    """A function (or the statements of a module) being followed.

    Values are those of `values.py`. `key` names it in the facts; `owner` is the class that a method stands in, `this`
    the object. `results` are the values returned or yielded so far. `depth` counts the calls around it.
    """

    module: Module
    key: str
    function: Function | None = None
    owner: Class | None = None
    this: object | None = None
    names: dict[str, object] = field(default_factory=dict)
    closure: Frame | None = None
    loops: tuple[LoopFact, ...] = ()
    branch: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    transaction: Origin | None = None
    handlers: tuple[Origin, ...] = ()
    results: list[object] = field(default_factory=list)
    yielded: bool = False
    depth: int = 0

    def lookup(self, name: str) -> object | None:
        """What a local name is bound to, here or in the functions around; None: not here."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.closure
        return None

    def holder(self, name: str) -> Frame | None:
        """The frame, of this one and those around, that binds a name."""
        frame: Frame | None = self
        while frame is not None and name not in frame.names:
            frame = frame.closure
        return frame
