"""What JavaScript's own functions, `path`, and zod's enumerations give for known values."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from dbarchitect.sources.drizzle.operators import truth
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Got, Obj, Value, chain
from dbarchitect.sources.typescript.syntax import External

Call = Callable[[Value, tuple[Value, ...]], Value | None]

_PATHS = frozenset({"path", "node:path", "path/posix", "node:path/posix"})
_WHOLE = frozenset({"default", "*"})
_HERE = "."
_MOST_ITEMS = 10_000


def member(owner: Value, name: str) -> Value | None:
    """A member of a known value; None where it is left as it stands."""
    if isinstance(owner, tuple | str) and name == "length":
        return len(owner)
    values = enumerated(owner)
    if values is not None:
        if name in {"options", "enumValues"}:
            return tuple(values.values())
        if name in {"enum", "Enum", "Values"}:
            return Obj(values)
    return None


def enumerated(value: Value) -> dict[str, Value] | None:
    """The values of an enumeration of zod or of a database, by their names; None for anything else."""
    if not isinstance(value, Called):
        return None
    head, steps = chain(value)
    name, package = _named(head)
    if package.startswith("zod") and name in {"enum", "nativeEnum"} and steps and not steps[0].name:
        if all(step.name in {"", "default", "optional", "nullable", "describe", "meta", "catch"} for step in steps):
            return _listed(steps[0].arg(0))
        return None
    if name in {"pgEnum", "mysqlEnum"} and steps:
        return _listed(steps[0].arg(1) if name == "pgEnum" or len(steps[0].args) > 1 else steps[0].arg(0))
    if name == "pgSchema" and len(steps) == 2 and steps[1].name == "enum":
        return _listed(steps[1].arg(1))
    return None


def _named(head: Value) -> tuple[str, str]:
    """The name and package of a function: that of `enum` in `z.enum` is `zod`."""
    if isinstance(head, Got) and isinstance(head.owner, External):
        return head.name, head.owner.package
    return (head.name, head.package) if isinstance(head, External) else ("", "")


def _listed(value: Value) -> dict[str, Value] | None:
    if isinstance(value, tuple):
        return {str(item): item for item in value if isinstance(item, str)}
    return dict(value.entries) if isinstance(value, Obj) and value.partial is None else None


def called(function: Value, args: tuple[Value, ...], call: Call) -> Value | None:
    """What a standard function gives; None where it is not one that is followed, or its arguments are not known."""
    if isinstance(function, External):
        return _of_path(function.name, args) if function.package in _PATHS else _global(function, args)
    if not isinstance(function, Got):
        return None
    owner, name = function.owner, function.name
    if isinstance(owner, External):
        if owner.package in _PATHS and owner.name in _WHOLE:
            return _of_path(name, args)
        if owner == External("", "Object"):
            return _of_object(name, args)
        if owner == External("", "process") and name == "cwd":
            return _HERE
        return None
    if isinstance(owner, tuple):
        return _of_array(owner, name, args, call)
    if isinstance(owner, int | float) and not isinstance(owner, bool) and name == "toString" and not args:
        return str(owner)
    if isinstance(owner, str):
        return _of_text(owner, name, args)
    return None


def _global(function: External, args: tuple[Value, ...]) -> Value | None:
    if function.name == "fileURLToPath" and len(args) == 1 and function.package.endswith("url"):
        return _of_url(args[0])
    if not function.package and function.name == "String" and args and isinstance(args[0], str | int):
        return str(args[0])
    return None


def _of_url(value: Value) -> Value | None:
    """`new URL("./schema.ts", import.meta.url)`: the path as it is written, relative to the module."""
    if isinstance(value, Called) and value.function == External("", "URL") and value.args:
        return value.args[0] if isinstance(value.args[0], str) else None
    return None


def _of_path(name: str, args: tuple[Value, ...]) -> Value | None:
    """`path.join`: parts that cannot be told (`__dirname`, `process.cwd()`) are taken for where the file is."""
    if name in {"join", "resolve"}:
        parts = [part if isinstance(part, str) else _HERE for part in args]
        return posixpath.normpath(posixpath.join(*(part or _HERE for part in parts))) if parts else _HERE
    if name == "relative" and len(args) == 2 and isinstance(args[1], str):
        return args[1]
    return None


def _of_object(name: str, args: tuple[Value, ...]) -> Value | None:
    subject = args[0] if args else UNDEFINED
    if name in {"freeze", "seal"}:
        return subject
    if name == "assign" and all(isinstance(arg, Obj) for arg in args):
        merged: dict[str, Value] = {}
        for arg in args:
            merged.update(arg.entries if isinstance(arg, Obj) else {})
        return Obj(merged)
    if not isinstance(subject, Obj) or subject.partial is not None:
        return None
    match name:
        case "values":
            return tuple(subject.entries.values())
        case "keys":
            return tuple(subject.entries)
        case "entries":
            return tuple((key, value) for key, value in subject.entries.items())
        case _:
            return None


def _of_array(owner: tuple[Value, ...], name: str, args: tuple[Value, ...], call: Call) -> Value | None:
    if len(owner) > _MOST_ITEMS:
        return None
    first = args[0] if args else UNDEFINED
    match name:
        case "map":
            mapped = [call(first, (item, position)) for position, item in enumerate(owner)]
            return tuple(item for item in mapped if item is not None) if None not in mapped else None
        case "filter":
            kept = [truth(call(first, (item,)) or False) for item in owner]
            return tuple(item for item, keep in zip(owner, kept, strict=True) if keep) if None not in kept else None
        case "concat" if all(isinstance(arg, tuple) for arg in args):
            return owner + tuple(item for arg in args if isinstance(arg, tuple) for item in arg)
        case "join" if all(isinstance(item, str) for item in owner):
            return (first if isinstance(first, str) else ",").join(map(str, owner))
        case "slice" | "values" | "flat" if not args:
            return owner
        case _:
            return None


def _of_text(owner: str, name: str, args: tuple[Value, ...]) -> Value | None:
    texts = [arg for arg in args if isinstance(arg, str)]
    match name:
        case "toLowerCase":
            return owner.lower()
        case "toUpperCase":
            return owner.upper()
        case "trim" | "toString":
            return owner.strip() if name == "trim" else owner
        case "concat" if len(texts) == len(args):
            return owner + "".join(texts)
        case "replace" if len(texts) == 2:
            return owner.replace(texts[0], texts[1], 1)
        case _:
            return None
