"""The routes of `urls.py`: which pattern leads to which function or class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.python.expressions import Call, Display, Expr, Literal, Name
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Module, Mutate

_OF_FUNCTION, _OF_CLASS = "route of a function", "route of a class"
_PATHS = frozenset({"path", "re_path", "url"})
_METHODS = {"get": "GET", "list": "GET", "retrieve": "GET", "post": "POST", "create": "POST", "put": "PUT",
            "update": "PUT", "patch": "PATCH", "partial_update": "PATCH", "delete": "DELETE", "destroy": "DELETE",
            "form_valid": "POST", "get_queryset": "GET", "get_context_data": "GET"}  # fmt: skip


class Routes:
    """The routes of one project, told to the recorder by the key of what they lead to."""

    def read(self, module: Module, interpreter: Following) -> None:
        """Note the routes that a module lists."""
        if b"urlpatterns" not in module.source:
            return
        for statement in module.statements:
            if isinstance(statement, Assign | Mutate) and statement.target == "urlpatterns" and statement.value:
                for call in _calls(statement.value):
                    self._route(call, module, interpreter)

    def _route(self, call: Call, module: Module, interpreter: Following) -> None:
        pattern, view = call.args[0], call.args[1]
        if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
            return
        while isinstance(view, Call) and view.args and not (view.name or "").endswith(".as_view"):
            view = view.args[0]  # decorated where it is listed
        if isinstance(view, Call):
            view = Name((view.name or "").removesuffix(".as_view"), view.span)
        found = interpreter.index.resolve_expr(module, view)
        if isinstance(found, FunctionDef):
            interpreter.recorder.tell(_OF_FUNCTION, f"{found.module.path}:{found.qualname}", pattern.value)
        elif isinstance(found, ClassDef):
            interpreter.recorder.tell(_OF_CLASS, f"{found.module.path}:{found.qualname}", pattern.value)

    def apply(self, recorder: Recorder) -> None:
        """Give the functions that were seen the routes that lead to them."""
        functions, classes = recorder.told(_OF_FUNCTION), recorder.told(_OF_CLASS)
        for key, function in recorder.functions.items():
            owner, _, method = key.rpartition(".")
            route = functions.get(key)
            if route is None and method in _METHODS and owner in classes:
                route = f"{_METHODS[method]} {classes[owner]}"
            if isinstance(route, str) and function.route is None:
                recorder.functions[key] = replace(function, route=route, kind=FunctionKind.ROUTE)


def _calls(expr: Expr) -> Iterator[Call]:
    """The calls of `path` in a list of patterns."""
    stack = [expr]
    while stack:
        found = stack.pop()
        if isinstance(found, Display):
            stack.extend(reversed(found.items))
        elif isinstance(found, Call):
            if (found.name or "").rpartition(".")[2] in _PATHS and len(found.args) >= 2:
                yield found
            else:
                stack.extend(found.args)
