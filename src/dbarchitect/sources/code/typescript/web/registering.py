"""The functions that calls register in one module: routes, procedures, actions, tasks and commands.

Sources: https://expressjs.com/en/guide/routing.html, https://hono.dev/docs/api/routing, https://trpc.io/docs/server/procedures,
https://next-safe-action.dev/docs/define-actions, https://www.inngest.com/docs/reference/functions/create,
https://docs.bullmq.io/guide/workers, https://trigger.dev/docs/tasks/overview
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.sources.code.typescript.walking import dotted, every_statement, own_expressions, parts_of
from dbarchitect.sources.code.typescript.web.chains import constant_of, entry_of, steps_of
from dbarchitect.sources.code.typescript.web.guarding import CHECKED, as_check, is_guard
from dbarchitect.sources.code.typescript.web.kinds import contract_of, role_of_call
from dbarchitect.sources.code.typescript.web.mounting import is_under, registrar
from dbarchitect.sources.code.typescript.web.places import role_of_export
from dbarchitect.sources.code.typescript.web.role import Given, Role
from dbarchitect.sources.typescript.syntax import (
    Array,
    Bind,
    Call,
    Class,
    Expr,
    Function,
    Member,
    Module,
    Name,
    Object,
    Statement,
)

TELLING = re.compile(
    rb"\.(?:get|post|put|patch|delete|del|options|head|all)\(\s*[\"'`]|\.(?:query|mutation|subscription|action|handler|"
    rb"openapi|createFunction|createServerAction|process|define|schedule|work|router|route|defineJob|command|task|use)\(|"
    rb"\b(?:defineEventHandler|eventHandler|defineCachedEventHandler|defineWebSocketHandler|task|schemaTask|"
    rb"Worker|CronJob|defineTask|createWorker|serve)\(|[\"'](?:GET|POST|PUT|PATCH|DELETE) /"
)
_HANDLING = ("handler", "run", "execute", "fn", "resolve", "processor", "handle", "callback")
_BEFORE = (
    "preHandler",
    "onRequest",
    "preValidation",
    "beforeHandle",
    "middleware",
    "middlewares",
    "use",
    "onBeforeHandle",
)
_SCHEMAS = ("schema", "body", "input", "validate", "request", "querystring", "params", "schemas")
_ROUTED = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) /")
"""A handler in a table of a program's own: `{ "PUT /orders/[id]": handler }`."""
_VALIDATING = re.compile(r"valid|schema", re.IGNORECASE)
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a module whose functions have a role."""

    start: int
    end: int
    role: Role


@dataclass(eq=False, slots=True)
class Registered:
    """What a module tells of its functions by where they stand, and the names from other modules (`orders.list`) whose
    functions it hands on, and those that it exports of another module (`export { GET } from "./orders"`)."""

    spans: list[Span] = field(default_factory=list)
    elsewhere: list[tuple[str, Role]] = field(default_factory=list)
    passed_on: list[tuple[str, Role]] = field(default_factory=list)

    def span(self, start: int) -> Span | None:
        """The nearest one around a place."""
        return nearest(self.spans, start)


def nearest(spans: Iterable[Span], start: int) -> Span | None:
    """The shortest of the spans that hold a place; the route that it does not know is that of one around it."""
    around = sorted((s for s in spans if s.start <= start < s.end), key=lambda span: span.end - span.start)
    first = around[0] if around else None
    known = next((span.role for span in around if span.role.route is not None), None)
    if first is None or known is None or first.role.route is not None or known.kind is not first.role.kind:
        return first
    guards = tuple(dict.fromkeys((*first.role.guards, *known.guards)))
    return Span(first.start, first.end, replace(first.role, route=known.route, guards=guards))


def registered(module: Module) -> Registered:
    """What the calls of a module register, and what its place makes of its exports."""
    found = Registered()
    scan = _Scan(module, found)
    if TELLING.search(module.source) is not None:
        scan.statements(module.statements, ())
    for exported, local in module.exports.items():
        role = role_of_export(module.path, exported)
        if role is not None and local in module.imports:
            found.elsewhere.append((local, role))
        elif role is not None:
            scan.place(local, role)
    for exported in module.passed_on:
        role = role_of_export(module.path, exported)
        if role is not None:
            found.passed_on.append((exported, role))
    return found


def placed(module: Module, local: str, role: Role) -> tuple[Span, ...]:
    """Where the functions are that make what a module binds to a name, for the role that another module gives it."""
    found = Registered()
    _Scan(module, found).place(local, role)
    return tuple(found.spans)


class _Scan:
    """Goes through one module."""

    def __init__(self, module: Module, found: Registered) -> None:
        self.module = module
        self.found = found
        self._used: dict[str, list[tuple[str, str]]] = {}
        self._depth = 0

    def statements(self, statements: tuple[Statement, ...], names: tuple[str, ...]) -> None:
        """Go through statements within what is named so."""
        for statement in every_statement(statements):
            bound = (statement.target.id,) if isinstance(statement, Bind) and isinstance(statement.target, Name) else ()
            for expr in own_expressions(statement):
                self._visit(expr, (*names, *bound))

    def _visit(self, expr: Expr, names: tuple[str, ...]) -> None:
        if self._depth > _DEEPEST or not self.module.mentions(TELLING, expr.start, expr.end):
            return
        self._depth += 1
        match expr:
            case Function():
                self.statements(expr.body, names)
            case Class():
                for method in expr.methods.values():
                    self._visit(method, names)
            case Object(entries=entries):
                for entry in entries:
                    key = (entry.key,) if isinstance(entry.key, str) else ()
                    if key and _ROUTED.match(key[0]):
                        self._hand(entry.value, Role(FunctionKind.ROUTE, key[0], given=Given.REQUEST))
                    self._visit(entry.value, (*names, *key))
            case _:
                if isinstance(expr, Call):
                    self._call(expr, names)
                for part in parts_of(expr):
                    self._visit(part, names)
        self._depth -= 1

    def place(self, local: str, role: Role) -> None:
        """Give a role to what an export is: the function, or those that are handed to what makes it."""
        statement = self.module.bound.get(local)
        if isinstance(statement, Bind) and statement.value is not None and not isinstance(statement.value, Function):
            around = name if isinstance(statement.value, Call) and is_guard(name := last_name(statement.value)) else ""
            guarded = replace(role, guards=(*role.guards, around)) if around else role
            self.found.spans.append(Span(statement.start, statement.end, guarded))
            self._hand(statement.value, role)
        elif statement is not None:
            self.found.spans.append(Span(statement.start, statement.end, role))

    def _call(self, call: Call, names: tuple[str, ...]) -> None:
        owner = dotted(call.function.owner) if isinstance(call.function, Member) else ""
        if isinstance(call.function, Member) and call.function.name == "use":
            place = constant_of(call.args[0]) if call.args else None
            names_used = (last_name(arg) for arg in call.args)
            kept = [(place or "", name) for name in names_used if is_guard(name, middleware=True)]
            self._used.setdefault(owner, []).extend(kept)
            return
        for entry in contract_of(call):
            if isinstance(entry.key, str):
                self._hand(entry.value, Role(FunctionKind.ROUTE, entry.key, given=Given.PARTS))
        found = role_of_call(call, names, self.module)
        if found is None:
            return
        role, handlers, before = found
        path = (role.route or "").rpartition(" ")[2]
        guards = [*role.guards, *(name for place, name in self._used.get(owner, ()) if is_under(path, place))]
        for step in steps_of(call.function):
            if step.name == "use":
                guards.extend(name for arg in step.args if is_guard(name := last_name(arg)))
        for expr in before:
            guards.extend(self._guards_in(expr))
        on = registrar(call.function.owner, names, call.start) if isinstance(call.function, Member) else None
        role = replace(role, guards=tuple(dict.fromkeys(guards)), registrar=on)
        for handler in handlers:
            self._hand(handler, role)

    def _guards_in(self, expr: Expr) -> list[str]:
        """What a middleware, or the options of a route, keep out."""
        if isinstance(expr, Array):
            return [name for item in expr.items for name in self._guards_in(item)]
        if isinstance(expr, Object):
            held = [value for key in _BEFORE if (value := entry_of(expr, key)) is not None]
            schemas = [CHECKED] if any(entry_of(expr, key) is not None for key in _SCHEMAS) else []
            return [*schemas, *(name for value in held for name in self._guards_in(value))]
        name = last_name(expr)
        if _VALIDATING.search(name):
            return [name if name.startswith("validat") else as_check(name)]
        return [name] if is_guard(name) else []

    def _hand(self, expr: Expr, role: Role) -> None:
        """Give a role to the function that an expression is or leads to, through the wrappers around it."""
        match expr:
            case Function(start=start, end=end):
                self.found.spans.append(Span(start, end, role))
            case Call(function=function, args=args):
                name = last_name(expr)
                wrapped = replace(role, guards=(*role.guards, name)) if is_guard(name) else role
                if isinstance(function, Member) and function.name == "bind":
                    self._hand(function.owner, role)
                    return
                for arg in args:
                    if not isinstance(arg, Name) or arg.id in self.module.bound or arg.id in self.module.imports:
                        self._hand(arg, wrapped)
            case Object():
                for key in _HANDLING:
                    value = entry_of(expr, key)
                    if value is not None:
                        self._hand(value, role)
            case Array(items=items):
                for item in items:
                    self._hand(item, role)
            case Name(id=name) if name in self.module.bound:
                statement = self.module.bound[name]
                if isinstance(statement, Bind) and isinstance(statement.value, Call) and self._depth < _DEEPEST:
                    self._depth += 1
                    self._hand(statement.value, role)
                    self._depth -= 1
                self.found.spans.append(Span(statement.start, statement.end, role))
            case Name() | Member():
                self.found.elsewhere.append((dotted(expr), role))
            case _:
                return


def last_name(expr: Expr) -> str:
    """`auth` of `auth`, `requireRole("admin")`, `guards.auth`."""
    return dotted(expr).rpartition(".")[2]
