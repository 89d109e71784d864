"""What each module of a project gives by itself, whichever were followed before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.code.python.crowds import Crowds
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.python.roles import is_entry
from dbarchitect.sources.code.python.scripts import asking_steps
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module, Statement

_PLACES = 3
"""Places of one file that are named as not understood."""


@dataclass(eq=False, slots=True)
class Parts:
    """What was seen in one module, apart by what tells most of a function that several have seen: what its classes and
    statements `declared`, its functions `followed` by themselves, the methods that its classes `inherited`."""

    declared: Recorder
    followed: Recorder
    inherited: Recorder


class Modules:
    """Follows the modules of one project, `paths`; of those besides only what their classes inherit."""

    def __init__(
        self, interpreter: Interpreter, wanted: re.Pattern[bytes], paths: Collection[str], crowds: Crowds
    ) -> None:
        self.interpreter = interpreter
        self._wanted = wanted
        self._paths = frozenset(paths)
        self._crowds = crowds

    def follow(self, module: Module, alive: Callable[[], None]) -> tuple[Parts, tuple[Diagnostic, ...]]:
        """What is seen in a module, and what could not be followed there."""
        interpreter = self.interpreter
        interpreter.begin(module)
        before = len(interpreter.diagnostics)
        asking = module.path in self._paths
        parts = Parts(interpreter.recording(), Recorder(), Recorder())
        if asking:
            self._read(module)
            parts.followed = interpreter.recording()
            self._follow_statements(module)
            for function in _functions(module.statements):
                if module.mentions(self._wanted, function.span) or is_entry(function):
                    alive()
                    self._follow_function(function, None)
        parts.inherited = interpreter.recording()
        for function, heir in self._inherited(module):
            alive()
            self._follow_function(function, heir)
        broken = module.problems[: 1 if "{{" in module.path else _PLACES] if asking else ()
        return parts, (*interpreter.diagnostics[before:], *broken)

    def _read(self, module: Module) -> None:
        """What the statements and the bodies of classes tell."""
        interpreter = self.interpreter
        interpreter.afresh()
        for vocabulary in interpreter.vocabularies:
            vocabulary.read_module(module, interpreter)
        for cls in module.classes:
            interpreter.afresh()
            for vocabulary in interpreter.vocabularies:
                vocabulary.read_class(cls, interpreter)

    def _follow_function(self, function: FunctionDef, heir: ClassDef | None) -> None:
        follow = partial(self.interpreter.follow, function, heir)
        self._guarded(follow, function.module.origin(function.span), function.qualname)

    def _follow_statements(self, module: Module) -> None:
        """Follow what a module does when it is imported, or run as a script."""
        steps = asking_steps(module, self._wanted)
        if steps:
            follow = partial(self.interpreter.follow_statements, module, steps)
            self._guarded(follow, module.origin(steps[0].span), "a statement outside of functions")

    def _guarded(self, follow: Callable[[], None], origin: Origin, name: str) -> None:
        """Follow something; that we fail to costs only itself."""
        try:
            follow()
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - one function that we fail to follow must not cost the audit
            text = f"{name} could not be followed ({type(error).__name__})"
            self.interpreter.diagnostics.append(Diagnostic(origin, text))

    def _inherited(self, module: Module) -> Iterator[tuple[FunctionDef, ClassDef]]:
        """The methods that the classes of a module inherit, as `self.model` is another there."""
        for heir in module.classes if self._has_heirs(module) else ():
            for base in self.interpreter.index.lineage(heir):
                self.interpreter.touch(base.module.path)
                if base is heir or base.module.path not in self._paths:
                    continue
                if self._crowds.passed_over(base.name, module.path, heir.name):
                    continue
                for function in base.methods:
                    if function.name not in heir.members and self._asks_of_self(function):
                        yield function, heir

    def _has_heirs(self, module: Module) -> bool:
        return b"class " in module.source

    def _asks_of_self(self, function: FunctionDef) -> bool:
        module = function.module
        if not module.mentions(self._wanted, function.span) and not is_entry(function):
            return False
        source = module.source[function.span.start : function.span.end]
        return b"self." in source or b"cls." in source


def _functions(statements: Sequence[Statement]) -> Iterator[FunctionDef]:
    """The functions and methods of a module; functions inside functions are followed with these."""
    for statement in statements:
        if isinstance(statement, FunctionDef):
            yield statement
        elif isinstance(statement, ClassDef):
            yield from _functions(statement.body)
