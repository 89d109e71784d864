"""What a wrapper of the project hands to the functions that are wrapped at the top of other modules.

`export const GET = withDatabase(async ({ db }) => …)`: the function is followed by itself, as nothing calls it here;
what it is given stands in the wrapper. The wrapper is followed once with a stand-in for the function, apart from all
modules, so that it does not matter which of them asked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.standing import StandIn
from dbarchitect.sources.code.typescript.values import Const, Function, Setting, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Items,
    Library,
    Member,
    Opaque,
    Rows,
    Sequence,
    Text,
    Value,
)
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax

_UNTELLING = (Opaque, Undefined, Member, Text, Library, Setting, Rows, Sequence, Items)
"""What tells nothing that the function's own types and place do not tell better, or is of the wrapper's queries."""
_MOST = 4
"""Arguments of a wrapper that are looked at."""


@dataclass(frozen=True, slots=True)
class _Wrapped:
    wrapper: Function
    position: int


class Wrapping:
    """Knows for one interpreter which functions of the module that is followed are wrapped, and what by."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter
        self._wrapped: dict[FunctionSyntax, _Wrapped] = {}
        self._handed: dict[tuple[FunctionSyntax, int, int], tuple[Frame | None, tuple[Value, ...]]] = {}

    def forget(self) -> None:
        """Another module is followed from now on."""
        self._wrapped.clear()

    def note(self, wrapper: Function, arguments: Arguments, site: Site) -> None:
        """A function is called at the top of a module."""
        if site.frame.function is not None or not self.interpreter.is_current(site.frame.module):
            return
        if self.interpreter.is_current(wrapper.function.module):
            return
        for position, value in enumerate(arguments.args[:_MOST]):
            if isinstance(value, Function) and self.interpreter.is_current(value.function.module):
                self._wrapped[value.function] = _Wrapped(wrapper, position)

    def arguments(self, function: Function) -> Arguments:
        """What is known of the arguments of a function that is followed by itself."""
        found = self._wrapped.get(function.function)
        if found is None:
            return Arguments(dynamic=True)
        closure = found.wrapper.closure
        key = (found.wrapper.function, id(closure), found.position)
        if key not in self._handed:
            given: list[Value] = []
            self.interpreter.apart(lambda: given.extend(self._follow(found)))
            self._handed[key] = closure, tuple(given)  # what the key tells by its address must stay alive
        return Arguments(self._handed[key][1], dynamic=True)

    def _follow(self, wrapped: _Wrapped) -> tuple[Value, ...]:
        wrapper, stand_in = wrapped.wrapper, StandIn()
        site = Site(self.interpreter, self.interpreter.module_frame(wrapper.function.module), wrapper.function)
        given = (*[OPAQUE] * wrapped.position, stand_in)
        made = self.interpreter.run(wrapper, Arguments(given, dynamic=True), site)
        for function in _functions(made):
            self.interpreter.follow(function)
        return tuple(self._common(column) for column in zip(*(_padded(call) for call in stand_in.calls), strict=True))

    def _common(self, values: Iterable[Value]) -> Value:
        """What tells something of an argument, of all calls."""
        telling = [value for value in map(_telling, values) if value is not OPAQUE]
        merged = telling[0] if telling else OPAQUE
        for value in telling[1:]:
            merged = self.interpreter.merged(merged, value)
        return merged


def _functions(made: Value) -> Iterator[Function]:
    """What a wrapper has made: a function, or an object of some."""
    values = made.entries.values() if isinstance(made, Entries) else (made,)
    yield from (value for value in values if isinstance(value, Function))


def _padded(call: Arguments) -> tuple[Value, ...]:
    return (*call.args[:_MOST], *[OPAQUE] * (_MOST - len(call.args)))


def _telling(value: Value) -> Value:
    """A value as far as it tells something: of an object the entries that do."""
    if isinstance(value, Entries):
        told = {name: kept for name, entry in value.entries.items() if (kept := _telling(entry)) is not OPAQUE}
        return Entries(told, True) if told else OPAQUE
    switch = isinstance(value, Const) and (value.value is None or isinstance(value.value, bool))
    return OPAQUE if switch or isinstance(value, _UNTELLING) else value
