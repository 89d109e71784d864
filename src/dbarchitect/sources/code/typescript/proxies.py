"""What stands behind a `Proxy`: mostly a client that is made at its first use, or anew."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.values import Function
from dbarchitect.sources.code.typescript.walking import dotted, every_statement, inside, own_expressions
from dbarchitect.sources.code.values import OPAQUE, Entries, Value
from dbarchitect.sources.typescript import syntax


def behind(interpreter: Interpreting, target: Value | None, handler: Value | None) -> Value:
    """What `new Proxy(target, handler)` answers with: where its `get` looks for a property
    (`get(_, name) { return getClient()[name] }`), otherwise the target."""
    trap = handler.entries.get("get") if isinstance(handler, Entries) else None
    if not isinstance(trap, Function):
        return target if target is not None else OPAQUE
    function = trap.function
    names = [p.target.id if isinstance(p.target, syntax.Name) else "" for p in function.parameters]
    asked = names[1] if len(names) > 1 else ""
    looked_in = next(_looked_in(function, asked), None)
    if looked_in is None or (names and isinstance(looked_in, syntax.Name) and looked_in.id == names[0]):
        return target if target is not None else OPAQUE
    frame = Frame(function.module, f"{function.module.path}:{function.qualname}", function, closure=trap.closure)
    local = next(_bound(function, looked_in.id), None) if isinstance(looked_in, syntax.Name) else None
    return interpreter.of(local if local is not None else looked_in, frame)


def _looked_in(function: syntax.Function, asked: str) -> Iterator[syntax.Expr]:
    """The objects in which a trap looks for the property that it is asked for."""
    for statement in every_statement(function.body):
        for expr in own_expressions(statement):
            for part in inside(expr):
                match part:
                    case syntax.Subscript(owner=owner, index=syntax.Name(id=name)) if name == asked:
                        yield owner
                    case syntax.Call(function=called, args=(owner, *_)) if dotted(called) == "Reflect.get":
                        yield owner
                    case _:
                        continue


def _bound(function: syntax.Function, name: str) -> Iterator[syntax.Expr]:
    for statement in every_statement(function.body):
        match statement:
            case syntax.Bind(target=syntax.Name(id=bound), value=value) if bound == name and value is not None:
                yield value
            case _:
                continue
