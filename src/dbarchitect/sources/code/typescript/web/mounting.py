"""Routers that are mounted under a path, in the same module or in another one, and routers with a path of their own.

Sources: https://expressjs.com/en/guide/routing.html#express-router, https://hono.dev/docs/api/routing#grouping,
https://fastify.dev/docs/latest/Reference/Plugins/#plugin-options, https://elysiajs.com/essential/plugin.html,
https://github.com/koajs/router#readme
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dbarchitect.sources.code.stale import leading_to, told_otherwise
from dbarchitect.sources.code.typescript.walking import dotted, every_statement, inside, own_expressions
from dbarchitect.sources.code.typescript.web.chains import constant_of, entry_of
from dbarchitect.sources.code.typescript.web.guarding import is_guard
from dbarchitect.sources.code.typescript.web.prefixes import prefixes, setting
from dbarchitect.sources.code.typescript.web.role import Registrar, Role
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import (
    Await,
    Bind,
    Call,
    Expr,
    External,
    Found,
    Function,
    Literal,
    Member,
    Module,
    Name,
    Statement,
)
from dbarchitect.sources.typescript.words import Words

_MOUNTS_WORDS = (
    rb"\.(?:use|route|mount|group|basePath)\(\s*[\"'`]/",
    rb"\.register\(",
    rb"new \w*(?:Router|Elysia)\(\s*\{[^{}]*\bprefix\b",
)
_MOUNTING = Words.of(_MOUNTS_WORDS)
_USING = re.compile(b"|".join((rb"\.use\(", *_MOUNTS_WORDS)))
_MOUNTS = frozenset({"use", "route", "mount", "group"})
_PATH = re.compile(r"([A-Z]*)(?: ?([/*].*))?")
_MAKES_ROUTER = re.compile(r"router|hono|elysia|\bexpress$|koa|fastify", re.IGNORECASE)
_ACTING = re.compile(
    r"is|has|can|require|ensure|check|verify|validate|auth|must|protect|restrict|limit|only", re.IGNORECASE
)
_CONTROLLERS = "@Controller"
_DEEPEST = 12
"""Routers upon routers."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A router by its name and by where what it is bound to stands, the path it is mounted under, the guards there, and
    who mounts it; None: the path is its own. `left_out` are paths of controllers that it does not hold for."""

    name: str
    start: int
    end: int
    prefix: str
    guards: tuple[str, ...]
    by: tuple[str, Registrar] | None
    left_out: tuple[str, ...] = ()


def registrar(owner: Expr, names: tuple[str, ...], at: int) -> Registrar:
    """What a route is registered on: `router` of `router.get(…)`, `api` of `const api = new Hono().get(…)`."""
    while isinstance(owner, Call) and isinstance(owner.function, Member):
        owner = owner.function.owner
    match owner:
        case Name(id=name) | Member(name=name):
            return Registrar(name, at)
        case _:
            return Registrar(names[-1] if names else "", at)


class Mounts:
    """What is mounted where in a project; looked for when it is first asked for."""

    def __init__(self, index: TypeScriptIndex) -> None:
        self.index = index
        self._by_path: dict[str, list[Mount]] | None = None
        self._used: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def mounted(self, role: Role, module: Module) -> Role:
        """A role with the whole path of its route, and with the guards that stand where its router is mounted."""
        found = _PATH.fullmatch(role.route or "") if role.registrar is not None else None
        if found is None or role.registrar is None:
            return role
        prefix, guards = self._prefix(module.path, role.registrar, _DEEPEST)
        if not prefix and not guards:
            return role
        verb, path = found.groups("")
        route = f"{verb} {_joined(prefix, path)}".strip()
        return replace(role, route=route, guards=tuple(dict.fromkeys((*role.guards, *guards))))

    def prefixed(self, role: Role, module: Module) -> Role:
        """A controller's role with the path that the application puts before all of them."""
        found = _PATH.fullmatch(role.route or "")
        own = next((m for m in self.by_path().get(module.path, ()) if m.name == _CONTROLLERS), None)
        if found is None or own is None:
            return role
        verb, path = found.groups("")
        left_out = any(path == place or is_under(path, place) for place in own.left_out)
        return role if left_out else replace(role, route=f"{verb} {_joined(own.prefix, path)}".strip())

    def asked(self) -> tuple[str, ...]:
        """The modules that mount something, or are told where they are."""
        return (*self.index.matching(_MOUNTING, telling=False), *setting(self.index))

    def by_path(self) -> dict[str, list[Mount]]:
        """What is mounted, by the modules that it stands in."""
        if self._by_path is None:
            self._by_path = {}
            for mounting in self.index.matching(_MOUNTING, telling=False):
                module = self.index.module(mounting)
                if module is not None:
                    self._scan(module)
            for path, prefix, left_out in prefixes(self.index):
                mount = Mount(_CONTROLLERS, -1, -1, prefix, (), None, left_out)
                self._by_path.setdefault(path, []).append(mount)
        return self._by_path

    def take(self, by_path: dict[str, list[Mount]]) -> None:
        """Know what is mounted without asking the modules."""
        self._by_path = by_path

    def _prefix(self, path: str, on: Registrar, left: int) -> tuple[str, tuple[str, ...]]:
        here = self.by_path().get(path, ())
        own = next((m for m in here if m.by is None and m.name == on.name), None)
        around = sorted(
            (m for m in here if m.by and m.start <= on.at < m.end), key=lambda mount: mount.end - mount.start
        )
        named = (m for m in here if m.by and m.name == on.name)
        prefix, guards = (own.prefix, own.guards) if own is not None else ("", ())
        outer = next(named, around[0] if around else None)
        if outer is None or outer.by is None or left == 0 or outer.by == (path, on):
            return prefix, guards
        above, guarded = self._prefix(*outer.by, left - 1)
        return _joined(_joined(above, outer.prefix), prefix), (*guarded, *outer.guards, *guards)

    def _scan(self, module: Module) -> None:
        for call, names in _calls(module, module.statements, ()):
            for found, mount in self._mounts_of(call, names, module):
                if self._by_path is not None:
                    self._by_path.setdefault(found, []).append(mount)

    def _mounts_of(self, call: Call, names: tuple[str, ...], module: Module) -> Iterator[tuple[str, Mount]]:
        function, args = call.function, call.args
        if isinstance(function, Name):
            prefix = constant_of(entry_of(args[0], "prefix")) if call.new and args else None
            if prefix and names:
                yield module.path, Mount(names[-1], -1, -1, prefix, (), None)
            return
        if not isinstance(function, Member) or not args:
            return
        on = registrar(function.owner, names, call.start)
        prefix = constant_of(args[0])
        if function.name == "basePath" and prefix and names:
            of_another = isinstance(function.owner, Name)
            yield module.path, Mount(names[-1], -1, -1, prefix, (), (module.path, on) if of_another else None)
        elif function.name == "register":
            prefix = constant_of(entry_of(args[1], "prefix")) if len(args) > 1 else None
            yield from self._targets(args[0], module, prefix or "", (), on)
        elif function.name in _MOUNTS:
            guarding = [name for arg in args if is_guard(name := _last(arg), middleware=True)]
            routers = {_last(arg) for arg in args if _last(arg) in guarding and self._routes(arg, module, on)}
            guards = tuple(name for name in guarding if name not in routers)
            used = self._used.setdefault((module.path, on.name), [])
            before = [guard for place, guard in used if is_under(prefix or "", place)]
            if function.name == "use":
                used.extend((prefix or "", guard) for guard in guards)
            for arg in args[1:] if prefix else ():
                yield from self._targets(arg, module, prefix or "", (*before, *guards), on)

    def _routes(self, expr: Expr, module: Module, on: Registrar) -> bool:
        """Whether an argument of a mounting call is a router, whatever it is called (`auth`), and no guard."""
        for path, mount in self._targets(expr, module, "", (), on):
            target = self.index.module(path)
            statement = target.bound.get(mount.name) if target is not None else None
            if statement is None:  # bound within a function, or handed to it: its name alone tells
                return _ACTING.match(mount.name) is None
            if isinstance(statement, Bind) and _MAKES_ROUTER.search(dotted(statement.value)):
                return True
        return False

    def _targets(
        self, expr: Expr, module: Module, prefix: str, guards: tuple[str, ...], on: Registrar
    ) -> Iterator[tuple[str, Mount]]:
        """What an argument of a mounting call leads to, its callers and members left out: `routes` of `routes(db)`."""
        by, members = (module.path, on), list[str]()
        found: Found | External | None = None
        while True:
            match expr:
                case Function(start=start, end=end):
                    yield module.path, Mount("", start, end, prefix, guards, by)
                    return
                case Call(function=Name(id="require" | "import"), args=(Literal(value=str() as specifier), *_)):
                    target = self.index.target(module, specifier)
                    found = self.index.exported(target, "default") if isinstance(target, Module) else None
                    if found is None and isinstance(target, Module):
                        found = self.index.exported(target, "*")
                case Call(function=function):
                    expr = function
                    continue
                case Await(value=value):
                    expr = value
                    continue
                case Member(owner=owner, name=name):
                    expr = owner
                    members.append(name)
                    continue
                case Name(id=name) if name in module.bound or name in module.imports:
                    found = self.index.resolve(module, name)
                case Name(id=name):
                    yield module.path, Mount(name, -1, -1, prefix, guards, by)
                    return
                case _:
                    return
            break
        if isinstance(found, Found) and found.name == "*" and members:
            found = self.index.exported(found.module, members[-1])
        if isinstance(found, Found):
            statement = found.module.bound.get(found.name)
            if statement is not None:
                yield found.module.path, Mount(found.name, statement.start, statement.end, prefix, guards, by)


def mounted_otherwise(before: Mapping[str, list[Mount]], now: Mapping[str, list[Mount]]) -> set[str]:
    """The modules whose routers are not mounted as they were, or upon routers that are not."""
    upon = {path: [mount.by[0] for mount in mounts if mount.by is not None] for path, mounts in now.items()}
    return leading_to(told_otherwise(before, now), upon)


def _calls(
    module: Module, statements: tuple[Statement, ...], names: tuple[str, ...], depth: int = 0
) -> Iterator[tuple[Call, tuple[str, ...]]]:
    """The calls of a module with the names that what they are in is bound to, through functions where one may mount."""
    for statement in every_statement(statements):
        bound = (statement.target.id,) if isinstance(statement, Bind) and isinstance(statement.target, Name) else ()
        for expr in own_expressions(statement):
            if not module.mentions(_USING, expr.start, expr.end):
                continue
            for part in inside(expr):
                if isinstance(part, Call):
                    yield part, (*names, *bound)
                elif isinstance(part, Function) and depth < _DEEPEST:
                    yield from _calls(module, part.body, (*names, *bound), depth + 1)


def _joined(prefix: str, path: str) -> str:
    """`/api/orders` of `/api` and `/orders`, `/api` of `/api` and `/`."""
    front = prefix.rstrip("/")
    if front and not front.startswith("/"):
        front = f"/{front}"
    back = path if path.startswith("/") or not path else f"/{path}"
    return (front if back == "/" and front else f"{front}{back}") or path


def is_under(path: str, place: str) -> bool:
    """Whether what is used for a place (`/api/*`) is used for a path of it as well."""
    start = place.rstrip("*").rstrip("/")
    return path == start or path.startswith(f"{start}/")


def _last(expr: Expr) -> str:
    match expr:
        case Name(id=name) | Member(name=name) | Call(function=Name(id=name) | Member(name=name)):
            return name
        case _:
            return ""
