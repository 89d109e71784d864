"""Which functions that are called are worth following, and where those lead that are not."""

from __future__ import annotations

import re

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.values import Const, Setting, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import Entries, Items, Library, Member, Opaque, Sequence, Text
from dbarchitect.sources.typescript.syntax import Bind, Define, Found, Module
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax

SHORT = 300
"""Bytes: a function that is no longer than this is followed whatever words it has, it may hand a query on."""
_MODEST, _GIVING = 3_000, re.compile(rb"(?:return|=>)\s*(?:\(\s*)?(?:[{\[]\s*\S|`)")
"""Bytes, and what tells that a function gives an object or an array (conditions, the values of a row), or a text."""
_FURTHEST = 3
"""Calls by which a function may be away from one that has a word that tells."""
_CALLED = re.compile(rb"(?<![.\w$])([A-Za-z_$][\w$]*)\s*\(")
_PLAIN = (Opaque, Const, Undefined, Entries, Items, Member, Text, Library, Setting, Sequence)
"""What says by itself nothing of a query."""


class Leading:
    """Looks at functions for one interpreter."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter
        self._known: dict[tuple[str, int], bool] = {}

    def forget(self) -> None:
        """Another module is followed from now on: what leads where is to be noted for it, too."""
        self._known.clear()

    def matters(self, function: FunctionSyntax, arguments: Arguments) -> bool:
        """Whether a function that is called may have to do with a query: it has a word that tells, is short, or is
        given something that has."""
        length = function.end - function.start
        if length <= SHORT or self.interpreter.asks(function):
            return True
        if length <= _MODEST and _GIVING.search(function.module.source, function.start, function.end):
            return True
        return any(not isinstance(value, _PLAIN) for value in arguments.args)

    def passed(self, function: FunctionSyntax, depth: int = 0) -> bool:
        """Note the calls by which a function that is not followed leads to some that are: whether there are any."""
        module = function.module
        known = (module.path, function.start)
        if known not in self._known:
            self._known[known] = False  # also where it calls itself
            for match in _CALLED.finditer(module.source, function.start, function.end):
                other = self._function_named(module, match[1].decode()) if depth < _FURTHEST else None
                if other is not None and (self.interpreter.asks(other) or self.passed(other, depth + 1)):
                    self._known[known] = True
                    frame = Frame(module, f"{module.path}:{function.qualname}", function)
                    origin = module.origin(match.start(1), match.end(1))
                    self.interpreter.recorder.call(
                        self.interpreter.place(frame), f"{other.module.path}:{other.qualname}", origin
                    )
        return self._known[known]

    def _function_named(self, module: Module, name: str) -> FunctionSyntax | None:
        """The function of the project that a name at the top level of a module stands for."""
        if name not in module.bound and name not in module.imports:
            return None
        found = self.interpreter.index.resolve(module, name)
        if not isinstance(found, Found):
            return None
        match found.module.bound.get(found.name):
            case Define(value=FunctionSyntax() as declared):
                return declared
            case Bind(value=FunctionSyntax() as bound):
                return bound
            case _:
                return None
