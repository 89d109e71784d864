"""What a decorator of the project hands to the function that it wraps: `kwargs["query"] = select(Order)`."""

from __future__ import annotations

from dbarchitect.sources.code.python.values import Function, Wrapped
from dbarchitect.sources.code.python.vocabulary import Arguments, Following
from dbarchitect.sources.code.values import OPAQUE, Value
from dbarchitect.sources.python.expressions import Call, Expr, Name
from dbarchitect.sources.python.statements import FunctionDef, Module


class Decorated:
    """Follows decorators, each once, for the arguments by name that they call the wrapped function with."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter
        self._known: dict[FunctionDef, dict[str, Value]] = {}

    def handed(self, function: FunctionDef) -> dict[str, Value]:
        """The arguments by name that the decorators of a function give it, where no caller does."""
        found: dict[str, Value] = {}
        for decorator in function.decorators:
            found.update(self._by(decorator, function.module))
        return found

    def _by(self, decorator: Expr, module: Module) -> dict[str, Value]:
        made = isinstance(decorator, Call)
        name = decorator.name if isinstance(decorator, Call) else decorator.id if isinstance(decorator, Name) else None
        definition = self.interpreter.index.resolve(module, name) if name is not None else None
        if not isinstance(definition, FunctionDef) or not any(
            isinstance(member, FunctionDef) for member in definition.members.values()
        ):
            return {}
        self.interpreter.touch(definition.module.path)
        if definition not in self._known:
            self._known[definition] = {}  # a decorator that is decorated by itself ends here
            self._known[definition] = self.interpreter.apart(lambda: self._followed(definition, made=made))
        return self._known[definition]

    def _followed(self, definition: FunctionDef, *, made: bool) -> dict[str, Value]:
        wrapped = Wrapped()
        function: Value = Function(definition)
        if made:
            function = self.interpreter.run(Function(definition), Arguments(dynamic=True), None)
        if isinstance(function, Function):
            self.interpreter.run(function, Arguments((wrapped,)), None)  # what it defines is followed with it
        found: dict[str, Value] = {}
        for given in wrapped.calls:
            for name, value in given.items():
                if value is not OPAQUE:
                    found[name] = self.interpreter.merged(found[name], value) if name in found else value
        return found
