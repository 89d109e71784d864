"""The path that a Nest application puts before the routes of all its controllers: `app.setGlobalPrefix("api")`.

It stands in the module that starts the application, and holds for the controllers of the package around that.
Source: https://docs.nestjs.com/faq/global-prefix
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.sources.code.typescript.walking import every_statement, inside, own_expressions
from dbarchitect.sources.code.typescript.web.chains import bound_to, constant_of, entry_of
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Array, Call, Expr, Function, Member, Module, Statement

_SETTING = re.compile(rb"\.setGlobalPrefix\(")
_CONTROLLERS = re.compile(rb"@Controller\(")
_DEEPEST = 4
"""Functions within functions that are looked into for the call."""


def setting(index: TypeScriptIndex) -> tuple[str, ...]:
    """The modules that set a prefix, and where there are some, those with controllers."""
    found = index.matching(_SETTING, telling=False)
    return (*found, *index.matching(_CONTROLLERS, telling=False)) if found else ()


def prefixes(index: TypeScriptIndex) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(path of a module with controllers, prefix, paths that it leaves out)."""
    roots: dict[str, tuple[str, tuple[str, ...]]] = {}
    for path in index.matching(_SETTING, telling=False):
        module = index.module(path)
        told = _told(module) if module is not None else None
        if told is not None:
            roots[_root(path)] = told
    for path in index.matching(_CONTROLLERS, telling=False) if roots else ():
        around = [root for root in roots if path.startswith(root)]
        if around:
            yield path, *roots[max(around, key=len)]


def _root(path: str) -> str:
    """The folder of the package of which a module starts the application: `apps/api/` of `apps/api/src/main.ts`."""
    folder = path.rpartition("/")[0]
    folder = folder.removesuffix("src").rstrip("/") if folder == "src" or folder.endswith("/src") else folder
    return f"{folder}/" if folder else ""


def _told(module: Module) -> tuple[str, tuple[str, ...]] | None:
    for call in _calls(module.statements):
        if isinstance(call.function, Member) and call.function.name == "setGlobalPrefix" and call.args:
            prefix = constant_of(bound_to(call.args[0], module))
            options = call.args[1] if len(call.args) > 1 else None
            return (f"/{prefix.strip('/')}", tuple(_left_out(entry_of(options, "exclude")))) if prefix else None
    return None


def _calls(statements: tuple[Statement, ...], depth: int = 0) -> Iterator[Call]:
    for statement in every_statement(statements):
        for expr in own_expressions(statement):
            for part in inside(expr):
                if isinstance(part, Call):
                    yield part
                elif isinstance(part, Function) and depth < _DEEPEST:
                    yield from _calls(part.body, depth + 1)


def _left_out(given: Expr | None) -> Iterator[str]:
    for item in given.items if isinstance(given, Array) else ():
        path = constant_of(item) or constant_of(entry_of(item, "path"))
        if path:
            yield f"/{path.strip('/')}"
