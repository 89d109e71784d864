"""The parameters of a function: what a caller gives, else what annotation, default or name promise."""

from __future__ import annotations

from dbarchitect.sources.code.python.decorated import Decorated
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.values import Function
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site
from dbarchitect.sources.code.values import (
    OPAQUE,
    SOMEWHERE,
    Entries,
    Items,
    Member,
    Opaque,
    Value,
    is_raw,
)
from dbarchitect.sources.python.expressions import Call, Name
from dbarchitect.sources.python.statements import FunctionDef, Parameter


class Parameters:
    """Binds parameters for one interpreter."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter
        self._decorated = Decorated(interpreter)

    def bind(self, frame: Frame, function: Function, arguments: Arguments) -> None:
        """Bind the parameters of a function that is called, or followed by itself."""
        definition = function.function
        parameters = list(definition.parameters)
        if function.owner is not None and parameters and not is_static(definition):
            frame.names[parameters.pop(0).name] = function.owner
        positional = list(arguments.args)
        named = dict(arguments.kwargs)
        handed = self._decorated.handed(definition) if definition.decorators else {}
        for parameter in parameters:
            if parameter.star == "*":
                frame.names[parameter.name] = Items(positional, "tuple", open=arguments.dynamic)
                positional = []
            elif parameter.star == "**":
                optional = {name: SOMEWHERE for name in named if name in arguments.optional}
                nullable, present = set(arguments.nullable & named.keys()), set(arguments.present & named.keys())
                open_ = not frame.depth or arguments.dynamic
                frame.names[parameter.name] = Entries(
                    named, open_, optional=optional, nullable=nullable, present=present
                )
            elif parameter.name in named:
                frame.names[parameter.name] = named.pop(parameter.name)
            elif parameter.name in handed:
                frame.names[parameter.name] = handed[parameter.name]
            elif positional and parameter.name:
                frame.names[parameter.name] = positional.pop(0)
            else:
                given = frame.depth > 0 and not arguments.dynamic
                frame.names[parameter.name] = self._parameter(definition, parameter, frame, given=given)
            known = frame.names[parameter.name]
            if isinstance(known, Opaque | Member) and not is_raw(known):
                promised = self._promised(parameter, frame)
                frame.names[parameter.name] = promised if promised is not None else known

    def _parameter(self, function: FunctionDef, parameter: Parameter, frame: Frame, *, given: bool) -> Value:
        """A parameter that no caller gives: what its annotation, its default or its name promises."""
        promised = self._promised(parameter, frame)
        if promised is not None:
            return promised
        site = Site(self.interpreter, frame, function.span)
        for vocabulary in self.interpreter.vocabularies:
            found = vocabulary.parameter(function, parameter, site)
            if found is not None:
                return found
        if parameter.default is not None and (given or isinstance(parameter.default, Call)):
            return self.interpreter.evaluation.of(parameter.default, self.interpreter.module_frame(frame.module))
        return OPAQUE

    def _promised(self, parameter: Parameter, frame: Frame) -> Value | None:
        if parameter.annotation is None:
            return None
        return self.interpreter.objects.promised(parameter.annotation, self.interpreter.module_frame(frame.module))


def is_static(function: FunctionDef) -> bool:
    """Whether a method has no `self`."""
    return any(isinstance(d, Name) and d.id == "staticmethod" for d in function.decorators)
