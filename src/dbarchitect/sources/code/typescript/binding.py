"""What a pattern binds: names, parts of objects and arrays, properties."""

from __future__ import annotations

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.values import Const, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Value
from dbarchitect.sources.typescript.syntax import ArrayPattern, Expr, Member, Name, ObjectPattern, Pattern, Subscript


def bind(
    interpreter: Interpreting, pattern: Pattern, value: Value, frame: Frame, site: Site, *, declared: bool = True
) -> None:
    """Bind what a pattern names to a value; `declared`: here, and not where a function around has the name."""
    match pattern:
        case Name(id=name):
            holder = frame if declared else frame.holder(name)
            if holder is not None:
                holder.names[name] = value
            elif name not in frame.module.bound:
                frame.names[name] = value
        case ObjectPattern(properties=properties, rest=rest):
            taken: set[str] = set()
            for part in properties:
                key = part.key if isinstance(part.key, str) else _constant(interpreter.of(part.key, frame))
                if key is None:
                    bind(interpreter, part.target, OPAQUE, frame, site, declared=declared)
                    continue
                taken.add(key)
                found = _or_default(interpreter, interpreter.attribute(value, key, site), part.default, frame)
                bind(interpreter, part.target, found, frame, site, declared=declared)
            if rest is not None:
                bind(interpreter, rest, _without(value, taken), frame, site, declared=declared)
        case ArrayPattern(items=items, rest=rest):
            for number, item in enumerate(items):
                if item is not None:
                    member = interpreter.subscript(value, Const(number), site)
                    found = _or_default(interpreter, member, item[1], frame)
                    bind(interpreter, item[0], found, frame, site, declared=declared)
            if rest is not None:
                others = Items(value.items[len(items) :], value.kind, value.open) if isinstance(value, Items) else value
                bind(interpreter, rest, others, frame, site, declared=declared)
        case Member(owner=owner, name=name):
            interpreter.assign(interpreter.of(owner, frame), name, value, site)
        case Subscript(owner=owner, index=index):
            holder_value, key_value = interpreter.of(owner, frame), interpreter.of(index, frame)
            interpreter.put(holder_value, key_value, value, site)
        case _:
            interpreter.made(value, site)


def _or_default(interpreter: Interpreting, value: Value, default: Expr | None, frame: Frame) -> Value:
    """A value, or the default where it is undefined."""
    if default is None:
        return value
    if isinstance(value, Undefined):
        return interpreter.of(default, frame)
    return value


def _without(value: Value, taken: set[str]) -> Value:
    """What `...rest` takes of an object."""
    if not isinstance(value, Entries):
        return value
    left = {name: entry for name, entry in value.entries.items() if name not in taken}
    return Entries(left, value.open, value.branch, {n: b for n, b in value.optional.items() if n in left})


def _constant(value: Value) -> str | None:
    return str(value.value) if isinstance(value, Const) and value.value is not None else None
