"""Chains of calls as a program writes them: `procedure.input(schema).query(handler)`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.sources.typescript.syntax import Bind, Call, Expr, Literal, Member, Module, Name, Object, Template


@dataclass(frozen=True, slots=True)
class ChainStep:
    """A call in a chain: the method's name and what it is given."""

    name: str
    args: tuple[Expr, ...]


def steps_of(expr: Expr) -> Iterator[ChainStep]:
    """The calls that stand before an expression in its chain, the nearest first."""
    while True:
        match expr:
            case Call(function=Member(owner=owner, name=name), args=args):
                yield ChainStep(name, args)
                expr = owner
            case Call(function=Name(id=name), args=args):
                yield ChainStep(name, args)
                return
            case Call(function=function):
                expr = function
            case Member(owner=owner):
                expr = owner
            case _:
                return


def root_of(expr: Expr) -> str:
    """What a chain begins with: a name, the last one of `this.t.procedure`."""
    name = ""
    while True:
        match expr:
            case Call(function=function):
                expr = function
                name = ""
            case Member(owner=owner, name=own):
                name = name or own
                expr = owner
            case Name(id=own):
                return name if own in {"this", "t", "base", "trpc"} and name else own
            case _:
                return name


def constant_of(expr: Expr | None) -> str | None:
    """A text that stands in the program, a template with its holes as `{}`; None for anything else."""
    match expr:
        case Literal(value=str() as text):
            return text
        case Template(parts=parts, tag=None):
            return "".join(part if isinstance(part, str) else "{}" for part in parts)
        case _:
            return None


def entry_of(expr: Expr | None, key: str) -> Expr | None:
    """What an object has by a name."""
    if not isinstance(expr, Object):
        return None
    return next((entry.value for entry in expr.entries if entry.key == key), None)


def bound_to(expr: Expr, module: Module) -> Expr:
    """What a name of the module is bound to; any other expression as it is."""
    if isinstance(expr, Name):
        statement = module.bound.get(expr.id)
        if isinstance(statement, Bind) and statement.value is not None:
            return statement.value
    return expr
