"""One function while it is followed: its names, and what stands around the statement that is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.catalog.queries import LoopFact
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.python.expressions import Span
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module, Scope


@dataclass(eq=False, slots=True)
class Frame:
    """A function (or the statements of a module or class) being followed.

    Values are those of `values.py`. `key` names it in the facts; `owner` is the class that a method was found in.
    `results` are the values returned or yielded so far. `depth` counts the calls around it, `called` is the
    call in the frame around.
    """

    module: Module
    key: str
    function: FunctionDef | None = None
    owner: ClassDef | None = None
    scope: Scope | None = None
    names: dict[str, object] = field(default_factory=dict)
    closure: Frame | None = None
    loops: tuple[LoopFact, ...] = ()
    branch: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    transaction: Origin | None = None
    opened: bool = False
    handlers: tuple[Origin, ...] = ()
    results: list[object] = field(default_factory=list)
    yielded: bool = False
    depth: int = 0
    called: Span | None = None

    def lookup(self, name: str) -> object | None:
        """What a local name is bound to, here or in the functions around."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.closure
        return None
