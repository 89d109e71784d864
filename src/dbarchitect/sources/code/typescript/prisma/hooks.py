"""What runs around the queries of a client and may add conditions to them: `query` of `$extends`, and `$use`.

A hook is followed with what a query asks; what it hands on is asked instead. Where that cannot be told, the condition
of the query counts as not known.

Source: https://www.prisma.io/docs/orm/prisma-client/client-extensions/query
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dbarchitect.sources.code.typescript.prisma.values import Hook
from dbarchitect.sources.code.typescript.values import Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Library, Value
from dbarchitect.sources.typescript.index import TypeScriptIndex

_ALL_MODELS, _ALL = "$allModels", "$allOperations"
_TOUCHES = re.compile(rb"\bargs\s*(?:\.|\[)|\.\.\.\s*args\b|\bwhere\b|\bquery\s*\((?!\s*args\s*\))|\bnext\s*\(")
"""What a hook does that does more than hand on what it was given."""
_GUARDED = re.compile(rb"set_config|\bSET\s+LOCAL\b", re.IGNORECASE)
"""What tells the database who asks: its policies may add conditions."""
_NARROWS = re.compile(r"soft|tenan|paranoid|rls|policy|scope|archiv|enhance", re.IGNORECASE)
"""What extensions of packages are called that leave rows out."""
_MIDDLEWARE = re.compile(rb"\$use\s*\((?=(?:(?!\$use)[\s\S]){0,1500}?\bwhere\b)")
_MANY_HOOKS = 6
NOT_KNOWN = Hook("", "", None)


@dataclass(eq=False, slots=True)
class HandedOn:
    """The `query` that a hook is given: with what it was called."""

    calls: list[Value] = field(default_factory=list)

    def take(self, arguments: Arguments) -> None:
        """Take what a hook hands on, as it is now: it may change it afterwards."""
        given = arguments.get(0)
        self.calls.append(_copied(given) if given is not None else Entries())


def has_middleware(index: TypeScriptIndex) -> bool:
    """Whether something of the project stands around all queries of its clients and speaks of conditions."""
    return bool(index.matching(_MIDDLEWARE, telling=False))


def narrows(value: Library) -> bool:
    """Whether a package for Prisma leaves rows out, as its name tells (`prisma-extension-soft-delete`)."""
    return "prisma" in value.name.partition(":")[0] and _NARROWS.search(value.name) is not None


def hooks_of(given: Value | None) -> Iterator[Hook]:
    """The hooks of an extension."""
    if not isinstance(given, Entries):
        if isinstance(given, Library) and narrows(given):
            yield NOT_KNOWN
        return
    asked = given.entries.get("query")
    if asked is None:
        return
    named = given.entries.get("name")
    computed = not isinstance(asked, Entries) or asked.open  # most of these seal what is written, or keep a log
    if computed and isinstance(named, Const) and _NARROWS.search(str(named.value)):
        yield NOT_KNOWN
    for label, value in asked.entries.items() if isinstance(asked, Entries) else ():
        if isinstance(value, Function):
            yield from _hook("", "" if label == _ALL else label, value)
        elif isinstance(value, Entries):
            of = "" if label == _ALL_MODELS else label
            for name, function in value.entries.items():
                yield from _hook(of, "" if name == _ALL else name, function)
        else:
            yield NOT_KNOWN


def _hook(label: str, operation: str, value: Value) -> Iterator[Hook]:
    if not isinstance(value, Function):
        yield Hook(label, operation, None)
        return
    function = value.function
    if _TOUCHES.search(function.module.source, function.start, function.end):
        yield Hook(label, operation, value)
    elif _GUARDED.search(function.module.source, function.start, function.end):
        yield Hook(label, operation, None)


def hooked(hooks: tuple[Hook, ...], model: str, name: str, given: Value | None, site: Site) -> Value | None:
    """What is asked in place of what the program gives: with what the hooks of a method add."""
    for hook in hooks[:_MANY_HOOKS]:
        if hook.operation in {"", name}:
            given = _through(hook, model, name, given, site)
    return given


def _through(hook: Hook, model: str, name: str, given: Value | None, site: Site) -> Value:
    function = hook.function
    if function is None or (given is not None and not isinstance(given, Entries)):
        return _open(given)
    source, start, end = function.function.module.source, function.function.start, function.function.end
    handed = HandedOn()
    said = {"model": Const(model), "operation": Const(name), "args": _copied(given or Entries()), "query": handed}
    site.interpreter.run(function, Arguments((Entries(said), handed)), site)
    if not handed.calls:
        return _open(given)
    asked = handed.calls[0]
    for other in handed.calls[1:]:
        asked = site.interpreter.merged(asked, other)
    return _open(asked) if _GUARDED.search(source, start, end) or not isinstance(asked, Entries) else asked


def _open(given: Value | None) -> Value:
    """What is asked, with conditions that nobody knows."""
    asked = _copied(given) if isinstance(given, Entries) else Entries(open=given is not None)
    where = asked.entries.get("where")
    asked.entries["where"] = replace(where, open=True) if isinstance(where, Entries) else Entries(open=True)
    return asked


def _copied(given: Value) -> Entries:
    """An object that can be changed without the one that the program has: itself, and the objects in it."""
    if not isinstance(given, Entries):
        return Entries(open=True)
    entries = {name: value.twin() if isinstance(value, Entries) else value for name, value in given.entries.items()}
    return replace(given.twin(), entries=entries)
