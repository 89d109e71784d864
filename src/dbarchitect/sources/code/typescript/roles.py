"""What calls a function, who is let in, whether it knows who asks: by its place, its decorators, what registers it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dbarchitect.catalog.queries import FunctionFact, FunctionKind
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.typescript.web.decorators import role_of_decorators, takes_user
from dbarchitect.sources.code.typescript.web.guarding import asked_in, is_handed_user, knows_user, lets_users_in
from dbarchitect.sources.code.typescript.web.mounting import Mount, Mounts
from dbarchitect.sources.code.typescript.web.places import is_migration, is_of_clock, kind_by_folder
from dbarchitect.sources.code.typescript.web.registering import Registered, Span, nearest, placed, registered
from dbarchitect.sources.code.typescript.web.role import Given, Role
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.specifiers import SUFFIXES
from dbarchitect.sources.typescript.syntax import Define, External, Found, Function, Module

_HANDED_ON = re.compile(
    rb"\.(?:get|post|put|patch|delete|all)\(\s*([\"'`])/?[^\"'`\n]*\1\s*,\s*(?:[\w.$]+(?:\([^()]*\))?\s*,\s*)*"
    rb"(?:\w+\(\s*)*[\w$]+(?:\.\w+)?(?:\.bind\([^()]*\))?\s*\)*\s*,?\s*\)"
    rb"|\.(?:query|mutation|action)\(\s*[\w$]+\s*\)|\.process\(\s*[\w$]+\s*\)"
)
_PASSED_ON = re.compile(rb"export(?<=\bexport)(?:\s*\{|\s+default\s+[\w$]++[^\S\n]*+(?:;[^\S\n]*+)?$)", re.MULTILINE)
_SERVER = re.compile(rb"^(?>\s+|//[^\n]*\n|/\*.*?\*/)*+[\"']use server[\"']", re.DOTALL)
_SERVER_HERE = re.compile(rb"\{\s*[\"']use server[\"']")
_OUTER = re.compile(rb"(?:(?!=>|\{\s*(?:const|let|return|await|try|if)\b|\bfunction\b).)*", re.DOTALL)
"""What stands between the beginning of a statement and the function that it is about: wrappers, no other function."""
_METHODS = re.compile(
    rb"\bmethod\s*[!=]==?\s*[\"'](GET|POST|PUT|PATCH|DELETE)[\"']|\bcase\s+[\"'](GET|POST|PUT|PATCH|DELETE)[\"']"
)
_BY_WRAPPERS = frozenset({Given.REQUEST, Given.CONTEXT})
"""Handlers whose parameters no client names: a user among them comes from a wrapper."""
_BUILT = re.compile(r"(?:^|/)(?:node_modules|dist|build|\.next)/")


@dataclass(frozen=True, slots=True)
class Told:
    """What modules tell of others, by path: the roles of functions that they register, what they mount."""

    handed_on: dict[str, list[Span]]
    mounts: dict[str, list[Mount]]


class Roles:
    """Tells the roles of the functions of a project."""

    def __init__(self, index: TypeScriptIndex) -> None:
        self.index = index
        self._facts: dict[str, FunctionFact] = {}
        self._of_modules: dict[str, Registered] = {}
        self._serving: dict[str, bool] = {}
        self._mounts = Mounts(index)
        self._handed_on: dict[str, list[Span]] | None = None

    def fact(self, key: str, function: Function | None, module: Module, origin: Origin) -> FunctionFact:
        """All that is told of a function, or (None) of the statements of a module."""
        if function is None:
            return FunctionFact(
                key, origin, FunctionKind.MIGRATION if is_migration(module.path) else FunctionKind.MODULE
            )
        if key not in self._facts:
            role = self.role(function)
            self._facts[key] = FunctionFact(
                key, origin, self._kind(function, role), self._route(function, role),
                self._knows_user(function, role), self._guards(function, role),
            )  # fmt: skip
        return self._facts[key]

    def role(self, function: Function) -> Role | None:
        """The role of a function, or of the one that it stands in; None where nothing tells."""
        span = self._span(function)
        if span is not None:
            return span.role
        decorated = role_of_decorators(function)
        return self._mounts.prefixed(decorated, function.module) if decorated is not None else self._action(function)

    def begins(self, function: Function) -> bool:
        """Whether a request or worker begins with a function itself, not with one that it stands in: no function
        around it has the same role."""
        span = self._span(function)
        if span is None:
            return self.role(function) is not None
        text = function.module.source
        return span.start == function.start or _OUTER.fullmatch(text, span.start, function.start) is not None

    def holds_entry(self, module: Module, start: int, end: int) -> bool:
        """Whether a statement of a module is, or has in it, a function that requests or workers begin with."""
        spans = (*self.registered(module).spans, *self._handed().get(module.path, ()))
        if any(span.start < end and start < span.end for span in spans):
            return True
        return _SERVER.search(module.source) is not None and any(
            (bound := module.bound.get(local)) is not None and bound.start == start for local in module.exports.values()
        )

    def takes_input(self, function: Function) -> bool:
        """Whether a function is given what clients send, whatever its types say: a server action."""
        role = self.role(function) if self._may_serve(function.module) else None
        return role is not None and role.given is Given.INPUT

    def asked(self) -> tuple[str, ...]:
        """The modules that tell something of others: what they register of them, where they mount them."""
        placed = [path for path in self.index.paths if _is_placed(path)]
        handing = self.index.matching(_HANDED_ON, telling=False)
        found = (*handing, *self.index.matching(_PASSED_ON, placed, telling=False))
        return tuple(path for path in dict.fromkeys(found) if not _BUILT.search(path))

    def asked_of_all(self) -> tuple[str, ...]:
        """The same, with those that mount something."""
        return (*self.asked(), *self._mounts.asked())

    def told(self) -> Told:
        """What modules tell of others."""
        return Told(self._handed(), self._mounts.by_path())

    def take(self, told: Told) -> None:
        """Know what modules tell of others, without asking them again."""
        self._handed_on = told.handed_on
        self._mounts.take(told.mounts)

    def registered(self, module: Module) -> Registered:
        """What a module tells of its functions."""
        if module.path not in self._of_modules:
            found = self._of_modules[module.path] = registered(module)
            found.spans = [replace(span, role=self._mounts.mounted(span.role, module)) for span in found.spans]
            found.elsewhere = [(name, self._mounts.mounted(role, module)) for name, role in found.elsewhere]
        return self._of_modules[module.path]

    def _span(self, function: Function) -> Span | None:
        path, start = function.module.path, function.start
        own = self.registered(function.module).span(start)
        return own or nearest(self._handed().get(path, ()), start)

    def _route(self, function: Function, role: Role | None) -> str | None:
        """The route; of a handler for all methods with those that it asks for."""
        if role is None or role.route is None or not role.route.startswith("/"):
            return role.route if role is not None else None
        asked = (one or other for one, other in _METHODS.findall(self._source(function)))
        methods = ",".join(dict.fromkeys(verb.decode() for verb in asked))
        return f"{methods} {role.route}".strip()

    def _kind(self, function: Function, role: Role | None) -> FunctionKind:
        path = function.module.path
        if is_migration(path):
            return FunctionKind.MIGRATION
        if role is None:
            return kind_by_folder(path, function.module.source)
        return FunctionKind.TASK if role.kind is FunctionKind.ROUTE and is_of_clock(path) else role.kind

    def _source(self, function: Function) -> bytes:
        """The source of a function without its name, of the whole entry where it stands in one."""
        module, span = function.module, self._span(function)
        start, end = function.start, function.end
        if span is not None and span.start <= start and span.end >= end:
            start, end = span.start, span.end
        else:
            start = max(start, module.source.find(b"(", start, end))
        return module.source[start:end]

    def _knows_user(self, function: Function, role: Role | None) -> bool:
        if takes_user(function) or knows_user(self._source(function)):
            return True
        if role is None or not (role.guards or role.given in _BY_WRAPPERS):
            return False
        return any(map(lets_users_in, role.guards)) or is_handed_user(_head(function))

    def _guards(self, function: Function, role: Role | None) -> tuple[str, ...]:
        own = role.guards if role is not None else ()
        return tuple(dict.fromkeys((*own, *asked_in(self._source(function)))))

    def _may_serve(self, module: Module) -> bool:
        """Whether a module holds the words of a server action: looked for once, not for each of its functions."""
        known = self._serving.get(module.path)
        if known is None:
            known = self._serving[module.path] = b"use server" in module.source
        return known

    def _action(self, function: Function) -> Role | None:
        """A server action: what a module or a function with `"use server"` gives to clients."""
        module = function.module
        if not self._may_serve(module):
            return None
        if _SERVER.search(module.source) is not None and _is_exported(function):
            return Role(FunctionKind.ROUTE, given=Given.INPUT)
        head = module.source[function.start : min(function.end, function.start + 600)]
        found = _SERVER_HERE.search(head)
        if found is None or head[: found.start()].count(b"\n") > 12:
            return None
        first = function.body[0] if function.body else None
        here = first is not None and function.start + found.start() <= first.start <= function.start + found.end()
        return Role(FunctionKind.ROUTE, given=Given.INPUT) if here else None

    def _handed(self) -> dict[str, list[Span]]:
        """By path the functions that other modules register by their imported names."""
        if self._handed_on is None:
            self._handed_on = {}
            for path in self.asked():
                module = self.index.module(path)
                if module is None:
                    continue
                for name, role in self.registered(module).elsewhere:
                    self._hand_on(module, name, role)
                for name, role in self.registered(module).passed_on:
                    found = self.index.exported(module, name)
                    if isinstance(found, Found):
                        self._add(found, role)
        return self._handed_on

    def _hand_on(self, module: Module | None, name: str, role: Role) -> None:
        head, _, rest = name.partition(".")
        found = self.index.resolve(module, head) if module is not None else None
        if found is None or isinstance(found, External) or self._handed_on is None:
            return
        target: Found | External | None = found
        if found.name == "*" and rest:
            head, _, rest = rest.partition(".")
            target = self.index.exported(found.module, head)
        if not isinstance(target, Found):
            return
        if not rest:
            self._add(target, role)
            return
        statement = target.module.bound.get(target.name)
        if isinstance(statement, Define) and not isinstance(statement.value, Function):
            method = statement.value.methods.get(rest.partition(".")[0])
            if method is not None:
                self._handed_on.setdefault(target.module.path, []).append(Span(method.start, method.end, role))

    def _add(self, target: Found, role: Role) -> None:
        """Give a role to what another module has by a name."""
        if self._handed_on is not None:
            self._handed_on.setdefault(target.module.path, []).extend(placed(target.module, target.name, role))


def _is_placed(path: str) -> bool:
    """Whether the place of a file gives a role to what it exports, maybe from elsewhere."""
    *folders, name = path.split("/")
    stem = name.rpartition(".")[0]
    return name.endswith(SUFFIXES) and (
        "routes" in folders or ("app" in folders and stem in {"route", "page"}) or "/pages/api/" in f"/{path}"
    )


def _is_exported(function: Function) -> bool:
    """Whether a function stands at the top of its module and is exported."""
    module = function.module
    for local in module.exports.values():
        statement = module.bound.get(local)
        if statement is not None and statement.start <= function.start < statement.end:
            return True
    return False


def _head(function: Function) -> bytes:
    """The parameters of a function as written."""
    if not function.parameters:
        return b""
    first, last = function.parameters[0].target, function.parameters[-1].target
    return function.module.source[first.start : last.end]
