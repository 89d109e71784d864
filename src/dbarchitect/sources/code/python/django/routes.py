"""The routes of `urls.py`: which pattern leads to which function or class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.catalog.queries import FunctionFact, FunctionKind
from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.python.expressions import Call, Display, Expr, Literal, Name
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Module, Mutate

_PATHS = frozenset({"path", "re_path", "url"})
_METHODS = {"get": "GET", "list": "GET", "retrieve": "GET", "post": "POST", "create": "POST", "put": "PUT",
            "update": "PUT", "patch": "PATCH", "partial_update": "PATCH", "delete": "DELETE", "destroy": "DELETE",
            "form_valid": "POST", "get_queryset": "GET", "get_context_data": "GET"}  # fmt: skip


class Routes:
    """The routes of one project, by the key of what they lead to."""

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}
        self.classes: dict[str, str] = {}

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
            self.functions.setdefault(f"{found.module.path}:{found.qualname}", pattern.value)
        elif isinstance(found, ClassDef):
            self.classes.setdefault(f"{found.module.path}:{found.qualname}", pattern.value)

    def apply(self, functions: dict[str, FunctionFact]) -> None:
        """Give the functions that were seen the routes that lead to them."""
        for key, function in functions.items():
            owner, _, method = key.rpartition(".")
            route = self.functions.get(key)
            if route is None and method in _METHODS and owner in self.classes:
                route = f"{_METHODS[method]} {self.classes[owner]}"
            if route is not None and function.route is None:
                functions[key] = replace(function, route=route, kind=FunctionKind.ROUTE)


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
