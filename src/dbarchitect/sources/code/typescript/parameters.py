"""The parameters of a function: what a caller gives, else what type, default or a vocabulary tell."""

from __future__ import annotations

from dbarchitect.sources.code.typescript.binding import bind
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const, Function, Instance, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import NUMBER, OPAQUE, Entries, Items, Value
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax
from dbarchitect.sources.typescript.syntax import Name, ObjectPattern, Parameter


class Parameters:
    """Binds parameters for one interpreter."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter

    def bind(self, frame: Frame, function: Function, arguments: Arguments, site: Site | None) -> None:
        """Bind the parameters of a function that is called at a site, or (None) followed by itself."""
        definition = function.function
        for position, parameter in enumerate(definition.parameters):
            at = site if site is not None else Site(self.interpreter, frame, definition)
            if parameter.rest:
                given = list(arguments.args[position:])
                value: Value = Items(given, "list", arguments.dynamic)
            else:
                value = self._given(parameter, position, arguments, definition, frame)
            if site is None and isinstance(value, Entries):
                self._handed(parameter, position, value, definition, frame)
                continue
            if parameter.kept and isinstance(function.this, Instance) and isinstance(parameter.target, Name):
                function.this.fields[parameter.target.id] = value
            if "any" in parameter.type:
                for vocabulary in self.interpreter.vocabularies:
                    vocabulary.declared(parameter.type, value, Site(self.interpreter, frame, parameter.target))
            bind(self.interpreter, parameter.target, value, frame, at)

    def _handed(
        self, parameter: Parameter, position: int, handed: Entries, function: FunctionSyntax, frame: Frame
    ) -> None:
        """Bind a parameter to what a wrapper hands on, the rest as if nothing were known."""
        site = Site(self.interpreter, frame, function)
        rest = self._given(parameter, position, Arguments(dynamic=True), function, frame)
        bind(self.interpreter, parameter.target, handed if rest == OPAQUE else rest, frame, site)
        if rest != OPAQUE and isinstance(parameter.target, ObjectPattern):
            for part in parameter.target.properties:
                if isinstance(part.key, str) and part.key in handed.entries:
                    bind(self.interpreter, part.target, handed.entries[part.key], frame, site)

    def _given(
        self, parameter: Parameter, position: int, arguments: Arguments, function: FunctionSyntax, frame: Frame
    ) -> Value:
        """What a parameter is given: by the caller, else what its type or a vocabulary tells."""
        if position < len(arguments.args):
            value = arguments.args[position]
            if isinstance(value, Undefined) and parameter.default is not None:
                return self.interpreter.of(parameter.default, frame)
            if value is not OPAQUE and value != OPAQUE:
                return value
        elif not arguments.dynamic:
            return self.interpreter.of(parameter.default, frame) if parameter.default is not None else UNDEFINED
        if parameter.type and not self.interpreter.roles.takes_input(function):
            promised = self.interpreter.promised(parameter.type, self.interpreter.module_frame(function.module))
            if promised is not None:
                return promised
        site = Site(self.interpreter, frame, function)
        for vocabulary in self.interpreter.vocabularies:
            found = vocabulary.parameter(function, parameter, position, site)
            if found is not None:
                return found
        if parameter.default is not None:
            default = self.interpreter.of(parameter.default, frame)
            if not isinstance(default, Const | Undefined | Entries | Items):
                return default
        if parameter.type and not self.interpreter.roles.takes_input(function):
            module = self.interpreter.module_frame(function.module)
            return NUMBER if self.interpreter.promises.chosen(parameter.type, module) else OPAQUE
        return OPAQUE
