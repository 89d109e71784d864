"""What calls a function: a request, a worker, a person at a command line; told by decorators, bases and places."""

from __future__ import annotations

import re

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.sources.code.python.guarding import admits, checks
from dbarchitect.sources.python.expressions import Call, Display, Expr, Literal, Name, Subscript
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef

_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
_ROUTERS = _VERBS | {"route", "websocket", "api_route", "api_view", "endpoint"}
_TASKS = frozenset(
    {"task", "shared_task", "actor", "job", "periodic_task", "db_task", "db_periodic_task", "cron", "on_message",
     "subscriber", "scheduled_job", "background_task"}
)  # fmt: skip
_COMMANDS = frozenset({"command", "cli"})
_VIEW_BASES = re.compile(r"(?:View|ViewSet|Resource|APIView|MethodView|HTTPEndpoint|Controller|ViewSetMixin)$")
_ANSWERING = re.compile(
    r"(?:View|ViewSet|ViewSetMixin|Resource|HTTPEndpoint|Controller|RequestHandler|Form|FormSet|Serializer|Feed|Sitemap|"
    r"FilterSet|BasePermission|BaseAuthentication|ModelBackend|BaseBackend|MiddlewareMixin|ObjectType|Mutation)$"
)
"""Last words of the classes of frameworks whose heirs answer requests, or help to."""
_VIEW_METHODS = _VERBS | {
    "list", "create", "retrieve", "update", "partial_update", "destroy", "dispatch", "get_queryset", "get_context_data",
    "form_valid", "get_object", "perform_create", "perform_update", "perform_destroy",
}  # fmt: skip
_ALTERING = re.compile(rb"""["']\s*alter\s+table\s""", re.IGNORECASE)
_DEPENDS = frozenset({"Depends", "Security"})
_CLASS_GUARDS = frozenset({"permission_classes", "permission_required", "decorators", "method_decorators",
                           "test_func", "authentication_classes"})  # fmt: skip


def guards_of(function: FunctionDef, source: bytes, index: PythonIndex) -> tuple[str, ...]:
    """What may keep some people out of a function, as written: its decorators that are no routes, what it depends on,
    the bases and permission classes of its class, where it itself asks for a role or a right; a validation."""
    found = [name for d in function.decorators if (name := _last(d)) and name not in _ROUTERS]
    for decorator in function.decorators:
        if isinstance(decorator, Call):
            found.extend(_depended(decorator.keyword("dependencies")))
    for parameter in function.parameters:
        found.extend((*_depended(parameter.default), *_depended(parameter.annotation)))
        if isinstance(parameter.annotation, Name):
            found.append(parameter.annotation.id)
    outer = function.outer
    if isinstance(outer, ClassDef):
        found.extend((*index.external_bases(outer), *(c.name for c in index.lineage(outer))))
        for statement in outer.body:
            if isinstance(statement, Assign) and statement.target in _CLASS_GUARDS:
                found.extend(_names_in(statement.value))
            elif isinstance(statement, FunctionDef) and statement.name in _CLASS_GUARDS:
                found.append(statement.name)
    found.extend((admits(source) or "", checks(source) or ""))
    return tuple(dict.fromkeys(name for name in found if name))


def _depended(expr: Expr | None) -> list[str]:
    """The names of what `Depends(…)` within an expression asks for."""
    if isinstance(expr, Call):
        if _last(expr) in _DEPENDS:
            return [name for argument in expr.args for name in _names_in(argument)]
        return []
    if isinstance(expr, Subscript):
        return _depended(expr.index)
    if isinstance(expr, Display):
        return [name for item in expr.items for name in _depended(item)]
    return []


def _names_in(expr: Expr | None) -> list[str]:
    if isinstance(expr, Display):
        return [name for item in expr.items for name in _names_in(item)]
    if isinstance(expr, Call):
        return [_last(expr), *(name for argument in expr.args for name in _names_in(argument))]
    if isinstance(expr, Literal) and isinstance(expr.value, str):
        return [expr.value]
    return [_last(expr)] if expr is not None else []


def kind_of(function: FunctionDef | None, path: str, index: PythonIndex | None = None) -> FunctionKind:
    """What calls a function. `None` stands for a module's own statements."""
    folders = path.split("/")
    if "migrations" in folders or "alembic" in folders:
        return FunctionKind.MIGRATION
    if function is None:
        return FunctionKind.MODULE
    names = [_last(decorator) for decorator in function.decorators]
    if any(name in _TASKS for name in names):
        return FunctionKind.TASK
    if any(name in _COMMANDS for name in names):
        return FunctionKind.COMMAND
    if any(name in _ROUTERS for name, d in zip(names, function.decorators, strict=True) if "." in _dotted(d)):
        return FunctionKind.ROUTE
    if {"api_view", "action", "view_config"} & set(names) or route_of(function) is not None:
        return FunctionKind.ROUTE
    outer = function.outer
    if isinstance(outer, ClassDef) and index is not None:
        bases = (*index.external_bases(outer), *(b.name for b in index.lineage(outer)))
        if "Command" in outer.name and function.name == "handle":
            return FunctionKind.COMMAND
        if function.name in _VIEW_METHODS and any(_VIEW_BASES.search(base) for base in bases):
            return FunctionKind.ROUTE
    first = function.parameters[0].name if function.parameters else ""
    if first == "request" and ("views" in path or "handlers" in path or "api" in folders):
        return FunctionKind.ROUTE
    if "management" in folders and "commands" in folders:
        return FunctionKind.COMMAND
    if folders[-1] in {"tasks.py", "celery.py", "jobs.py"}:
        return FunctionKind.TASK
    if {"scripts", "cli"} & set(folders[:-1]) or folders[-1] in {"cli.py", "manage.py"}:
        return FunctionKind.COMMAND
    return FunctionKind.OTHER


def answers(function: FunctionDef | None, owner: object, index: PythonIndex) -> bool:
    """Whether a framework runs a function, or what the body of a class declares, to answer a request, though nobody is
    seen to call it: what a view, a form, a serializer has besides, and what is handed the request."""
    bases = index.external_bases(owner) if isinstance(owner, ClassDef) else ()
    if any(_ANSWERING.search(base) for base in bases):
        return True
    if function is None or any(base.endswith("Admin") for base in bases):
        return False
    names = [parameter.name for parameter in function.parameters]
    return "request" in names and names[0] != "modeladmin"


def alters(source: bytes) -> bool:
    """Whether a function's text changes tables that are there: it is a migration, wherever it stands."""
    return _ALTERING.search(source) is not None


def is_entry(function: FunctionDef) -> bool:
    """Whether a decorator says that requests or workers begin here, whatever the function itself does."""
    if not function.decorators:
        return False
    return route_of(function) is not None or any(_last(decorator) in _TASKS for decorator in function.decorators)


def route_of(function: FunctionDef) -> str | None:
    """`GET /orders/<id>` as the decorators write it, None where none does."""
    for decorator in function.decorators:
        if not isinstance(decorator, Call) or "." not in _dotted(decorator) or _last(decorator) not in _ROUTERS:
            continue
        first = decorator.args[0] if decorator.args else decorator.keyword("path")
        if not isinstance(first, Literal) or not isinstance(first.value, str):
            continue
        verb = _last(decorator)
        methods = [verb.upper()] if verb in _VERBS else _methods(decorator.keyword("methods"))
        return f"{','.join(methods)} {first.value}".strip()
    return None


def _methods(expr: Expr | None) -> list[str]:
    if not isinstance(expr, Display):
        return ["GET"]
    return [str(item.value).upper() for item in expr.items if isinstance(item, Literal)]


def _dotted(expr: Expr) -> str:
    if isinstance(expr, Call):
        return _dotted(expr.function)
    return expr.id if isinstance(expr, Name) else ""


def _last(expr: Expr) -> str:
    return _dotted(expr).rpartition(".")[2]
